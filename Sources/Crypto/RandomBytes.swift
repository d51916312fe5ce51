internal import COpenSSL

/// Unpredictable bytes, fit for keys.
///
/// Does not throw: the system's generator cannot fail once the system has started, and an error would end in a `try?`
/// and in keys that are not random. Should it fail nevertheless, the process ends, as with Swift's own generator.
public func randomBytes(_ count: Int) -> [UInt8] {
    precondition(copenssl_start() == 1, "OpenSSL cannot be started")
    ERR_clear_error()
    return [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
        while initialized < count, let start = buffer.baseAddress {
            let piece = min(count - initialized, 1 << 30)
            // The piece lies within the buffer, which has room for `count` bytes.
            let code = RAND_bytes(start + initialized, Int32(piece))
            precondition(code == 1, "the system gives no random bytes")
            initialized += piece
        }
    }
}
