internal import COpenSSL

/// Unpredictable bytes that are suitable for keys.
///
/// The function does not throw, because the system's generator cannot fail once the system has started, and a caller
/// that ignores an error would use keys that are not random. If the generator does fail, the process ends, as with
/// Swift's own generator.
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
