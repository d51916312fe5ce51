internal import CUV

/// Why a connection could not be made, or broke.
public enum StreamError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A system call failed with this `errno`.
    case system(Int32)
    case timeout
    case cancelled
    case tls(TLSError)

    public var description: String {
        switch self {
        case .system(let code): String(cString: uv_strerror(-code))
        case .timeout: "timed out"
        case .cancelled: "cancelled"
        case .tls(let error): error.description
        }
    }
}
