import Crypto
import HTTP
import JSON
import Lua

/// The verification of one token, in steps: the signature with each key that may be the right one, then the claims.
final class TokenVerification {
    /// The most keys that are tried if the token does not say which one it needs.
    static let tryLimit = 8

    private let token: Token
    private let options: TokenOptions
    private let protection: Protection
    private var tried = 0

    private enum Protection {
        case secret([UInt8], HashFunction)
        case signature(SignatureAlgorithm, [VerificationKey], digest: [UInt8])
    }

    private init(_ token: Token, _ options: TokenOptions, _ protection: Protection) {
        (self.token, self.options, self.protection) = (token, options, protection)
    }

    enum Beginning {
        case verify(TokenVerification)
        /// The keys at this URL must be fetched first.
        case fetch(url: String)
    }

    static func begin(_ text: [UInt8], _ options: TokenOptions, _ sets: KeySets?) throws(TokenFault) -> Beginning {
        let token = try Token(text)
        guard let algorithm = options.algorithms.first(where: { $0.name.utf8.elementsEqual(token.algorithm.utf8) })
        else {
            let accepted = options.algorithms.map(\.name).joined(separator: ", ")
            throw TokenFault(
                .algorithm, "the token has the algorithm \(TokenFault.shown(token.algorithm)); accepted: \(accepted)")
        }
        switch (algorithm, options.source) {
        case (.secret(let hash), .secret(let secret)):
            return .verify(TokenVerification(token, options, .secret(secret, hash)))
        case (.signature(let algorithm), .keys(let keys)):
            return .verify(try TokenVerification(token, options, algorithm, keys))
        case (.signature(let algorithm), .keySet(let url)):
            let answer = sets?.answer(for: url) { keys in
                keys.contains { $0.fits(algorithm, id: token.keyID) }
            }
            switch answer {
            case .keys(let keys): return .verify(try TokenVerification(token, options, algorithm, keys))
            case .fetch: return .fetch(url: url)
            case .failed(let reason):
                throw TokenFault(.jwks, "the keys at \(HTTP.URL.shown(url)) cannot be fetched: \(reason)")
            case nil: throw TokenFault(.jwks, "keys can be fetched only during an invocation")
            }
        // The options have been checked, so no key meets an algorithm of another kind.
        case (.secret, _), (.signature, .secret):
            throw TokenFault(.algorithm, "the algorithm does not fit the key")
        }
    }

    private convenience init(
        _ token: Token, _ options: TokenOptions, _ algorithm: SignatureAlgorithm, _ keys: [VerificationKey]
    ) throws(TokenFault) {
        let fitting = keys.filter { $0.fits(algorithm, id: token.keyID) }
        guard !fitting.isEmpty else {
            let wanted = token.keyID.map { " with the id \(TokenFault.shown($0))" } ?? ""
            throw TokenFault(.key, "there is no key\(wanted) for \(algorithm.rawValue)")
        }
        self.init(
            token, options,
            .signature(
                algorithm, Array(fitting.prefix(Self.tryLimit)), digest: Digest.of(Array(token.input), algorithm.hash)))
    }

    /// Checks the signature with one more key.
    func step(_ stack: LuaStack, _ scope: FunctionVM.Scope) throws(LuaError) -> Progress {
        switch protection {
        case .secret(let secret, let hash):
            let code = HMAC.of(Array(token.input), hash, key: secret)
            guard constantTimeEqual(token.signature, code) else { return refuse(on: stack) }
        case .signature(let algorithm, let keys, let digest):
            guard tried < keys.count else { return refuse(on: stack) }
            let key = keys[tried].key
            tried += 1
            guard key?.isValid(token.signature, of: digest, algorithm) == true else {
                // As much work as one check takes, in the bytes that other modules process in that time.
                return .more(after: Stretch.bytes)
            }
        }
        return .results(try readClaims(onto: stack, scope))
    }

    private func refuse(on stack: LuaStack) -> Progress {
        .results(TokenFault(.signature, "the signature of the token is wrong").push(onto: stack))
    }

    // MARK: Claims

    private func readClaims(onto stack: LuaStack, _ scope: FunctionVM.Scope) throws(LuaError) -> Int {
        try stack.demand(4 * token.claims.count)
        stack.push(bytes: token.claims)
        let isObject = token.claims.first { $0 > 0x20 } == UInt8(ascii: "{")
        do throws(JSONError) {
            try stack.pushJSON(at: stack.count)
        } catch {
            if let limit = scope.limit(error) { throw limit }
            return TokenFault(.malformed, "the claims of the token are not JSON: \(error)").push(onto: stack)
        }
        guard isObject else {
            return TokenFault(.malformed, "the claims of the token are not a JSON object").push(onto: stack)
        }
        stack.expandDeferred(at: -1)
        do throws(TokenFault) {
            try checkTimes(stack, at: scope.clock.time)
            try checkText("iss", among: options.issuers, .issuer, "issuer", stack)
            try checkText("aud", among: options.audiences, .audience, "audience", stack)
        } catch {
            return error.push(onto: stack)
        }
        return 1
    }

    private func checkTimes(_ stack: LuaStack, at now: Double) throws(TokenFault) {
        let (end, start) = (try time("exp", stack), try time("nbf", stack))
        _ = try time("iat", stack)
        if let end, now >= end + options.leeway {
            throw TokenFault(.expired, "the token expired \(Self.seconds(now - end)) ago")
        }
        if end == nil, options.needsExpiry {
            throw TokenFault(.claims, "the token never expires: it has no exp; { exp = false } accepts that")
        }
        if let start, now + options.leeway < start {
            throw TokenFault(.early, "the token becomes valid in \(Self.seconds(start - now))")
        }
    }

    private func time(_ name: StaticString, _ stack: LuaStack) throws(TokenFault) -> Double? {
        defer { stack.pop() }
        guard stack.pushField(name, of: -1) != .nil else { return nil }
        guard let time = stack.number(at: -1) else {
            throw TokenFault(.claims, "the claim \(name) of the token is not a number")
        }
        return time
    }

    private static func seconds(_ seconds: Double) -> String { "\(Int64(min(seconds, 1e15))) seconds" }

    /// Checks that the claim on top's table is one of the accepted texts, or a list with one of them.
    private func checkText(
        _ name: StaticString, among accepted: [[UInt8]], _ kind: TokenFault.Kind, _ title: String, _ stack: LuaStack
    ) throws(TokenFault) {
        guard !accepted.isEmpty else { return }
        let level = stack.count
        defer { stack.setCount(level) }
        var found: [[UInt8]] = []
        let type = stack.pushField(name, of: -1)
        if let text = stack.bytes(at: -1) {
            found = [text]
        } else if type == .table, kind == .audience {
            stack.expandDeferred(at: -1)
            for position in 0..<stack.length(at: -1) {
                stack.pushElement(position + 1, of: -1)
                if let text = stack.bytes(at: -1) { found.append(text) }
                stack.pop()
            }
        }
        guard !found.contains(where: accepted.contains) else { return }
        let wanted = accepted.map { TokenFault.shown(String(decoding: $0, as: UTF8.self)) }.joined(separator: " or ")
        let seen = found.prefix(4).map { TokenFault.shown(String(decoding: $0, as: UTF8.self)) }
        throw TokenFault(
            kind,
            seen.isEmpty
                ? "the token has no \(title) (\(name)); expected: \(wanted)"
                : "the \(title) of the token is \(seen.joined(separator: ", ")); expected: \(wanted)")
    }
}
