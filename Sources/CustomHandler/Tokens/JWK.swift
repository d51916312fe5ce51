import Crypto
import JSON
import Lua

/// A JSON Web Key (RFC 7517), of which only the members that luafunc knows are kept. None of them has been checked yet.
struct JWK {
    private static let numbers = ["kty", "crv", "x", "y", "n", "e", "d", "p", "q", "dp", "dq", "qi"]
    private static let names = numbers + ["k", "kid", "alg", "use"]
    /// The longest member in bytes. A number of 4096 bits has 683.
    private static let memberLimit = 1 << 10

    private var members: [String: String] = [:]
    private var operations: [String]?

    var id: String? { members["kid"] }
    var algorithm: String? { members["alg"] }

    /// Reads the table at `index`. [0]
    init(at index: Int, of stack: LuaStack) throws(KeyError) {
        let index = stack.absolute(index)
        stack.expandDeferred(at: index)
        for name in Self.names {
            defer { stack.pop() }
            guard stack.pushField(name, of: index) != .nil, !stack.isNull(at: -1) else { continue }
            let isShort = stack.withBytes(at: -1) { $0.byteCount <= Self.memberLimit }
            guard isShort == true, let text = stack.string(at: -1) else { throw Self.notText(name) }
            members[name] = text
        }
        defer { stack.pop() }
        guard stack.pushField("key_ops", of: index) == .table else { return }
        stack.expandDeferred(at: -1)
        operations = (1...max(1, min(stack.length(at: -1), 16))).compactMap { position in
            defer { stack.pop() }
            stack.pushElement(position, of: -1)
            return stack.string(at: -1)
        }
    }

    init(_ tree: JSONTree) throws(KeyError) {
        for name in Self.names {
            guard let member = tree[name], member.value != .null else { continue }
            guard let text = member.string, text.utf8.count <= Self.memberLimit else { throw Self.notText(name) }
            members[name] = text
        }
        operations = tree["key_ops"]?.elements?.compactMap(\.string)
    }

    private static func notText(_ name: String) -> KeyError {
        .member(name, "must be text of at most \(memberLimit) bytes")
    }

    /// Whether the key may check signatures, by the members that say what it is for.
    var isForSignatures: Bool { members["use"] ?? "sig" == "sig" && operations?.contains("verify") ?? true }

    /// The kind of the key; nil if it is neither RSA nor on a known curve.
    var kind: SignatureKey.Kind? {
        switch members["kty"] {
        case "RSA": .rsa
        case "EC": members["crv"].flatMap { Curve(rawValue: $0) }.map { .ec($0) }
        default: nil
        }
    }

    var isSymmetric: Bool { members["kty"] == "oct" }

    /// Bytes that are the same for the same key, and different for any other.
    var identity: [UInt8] {
        Self.numbers.flatMap { name in
            let value = Array((members[name] ?? "").utf8)
            return [UInt8(truncatingIfNeeded: value.count >> 8), UInt8(truncatingIfNeeded: value.count)] + value
        }
    }

    // MARK: Keys

    func key() throws(KeyError) -> SignatureKey {
        switch members["kty"] {
        case "RSA":
            var secret: RSANumbers.Secret?
            if members["d"] != nil {
                secret = .init(
                    d: try number("d"), p: try number("p"), q: try number("q"), dp: try number("dp"),
                    dq: try number("dq"), qi: try number("qi"))
            }
            return try SignatureKey(rsa: RSANumbers(n: try number("n"), e: try number("e"), secret: secret))
        case "EC":
            guard let curve = members["crv"].flatMap({ Curve(rawValue: $0) }) else {
                throw .member("crv", "must be P-256 or P-384")
            }
            let point = [4] + (try number("x", of: curve)) + (try number("y", of: curve))
            return try SignatureKey(
                curve, point: point, secret: members["d"] == nil ? nil : try number("d", of: curve))
        default: throw .member("kty", "must be RSA or EC")
        }
    }

    /// The bytes of a symmetric key.
    func secret() throws(KeyError) -> [UInt8] {
        guard isSymmetric else { throw .member("kty", "must be oct for a secret") }
        return try bytes("k")
    }

    private func bytes(_ name: String) throws(KeyError) -> [UInt8] {
        guard let text = members[name] else { throw .member(name, "is missing") }
        guard let bytes = Base64URL.decode(text.utf8) else { throw .member(name, "must be base64url without padding") }
        return bytes
    }

    private func number(_ name: String) throws(KeyError) -> [UInt8] { Array(try bytes(name).drop { $0 == 0 }) }

    private func number(_ name: String, of curve: Curve) throws(KeyError) -> [UInt8] {
        let bytes = try bytes(name)
        guard bytes.count == curve.byteCount else {
            throw .member(name, "must have \(curve.byteCount) bytes for \(curve.rawValue), not \(bytes.count)")
        }
        return bytes
    }
}
