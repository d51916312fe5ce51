import Crypto
import FunctionsModel
import Lua

/// The options of `jwt.sign`.
struct SigningOptions {
    private enum Source {
        case key(SignatureKey)
        case secret([UInt8])
    }

    private let options: Options
    private let source: Source
    private let algorithm: TokenAlgorithm
    private let keyID: [UInt8]?

    private static let names = ["key", "secret", "algorithm", "kid", "header"]
    /// The members of a header that other options set, or that luafunc does not implement.
    private static let reserved = ["alg", "kid", "crit", "b64"]
    private static let memberLimit = 32

    init(at index: Int, of stack: LuaStack, _ scope: FunctionVM.Scope) throws(LuaError) {
        let options = try Options(at: index, of: stack, for: "jwt.sign", names: Self.names)
        self.options = options
        var keyID = try options.bytes("kid", upTo: 1 << 10)
        var source: Source?
        if options.push("key") {
            if stack.type(at: -1) == .table, keyID == nil {
                keyID = (try? JWK(at: -1, of: stack))?.id.map { Array($0.utf8) }
            }
            source = .key(try scope.key(at: stack.count, of: stack, for: options.function))
            stack.pop()
        }
        if let secret = try TokenOptions.secret(options) {
            guard source == nil else { throw options.error("set key or secret, not both") }
            source = .secret(secret)
        }
        guard let source else { throw options.error("set the key or the secret with which to sign") }
        let name = try options.text("algorithm", upTo: 100)
        var algorithm: TokenAlgorithm
        switch source {
        case .key(let key):
            algorithm = key.usualAlgorithm
            if let name { algorithm = try TokenOptions.algorithm(name, options) }
            guard case .signature(let wanted) = algorithm, wanted.kind == key.kind else {
                throw options.error("the algorithm \(algorithm.name) does not fit the key")
            }
            guard key.isPrivate else { throw options.error("the key is a public key; only a private key signs") }
        case .secret(let secret):
            algorithm = .secret(.sha256)
            if let name { algorithm = try TokenOptions.algorithm(name, options) }
            guard algorithm.needsSecret else {
                throw options.error("the algorithm \(algorithm.name) needs a key, not a secret")
            }
            try TokenOptions.check(secret, for: algorithm, options)
        }
        (self.source, self.algorithm, self.keyID) = (source, algorithm, keyID)
    }

    /// Pushes a table with the members of the token's header. [+1]
    func pushHeader(onto stack: LuaStack) throws(LuaError) -> Int {
        stack.pushTable(hash: 4)
        let header = stack.count
        stack.push("JWT" as StaticString)
        stack.setField("typ", of: header)
        if options.push("header") {
            guard stack.type(at: -1) == .table else { throw options.error("header must be a table") }
            stack.expandDeferred(at: -1)
            var left = Self.memberLimit
            try stack.forEachPair(at: -1) { () throws(LuaError) in
                guard let name = stack.messageText(at: -2), left > 0 else {
                    throw options.error("header must be a table of at most \(Self.memberLimit) members")
                }
                guard !Self.reserved.contains(name) else {
                    throw options.error("header cannot have the member '\(name)'")
                }
                left -= 1
                stack.pushValue(at: -2)
                stack.pushValue(at: -2)
                stack.setPair(of: header)
            }
            stack.pop()
        }
        stack.push(algorithm.name)
        stack.setField("alg", of: header)
        if let keyID {
            stack.push(bytes: keyID)
            stack.setField("kid", of: header)
        }
        return 1
    }

    /// Signs the header and the claims, which are the JSON texts at 2 and 3, and pushes the token. [+1]
    func sign(on stack: LuaStack) throws(LuaError) -> Int {
        var size = 0
        for index in [2, 3] { size += stack.withBytes(at: index) { $0.byteCount } ?? 0 }
        guard size <= Token.sizeLimit * 3 / 4 - 1 << 10 else {
            throw options.error("the token would be longer than \(Token.sizeLimit >> 10) KB")
        }
        let claims = try stack.argumentBytes(3)
        guard claims.first == UInt8(ascii: "{") else {
            throw options.error("the claims must be a table of names and values")
        }
        let dot = [UInt8(ascii: ".")]
        let input = Base64URL.encode(try stack.argumentBytes(2)) + dot + Base64URL.encode(claims)
        let signature: [UInt8]
        switch (source, algorithm) {
        case (.secret(let secret), .secret(let hash)): signature = HMAC.of(input, hash, key: secret)
        case (.key(let key), .signature(let algorithm)):
            do throws(KeyError) {
                signature = try key.sign(Digest.of(input, algorithm.hash), algorithm)
            } catch {
                throw options.error("\(error)")
            }
        // The two always fit, because `init` has compared them.
        case (.secret, .signature), (.key, .secret): throw options.error("the algorithm does not fit the key")
        }
        stack.push(bytes: input + dot + Base64URL.encode(signature))
        return 1
    }
}
