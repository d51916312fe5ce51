internal import COpenSSL

/// Whether both are equal. Takes time by the length of `first`, whatever `second` holds, so that nobody can guess a
/// secret byte by byte: pass the caller's bytes as `first`.
public func constantTimeEqual(_ first: RawSpan, _ second: RawSpan) -> Bool {
    first.withUnsafeBytes { first in
        second.withUnsafeBytes { second in
            // With different lengths, compares the first with itself, only to take the time.
            let isSameLength = first.count == second.count
            let other = isSameLength ? second : first
            return CRYPTO_memcmp(first.baseAddress, other.baseAddress, first.count) == 0 && isSameLength
        }
    }
}

public func constantTimeEqual(_ first: [UInt8], _ second: [UInt8]) -> Bool {
    constantTimeEqual(first.span.bytes, second.span.bytes)
}
