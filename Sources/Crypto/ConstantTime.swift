internal import COpenSSL

/// Whether both are the same. Takes as long as `first` needs, whatever `second` holds and however long it is, so that
/// nobody can guess a secret byte by byte: pass as `first` what the caller sent.
public func constantTimeEqual(_ first: RawSpan, _ second: RawSpan) -> Bool {
    first.withUnsafeBytes { first in
        second.withUnsafeBytes { second in
            // Of other lengths, the first is compared with itself, only for the time it takes.
            let isSameLength = first.count == second.count
            let other = isSameLength ? second : first
            return CRYPTO_memcmp(first.baseAddress, other.baseAddress, first.count) == 0 && isSameLength
        }
    }
}

public func constantTimeEqual(_ first: [UInt8], _ second: [UInt8]) -> Bool {
    constantTimeEqual(first.span.bytes, second.span.bytes)
}
