import JSON

/// A JSON Web Token in its compact form (RFC 7515 §7.1, RFC 7519). Nothing in it can be believed before the signature has
/// been checked.
struct Token {
    /// Longer tokens do not fit into the headers of most servers.
    static let sizeLimit = 32 << 10
    private static let headerLimit = 16 << 10

    let algorithm: String
    let keyID: String?
    /// The bytes that are signed.
    let input: ArraySlice<UInt8>
    let signature: [UInt8]
    /// The JSON text of the claims.
    let claims: [UInt8]

    init(_ text: [UInt8]) throws(TokenFault) {
        guard text.count <= Self.sizeLimit else {
            throw TokenFault(.malformed, "the token is longer than \(Self.sizeLimit >> 10) KB")
        }
        guard !text.isEmpty else { throw TokenFault(.malformed, "the token is empty") }
        if String(decoding: text.prefix(7), as: UTF8.self).lowercased() == "bearer " {
            throw TokenFault(.malformed, "the token begins with 'Bearer '; pass only what follows it")
        }
        let parts = text.split(separator: UInt8(ascii: "."), maxSplits: 5, omittingEmptySubsequences: false)
        if parts.count == 5 {
            throw TokenFault(.malformed, "the token is encrypted (JWE); only signed tokens (JWS) can be verified")
        }
        guard parts.count == 3 else {
            throw TokenFault(.malformed, "a token has three parts between dots; this text has \(parts.count)")
        }
        guard parts[0].count <= Self.headerLimit else {
            throw TokenFault(.malformed, "the header of the token is longer than \(Self.headerLimit >> 10) KB")
        }
        let header = try Self.header(try Self.decoded(parts[0], "header"))
        guard let algorithm = header["alg"]?.string else {
            throw TokenFault(.malformed, "the header of the token names no algorithm (alg)")
        }
        if let member = header["kid"], member.string == nil {
            throw TokenFault(.malformed, "the key id (kid) of the token is not text")
        }
        self.algorithm = algorithm
        keyID = header["kid"]?.string
        input = text[..<parts[1].endIndex]
        claims = try Self.decoded(parts[1], "claims")
        signature = try Self.decoded(parts[2], "signature")
        try Self.checkCritical(header)
    }

    private static func decoded(_ part: ArraySlice<UInt8>, _ name: String) throws(TokenFault) -> [UInt8] {
        guard let bytes = Base64URL.decode(part) else {
            throw TokenFault(.malformed, "the \(name) of the token is not base64url without padding")
        }
        return bytes
    }

    private static func header(_ text: [UInt8]) throws(TokenFault) -> JSONTree {
        guard let tree = try? JSONTree.parse(text.span.bytes), let members = tree.members else {
            throw TokenFault(.malformed, "the header of the token is not a JSON object")
        }
        guard Set(members.map(\.name)).count == members.count else {
            throw TokenFault(.malformed, "the header of the token has a member twice")
        }
        return tree
    }

    /// Refuses a token that must not be accepted by those who do not understand certain members (RFC 7515 §4.1.11).
    private static func checkCritical(_ header: JSONTree) throws(TokenFault) {
        guard let critical = header["crit"] else { return }
        guard let elements = critical.elements, let first = elements.first?.string,
            elements.allSatisfy({ $0.string.flatMap { header[$0] } != nil })
        else {
            throw TokenFault(.malformed, "crit in the header of the token is not a list of the header's own members")
        }
        throw TokenFault(.crit, "the token needs \(TokenFault.shown(first)) (crit), which luafunc does not know")
    }
}
