/// Takes a body out of its chunks, however they are cut.
public struct ChunkedDecoder: Sendable {
    /// Bytes of extensions and trailers, together, that a body may have.
    public static let overheadLimit = 8 << 10

    /// The last chunk and the trailers are read; what follows is another message.
    public private(set) var isComplete = false

    public init() {}

    /// - Parameter piece: gets the bytes of the body, in order.
    /// - Returns: how many bytes belong to this body: all, unless it is complete.
    public mutating func decode(_ bytes: RawSpan, _ piece: (RawSpan) -> Void) throws(ChunkError) -> Int { 0 }
}

/// Why a chunked body cannot be read on.
public enum ChunkError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Not a hexadecimal number, or one over 2⁶³-1.
    case size
    case `extension`
    /// The bytes after a chunk are not the end of a line.
    case lineEnd
    case trailer
    case tooLarge

    public var description: String {
        switch self {
        case .size: "the size of a chunk is not a hexadecimal number below 2^63"
        case .extension: "the extension of a chunk has a control character"
        case .lineEnd: "a chunk does not end where its size says"
        case .trailer: "the fields after the last chunk are not header fields"
        case .tooLarge:
            "the extensions of chunks and the fields after the last one have more than \(ChunkedDecoder.overheadLimit / 1024) KB"
        }
    }
}
