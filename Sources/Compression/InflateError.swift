/// Why bytes cannot be decompressed.
public enum InflateError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The data is invalid. The text is zlib's description.
    case corrupt(String)
    /// The bytes end before the compressed data does.
    case truncated
    case tooLarge(limit: Int)

    public var description: String {
        switch self {
        case .corrupt(let reason): "the compressed data is damaged: \(reason)"
        case .truncated: "the compressed data ends too early"
        case .tooLarge(let limit): "the data is larger than \(limit) bytes once it is decompressed"
        }
    }
}
