internal import Crypto

/// What a server wants to find again when the client sends its answers: signed, so that a client can read it but not
/// change it (mcp-contract §8).
package enum RequestState {
    /// The longest payload, in bytes.
    package static let payloadLimit = 64 << 10

    private static let version: UInt8 = 1
    private static let headerSize = 1 + 8
    private static let codeSize = HashFunction.sha256.byteCount

    /// - Parameters:
    ///   - key: must not be empty.
    ///   - parts: what the state is bound to, such as the principal, the method and a digest of the arguments.
    ///   - expires: in seconds since 1970.
    /// - Returns: nil if the payload is too long.
    package static func seal(_ payload: [UInt8], key: [UInt8], boundTo parts: [String], expires: Int64) -> String? {
        precondition(!key.isEmpty, "an empty key signs for everybody")
        guard payload.count <= payloadLimit else { return nil }
        var bytes = [version]
        append(UInt64(bitPattern: expires), to: &bytes)
        bytes += payload
        return Base64Text.encode(bytes + code(bytes, key, parts), .url)
    }

    /// The payload; nil if anything about the state is wrong, or if it has expired.
    ///
    /// - Parameter now: in seconds since 1970.
    package static func open(_ state: String, key: [UInt8], boundTo parts: [String], now: Int64) -> [UInt8]? {
        precondition(!key.isEmpty, "an empty key signs for everybody")
        let longest = (headerSize + payloadLimit + codeSize + 2) / 3 * 4
        guard state.utf8.count <= longest, let bytes = Base64Text.decode(state.utf8, .url),
            bytes.count >= headerSize + codeSize
        else { return nil }
        let signed = Array(bytes.dropLast(codeSize))
        guard constantTimeEqual(Array(bytes.suffix(codeSize)), code(signed, key, parts)), signed[0] == version else {
            return nil
        }
        let expires = signed[1..<headerSize].reduce(0) { $0 << 8 | UInt64($1) }
        return Int64(bitPattern: expires) > now ? Array(signed[headerSize...]) : nil
    }

    /// Each part is preceded by its length, so that no two lists of parts look the same.
    private static func code(_ signed: [UInt8], _ key: [UInt8], _ parts: [String]) -> [UInt8] {
        var code = HMAC(.sha256, key: key)
        var lengths: [UInt8] = []
        append(UInt64(parts.count), to: &lengths)
        for part in parts { append(UInt64(part.utf8.count), to: &lengths) }
        code.update(lengths)
        for part in parts { code.update(Array(part.utf8)) }
        code.update(signed)
        return code.finish()
    }

    private static func append(_ number: UInt64, to bytes: inout [UInt8]) {
        for shift in stride(from: UInt64(56), through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: number >> shift))
        }
    }
}
