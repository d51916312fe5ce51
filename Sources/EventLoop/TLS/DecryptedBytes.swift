/// A buffer for the content of one TLS record.
final class DecryptedBytes {
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 16 << 10, alignment: 16)

    deinit { bytes.deallocate() }
}
