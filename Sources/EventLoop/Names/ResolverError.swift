/// Why a name could not be turned into addresses.
public enum ResolverError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The name does not exist, or has no address.
    case unknown(String)
    /// The lookup failed, for instance because no name server answered.
    case failed(String, reason: String)

    public var description: String {
        switch self {
        case .unknown(let name): "no address is known for '\(name)'"
        case .failed(let name, let reason): "the name '\(name)' could not be looked up: \(reason)"
        }
    }
}
