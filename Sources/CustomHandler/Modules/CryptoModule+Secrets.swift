import Crypto
import FunctionsModel
import Lua

/// `crypto.pbkdf2` and `crypto.aesGcm`.
extension Modules {
    /// The number of iterations in one step, which takes about half a millisecond.
    private static let iterationsPerStep = 1000

    /// `crypto.pbkdf2({ password, salt, iterations, length, hash } [, "raw"])`
    static func pbkdf2(on stack: LuaStack) throws(LuaError) -> Int {
        let options = try Options(
            at: 1, of: stack, for: "crypto.pbkdf2", names: ["password", "salt", "iterations", "length", "hash"])
        let isRaw = try isRaw(at: 2, of: stack)
        let name = try options.text("hash", upTo: 100) ?? "sha256"
        guard let hash = HashFunction(rawValue: name) else { throw options.error(noHash(name)) }
        guard let password = try options.bytes("password", upTo: keyLimit) else {
            throw options.error("the password is missing")
        }
        guard let salt = try options.bytes("salt", upTo: keyLimit) else {
            throw options.error("the salt is missing; make one with crypto.random(16), and keep it with the result")
        }
        guard let iterations = try options.integer("iterations", 1...Int64.max) else {
            throw options.error("the number of iterations is missing; 600000 is usual for sha256")
        }
        let length = try options.integer("length", 1...1024) ?? hash.byteCount
        let deriving = Deriving(
            PBKDF2(hash, password: password.span.bytes, salt: salt, iterations: iterations, byteCount: length))
        return try stack.work { stack throws(LuaError) in
            guard let key = deriving.advance(iterationsPerStep) else {
                return .more(after: iterationsPerStep * hash.byteCount)
            }
            stack.push(bytes: isRaw ? key : hexadecimal(key))
            return .results(1)
        }
    }

    /// Holds an unfinished key, which cannot be copied.
    private final class Deriving {
        private var key: PBKDF2?
        init(_ key: consuming PBKDF2) { self.key = consume key }
        func advance(_ iterations: Int) -> [UInt8]? {
            guard key?.advance(iterations) == true else { return nil }
            return key.take()?.finish()
        }
    }

    // MARK: AES-GCM

    /// Pushes the table `crypto.aesGcm`. A sealed text is the nonce, the encrypted text and the tag. [+1]
    static func pushAESGCM(onto stack: LuaStack) {
        pushTable(
            [
                ("seal", { stack throws(LuaError) in try seal(on: stack) }),
                ("open", { stack throws(LuaError) in try open(on: stack) }),
            ], onto: stack)
        refuseUnknownMembers(of: "crypto.aesGcm", on: stack)
    }

    /// `seal(key, text [, { nonce, aad }])`
    private static func seal(on stack: LuaStack) throws(LuaError) -> Int {
        let key = try cipherKey(of: stack)
        guard stack.type(at: 2) == .string else { throw stack.wrongArgument(2, "string") }
        let (nonce, aad) = try cipherOptions(of: stack, names: ["nonce", "aad"], for: "crypto.aesGcm.seal")
        let used = nonce ?? randomBytes(AESGCM.nonceLength)
        let count = stack.withBytes(at: 2) { $0.byteCount } ?? 0
        let sealing = try Sealing(
            AESGCM(.seal, key: key, nonce: used, additionalData: aad), output: used,
            size: used.count + count + AESGCM.tagLength, stack)
        return try sealing.work(0..<count, on: stack) { stack throws(LuaError) in
            sealing.addTag()
            return try sealing.push(onto: stack)
        }
    }

    /// `open(key, sealed [, { aad }])`
    private static func open(on stack: LuaStack) throws(LuaError) -> Int {
        let key = try cipherKey(of: stack)
        guard stack.type(at: 2) == .string else { throw stack.wrongArgument(2, "string") }
        let (_, aad) = try cipherOptions(of: stack, names: ["aad"], for: "crypto.aesGcm.open")
        let count = stack.withBytes(at: 2) { $0.byteCount } ?? 0
        let least = AESGCM.nonceLength + AESGCM.tagLength
        guard count >= least else {
            stack.pushNil()
            stack.push("a sealed text has at least \(least) bytes: the nonce, the encrypted text and the tag")
            stack.push("malformed" as StaticString)
            return 3
        }
        let ends = stack.withBytes(at: 2) { text in
            text.withUnsafeBytes { (Array($0.prefix(AESGCM.nonceLength)), Array($0.suffix(AESGCM.tagLength))) }
        }
        guard let (nonce, tag) = ends else { return 0 }
        let sealing = try Sealing(
            AESGCM(.open, key: key, nonce: nonce, additionalData: aad), output: [], size: count - least, stack)
        return try sealing.work(AESGCM.nonceLength..<count - AESGCM.tagLength, on: stack) { stack throws(LuaError) in
            if sealing.isAuthentic(tag) { return try sealing.push(onto: stack) }
            stack.pushNil()
            stack.push("the text was not sealed with this key and this aad, or it has been changed" as StaticString)
            stack.push("tag" as StaticString)
            return 3
        }
    }

    private static func cipherKey(of stack: LuaStack) throws(LuaError) -> [UInt8] {
        guard stack.type(at: 1) == .string else { throw stack.wrongArgument(1, "string") }
        let count = stack.withBytes(at: 1) { $0.byteCount } ?? 0
        guard AESGCM.keyLengths.contains(count) else {
            throw .argument(
                1,
                expected:
                    "a key of 16, 24 or 32 bytes expected, got \(count); decode a key in base64 or hexadecimal first")
        }
        return try stack.argumentBytes(1)
    }

    private static func cipherOptions(
        of stack: LuaStack, names: [String], for function: String
    ) throws(LuaError) -> (nonce: [UInt8]?, aad: [UInt8]) {
        guard !stack.isNil(at: 3) else { return (nil, []) }
        let options = try Options(at: 3, of: stack, for: function, names: names)
        let nonce = names.contains("nonce") ? try options.bytes("nonce", upTo: keyLimit) : nil
        guard nonce?.count ?? AESGCM.nonceLength == AESGCM.nonceLength else {
            throw options.error("nonce must have \(AESGCM.nonceLength) bytes, and differ for each text")
        }
        return (nonce, try options.bytes("aad", upTo: keyLimit) ?? [])
    }

    /// A text that is being encrypted or decrypted. It counts against the function's memory limit.
    private final class Sealing {
        private var cipher: AESGCM?
        private var output: [UInt8]
        private let held: HeldBytes

        init(_ cipher: consuming AESGCM, output: [UInt8], size: Int, _ stack: LuaStack) throws(LuaError) {
            self.cipher = consume cipher
            self.output = output
            held = HeldBytes(stack.owner)
            guard held.hold(size) else { throw .memoryLimit }
            self.output.reserveCapacity(size)
        }

        /// Processes this part of the text at 2, and calls `end` after the last byte.
        func work(
            _ range: Range<Int>, on stack: LuaStack, _ end: @escaping (LuaStack) throws(LuaError) -> Int
        ) throws(LuaError) -> Int {
            try inPieces(
                range, on: stack,
                process: { [self] stack, piece in
                    _ = stack.withBytes(at: 2) { cipher?.update($0.extracting(piece), into: &output) }
                }, end: end)
        }

        func addTag() { output += cipher.take()?.tag() ?? [] }

        func isAuthentic(_ tag: [UInt8]) -> Bool { cipher.take()?.isAuthentic(tag: tag) ?? false }

        func push(onto stack: LuaStack) throws(LuaError) -> Int {
            try stack.demand(output.count)
            stack.push(bytes: output)
            return 1
        }
    }
}
