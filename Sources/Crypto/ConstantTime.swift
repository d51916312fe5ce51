internal import COpenSSL

/// Whether both are equal. The time depends only on the length of `first`, so that nobody can guess a secret byte by
/// byte. Pass the bytes that the other party sent as `first`.
public func constantTimeEqual(_ first: RawSpan, _ second: RawSpan) -> Bool {
    first.withUnsafeBytes { first in
        second.withUnsafeBytes { second in
            // If the lengths differ, `first` is compared with itself, only to take the same time.
            let isSameLength = first.count == second.count
            let other = isSameLength ? second : first
            return CRYPTO_memcmp(first.baseAddress, other.baseAddress, first.count) == 0 && isSameLength
        }
    }
}

public func constantTimeEqual(_ first: [UInt8], _ second: [UInt8]) -> Bool {
    constantTimeEqual(first.span.bytes, second.span.bytes)
}
