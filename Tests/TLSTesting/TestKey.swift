internal import COpenSSL

/// OpenSSL refused a call, which means a mistake in the test.
public struct CertificateMakingError: Error, CustomStringConvertible {
    public let description: String
}

/// A key on the curve P-256, which is made in less than a millisecond.
final class TestKey {
    let pointer: OpaquePointer

    init() throws(CertificateMakingError) {
        let context = EVP_PKEY_CTX_new_id(EVP_PKEY_EC, nil)
        defer { EVP_PKEY_CTX_free(context) }
        var key: OpaquePointer?
        guard EVP_PKEY_keygen_init(context) == 1, EVP_PKEY_CTX_set_group_name(context, "P-256") == 1,
            EVP_PKEY_generate(context, &key) == 1, let key
        else { throw CertificateMakingError(description: "no key") }
        pointer = key
    }

    init(pem: [UInt8]) throws(CertificateMakingError) {
        let bio = BIO_new(BIO_s_mem())
        defer { BIO_free(bio) }
        BIO_write(bio, pem, Int32(pem.count))
        guard let key = PEM_read_bio_PrivateKey(bio, nil, nil, nil) else {
            throw CertificateMakingError(description: "no key to read")
        }
        pointer = key
    }

    deinit { EVP_PKEY_free(pointer) }

    var pem: [UInt8] {
        get throws(CertificateMakingError) {
            try written { PEM_write_bio_PrivateKey($0, pointer, nil, nil, 0, nil, nil) }
        }
    }
}

/// The bytes that `write` puts into a buffer of OpenSSL.
func written(_ write: (OpaquePointer?) -> Int32) throws(CertificateMakingError) -> [UInt8] {
    let bio = BIO_new(BIO_s_mem())
    defer { BIO_free(bio) }
    guard write(bio) == 1 else { throw CertificateMakingError(description: "nothing was written") }
    var bytes: UnsafePointer<CChar>?
    let count = copenssl_bytes(bio, &bytes)
    return Array(UnsafeRawBufferPointer(start: bytes, count: count))
}
