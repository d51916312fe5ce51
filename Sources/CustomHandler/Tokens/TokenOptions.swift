import Crypto
import FunctionsModel
import HTTP
import Lua

/// The options of `jwt.verify`.
struct TokenOptions {
    /// Where the key comes from.
    enum Source {
        case keys([VerificationKey])
        case keySet(url: String)
        case secret([UInt8])
    }

    let algorithms: [TokenAlgorithm]
    let source: Source
    let issuers, audiences: [[UInt8]]
    /// The seconds by which this clock and the issuer's may differ.
    let leeway: Double
    let needsExpiry: Bool

    static let usualLeeway = 60.0
    private static let mostLeeway = 600.0
    /// The most keys in a list. Each may take more than a millisecond to read.
    private static let keyLimit = 8
    static let secretLimit = 1 << 10

    private static let names = [
        "keys", "jwks", "secret", "algorithms", "issuer", "audience", "leeway", "exp",
    ]

    init(at index: Int, of stack: LuaStack, _ scope: FunctionVM.Scope) throws(LuaError) {
        let options = try Options(at: index, of: stack, for: "jwt.verify", names: Self.names)
        source = try Self.source(options, scope)
        algorithms = try Self.algorithms(options, source)
        issuers = try options.texts("issuer") ?? []
        audiences = try options.texts("audience") ?? []
        guard !issuers.isEmpty || !audiences.isEmpty else {
            throw options.error(
                "name the issuer, the audience or both: a token that somebody issued for another program has a valid "
                    + "signature, too")
        }
        leeway = try Self.leeway(options)
        needsExpiry = try Self.needsExpiry(options)
    }

    private static func source(_ options: Options, _ scope: FunctionVM.Scope) throws(LuaError) -> Source {
        let stack = options.stack
        var sources: [Source] = []
        if options.push("keys") {
            sources.append(.keys(try keys(options, scope)))
            stack.pop()
        }
        if let url = try options.text("jwks", upTo: 4 << 10) {
            guard let parts = try? URL(url), parts.scheme == .https, parts.userInfo == nil else {
                throw options.error(
                    "jwks must be a URL that begins with https:// and has no password; pass a table as keys")
            }
            sources.append(.keySet(url: url))
        }
        if let secret = try secret(options) { sources.append(.secret(secret)) }
        guard sources.count < 2, let source = sources.first else {
            throw options.error("set one of keys, jwks and secret")
        }
        return source
    }

    /// The keys on top of the stack: one key, a list of keys, or a JWK Set. [0]
    private static func keys(_ options: Options, _ scope: FunctionVM.Scope) throws(LuaError) -> [VerificationKey] {
        let stack = options.stack
        let level = stack.count
        defer { stack.setCount(level) }
        guard stack.type(at: level) == .table else { return [try key(at: level, options, scope)] }
        stack.expandDeferred(at: level)
        if stack.pushField("kty", of: level) != .nil { return [try key(at: level, options, scope)] }
        let isSet = stack.pushField("keys", of: level) == .table
        let list = isSet ? stack.count : level
        stack.expandDeferred(at: list)
        let count = stack.length(at: list)
        guard 1...(isSet ? KeySet.keyLimit : keyLimit) ~= count else {
            throw options.error(
                "keys must be a key, a list of 1 to \(keyLimit) keys, or a JWK Set with its list of keys")
        }
        var keys: [VerificationKey] = []
        for position in 1...count {
            defer { stack.pop() }
            stack.pushElement(position, of: list)
            if isSet {
                // As in a set that is fetched, there may be keys for other uses.
                guard stack.type(at: -1) == .table, let jwk = try? JWK(at: -1, of: stack) else { continue }
                if let key = VerificationKey(jwk) { keys.append(key) }
            } else {
                keys.append(try key(at: stack.count, options, scope))
            }
        }
        guard !keys.isEmpty else { throw options.error("the JWK Set has no RSA or EC key for signatures") }
        return keys
    }

    private static func key(
        at index: Int, _ options: Options, _ scope: FunctionVM.Scope
    ) throws(LuaError) -> VerificationKey {
        let stack = options.stack
        guard stack.type(at: index) == .table else {
            return VerificationKey(try scope.key(at: index, of: stack, for: options.function))
        }
        do throws(KeyError) {
            let jwk = try JWK(at: index, of: stack)
            if jwk.isSymmetric { throw .member("kty", "is oct; pass a symmetric key as secret") }
            guard jwk.isForSignatures else {
                throw .member("use", "or key_ops says that it must not verify signatures")
            }
            return VerificationKey(try scope.keys(of: stack).key(jwk), id: jwk.id, algorithm: jwk.algorithm)
        } catch {
            throw options.error("\(error)")
        }
    }

    /// The option `secret`; nil if it is not set. [0]
    static func secret(_ options: Options) throws(LuaError) -> [UInt8]? {
        let stack = options.stack
        guard options.push("secret") else { return nil }
        defer { stack.pop() }
        var secret: [UInt8]?
        if stack.type(at: -1) == .table {
            do throws(KeyError) {
                secret = try JWK(at: -1, of: stack).secret()
            } catch {
                throw options.error("\(error)")
            }
        } else if stack.withBytes(at: -1, { $0.byteCount <= SignatureKey.pemLimit }) == true {
            secret = stack.bytes(at: -1)
        }
        guard let secret else { throw options.error("secret must be text or a JWK table of kty oct") }
        // With a public key as the secret, everybody who knows the public key could make tokens.
        guard !String(decoding: secret, as: UTF8.self).contains("-----BEGIN") else {
            throw options.error(
                "secret is a PEM text; pass a key in \"\(options.function == "jwt.sign" ? "key" : "keys")\"")
        }
        guard secret.count <= secretLimit else {
            throw options.error("secret must have at most \(ByteCount.text(secretLimit))")
        }
        return secret
    }

    /// Throws if the algorithm needs a longer secret (RFC 7518 §3.2).
    static func check(_ secret: [UInt8], for algorithm: TokenAlgorithm, _ options: Options) throws(LuaError) {
        guard case .secret(let hash) = algorithm, secret.count < hash.byteCount else { return }
        throw options.error(
            "\(algorithm.name) needs a secret of at least \(hash.byteCount) bytes; this one has \(secret.count)")
    }

    private static func algorithms(_ options: Options, _ source: Source) throws(LuaError) -> [TokenAlgorithm] {
        var algorithms: [TokenAlgorithm] = []
        for name in try options.texts("algorithms") ?? [] {
            let name = String(decoding: name, as: UTF8.self)
            algorithms.append(try algorithm(name, options))
        }
        guard case .secret(let secret) = source else {
            if algorithms.isEmpty { return [.signature(.rs256), .signature(.es256)] }
            if let wrong = algorithms.first(where: \.needsSecret) {
                throw options.error("the algorithm \(wrong.name) needs a secret, not keys")
            }
            return algorithms
        }
        if algorithms.isEmpty { algorithms = [.secret(.sha256)] }
        for algorithm in algorithms {
            guard algorithm.needsSecret else {
                throw options.error("the algorithm \(algorithm.name) needs keys or jwks, not a secret")
            }
            try check(secret, for: algorithm, options)
        }
        return algorithms
    }

    static func algorithm(_ name: String, _ options: Options) throws(LuaError) -> TokenAlgorithm {
        guard let algorithm = TokenAlgorithm(name) else {
            let known = TokenAlgorithm.names.joined(separator: ", ")
            throw options.error("there is no algorithm '\(name.prefix(40))'; there are \(known)")
        }
        return algorithm
    }

    private static func leeway(_ options: Options) throws(LuaError) -> Double {
        guard options.push("leeway") else { return usualLeeway }
        defer { options.stack.pop() }
        guard let seconds = options.stack.number(at: -1), 0...mostLeeway ~= seconds else {
            throw options.error("leeway must be a number of seconds from 0 to \(Int(mostLeeway))")
        }
        return seconds
    }

    private static func needsExpiry(_ options: Options) throws(LuaError) -> Bool {
        guard options.push("exp") else { return true }
        defer { options.stack.pop() }
        guard options.stack.type(at: -1) == .boolean else {
            throw options.error("exp must be false, to accept tokens that never expire, or true")
        }
        return options.stack.boolean(at: -1)
    }
}
