/// Why a chunked body cannot be read further. No later byte of the connection can be trusted.
public enum ChunkError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The size is not a hexadecimal number, or is greater than 2⁶³-1.
    case size
    case `extension`
    /// The bytes after a chunk or its size are not the end of a line.
    case lineEnd
    case trailer
    case tooLarge

    public var description: String {
        switch self {
        case .size: "the size of a chunk is not a hexadecimal number below 2^63"
        case .extension: "the extension of a chunk has a control character"
        case .lineEnd: "a chunk does not end where its size says"
        case .trailer: "what follows the last chunk is not a header field"
        case .tooLarge:
            "the extensions of chunks and the fields after the last one have more than "
                + HeadLimits.text(ChunkedDecoder.overheadLimit)
        }
    }
}
