/// Room for what one TLS record holds.
final class DecryptedBytes {
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 16 << 10, alignment: 16)

    deinit { bytes.deallocate() }
}
