import Lua

/// The reason why a token is not accepted. The message never contains the token or a key.
struct TokenFault: Error, Equatable {
    /// A script uses the kind to decide what to do.
    enum Kind: String {
        case malformed, algorithm, crit, key, signature, expired, early, claims, issuer, audience, jwks
    }

    let kind: Kind
    let message: String

    init(_ kind: Kind, _ message: String) { (self.kind, self.message) = (kind, message) }

    /// Pushes nil, the message and the kind. [+3]
    func push(onto stack: LuaStack) -> Int {
        stack.pushNil()
        stack.push(message)
        stack.push(kind.rawValue)
        return 3
    }

    /// A value from a token, as a message may show it.
    static func shown(_ text: String) -> String {
        let text = text.filter { !$0.isNewline }
        return text.utf8.count <= 200 ? "'\(text)'" : "'\(text.prefix(100))…'"
    }
}
