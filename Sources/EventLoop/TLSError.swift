/// Why a TLS connection could not be made, or broke, as a sentence for a person.
public struct TLSError: Error, Equatable, Sendable, CustomStringConvertible {
    public let description: String

    public init(_ description: String) { self.description = description }
}
