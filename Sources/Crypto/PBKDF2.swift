/// Derives a key from a password (PKCS#5, RFC 8018 §5.2), in steps. OpenSSL's own function holds the thread until it is
/// done: 600,000 iterations take 300 ms.
public struct PBKDF2: ~Copyable {
    private let hash: HashFunction
    private let iterations: Int
    private let byteCount: Int
    private let salt: [UInt8]
    private var code: HMAC
    private var output: [UInt8] = []
    /// The block that is being made, and the result of its last iteration.
    private var block: [UInt8] = []
    private var last: [UInt8] = []
    /// The iterations that this block still needs.
    private var left = 0

    /// - Parameter iterations: at least 1.
    public init(_ hash: HashFunction, password: RawSpan, salt: [UInt8], iterations: Int, byteCount: Int) {
        self.hash = hash
        self.iterations = iterations
        self.byteCount = byteCount
        self.salt = salt
        code = HMAC(hash, key: password)
    }

    /// Does at most this many iterations. Returns true once the key is complete.
    public mutating func advance(_ most: Int) -> Bool {
        var most = most
        while output.count < byteCount {
            guard most > 0 else { return false }
            if left == 0 {
                beginBlock()
                most -= 1
            }
            let count = min(most, left)
            code.iterate(&last, into: &block, count: count)
            left -= count
            most -= count
            if left == 0 { output += block.prefix(byteCount - output.count) }
        }
        return true
    }

    private mutating func beginBlock() {
        let number = UInt32(output.count / hash.byteCount + 1)
        code.restart()
        code.update(salt)
        code.update((0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * UInt32($0))) })
        last = code.takeCode()
        block = last
        left = iterations - 1
    }

    /// The key, once `advance` has returned true.
    public consuming func finish() -> [UInt8] { output }
}
