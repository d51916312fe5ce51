internal import COpenSSL

/// Reads certificates and keys from PEM text.
enum PEM {
    /// A list of X.509 certificates, which it frees when it goes out of scope.
    struct Certificates: ~Copyable {
        fileprivate(set) var all: [OpaquePointer] = []

        fileprivate init() {}

        deinit {
            for certificate in all { X509_free(certificate) }
        }
    }

    /// - Parameter name: the name of the text in errors.
    static func certificates(in bytes: [UInt8], _ name: String) throws(TLSError) -> Certificates {
        let bio = try memory(bytes)
        defer { BIO_free(bio) }
        return try certificates(in: bio, name)
    }

    /// Returns at least one certificate, or throws.
    static func certificates(in bio: OpaquePointer, _ name: String) throws(TLSError) -> Certificates {
        var certificates = Certificates()
        while true {
            ERR_clear_error()
            guard let certificate = PEM_read_bio_X509_AUX(bio, nil, noPassword, nil) else { break }
            certificates.all.append(certificate)
        }
        let error = ERR_peek_last_error()
        guard ERR_GET_LIB(error) == ERR_LIB_PEM, ERR_GET_REASON(error) == PEM_R_NO_START_LINE else {
            let number = certificates.all.count + 1
            throw TLSError("\(name): certificate \(number) cannot be read: \(TLSError.reason(of: error))")
        }
        guard !certificates.all.isEmpty else { throw TLSError("\(name): there is no certificate in PEM") }
        return certificates
    }

    /// Returns a key that the caller must free.
    static func privateKey(in bytes: [UInt8]) throws(TLSError) -> OpaquePointer {
        let bio = try memory(bytes)
        defer { BIO_free(bio) }
        ERR_clear_error()
        guard let key = PEM_read_bio_PrivateKey(bio, nil, noPassword, nil) else {
            let error = ERR_peek_last_error()
            guard ERR_GET_LIB(error) == ERR_LIB_PEM, ERR_GET_REASON(error) == PEM_R_BAD_PASSWORD_READ else {
                throw TLSError("no private key found in PEM")
            }
            throw TLSError("the private key is encrypted; provide it without a password")
        }
        return key
    }

    /// A BIO with a copy of the bytes.
    private static func memory(_ bytes: [UInt8]) throws(TLSError) -> OpaquePointer {
        guard let bio = BIO_new(BIO_s_mem()) else { throw TLSError("no memory for OpenSSL") }
        guard bytes.isEmpty || BIO_write(bio, bytes, Int32(clamping: bytes.count)) == bytes.count else {
            BIO_free(bio)
            throw TLSError("the PEM text is too long")
        }
        return bio
    }
}

/// Refuses encrypted keys. Without this callback, OpenSSL would ask for the password on the terminal.
private func noPassword(
    _: UnsafeMutablePointer<CChar>?, _: Int32, _: Int32, _: UnsafeMutableRawPointer?
) -> Int32 { -1 }
