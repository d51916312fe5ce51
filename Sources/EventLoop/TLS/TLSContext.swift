internal import COpenSSL

/// The settings that TLS connections share: the certificates that a client trusts, or a server's own certificate.
///
/// `@unchecked Sendable`: an `SSL_CTX` never changes after it was made here. Any number of threads may make connections
/// from it, because OpenSSL counts references atomically and locks the store of certificates.
public final class TLSContext: @unchecked Sendable {
    /// OpenSSL's `SSL_CTX`. It is visible so that tests can set up unusual servers.
    package let pointer: OpaquePointer
    let isServer: Bool

    /// Makes a context that verifies the server and offers HTTP/1.1.
    ///
    /// Reading the system's certificates takes about 45 ms of CPU time, so make the context once, and not on a loop.
    public static func client(roots: TrustRoots = .system) throws(TLSError) -> TLSContext {
        let context = try TLSContext(isServer: false)
        let store = SSL_CTX_get_cert_store(context.pointer)
        let certificates = try roots.certificates()
        for certificate in certificates.all {
            guard X509_STORE_add_cert(store, certificate) == 1 else { throw TLSError("no memory for OpenSSL") }
        }
        // A certificate in the list is trusted even if it is not a root.
        X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context.pointer), UInt(X509_V_FLAG_PARTIAL_CHAIN))
        let protocols = [UInt8(http11.count)] + http11
        guard SSL_CTX_set_alpn_protos(context.pointer, protocols, UInt32(protocols.count)) == 0 else {
            throw TLSError("no memory for OpenSSL")
        }
        return context
    }

    /// - Parameter certificateChainPEM: the server's certificate, then those of its issuers except the root.
    public static func server(
        certificateChainPEM: [UInt8], privateKeyPEM: [UInt8]
    ) throws(TLSError) -> TLSContext {
        let context = try TLSContext(isServer: true)
        let chain = try PEM.certificates(in: certificateChainPEM, "the certificate chain")
        let key = try PEM.privateKey(in: privateKeyPEM)
        defer { EVP_PKEY_free(key) }
        ERR_clear_error()
        for (position, certificate) in chain.all.enumerated() {
            let code =
                position == 0
                ? SSL_CTX_use_certificate(context.pointer, certificate)
                : copenssl_add_to_chain(context.pointer, certificate)
            guard code == 1 else {
                throw TLSError("the certificate cannot be used: \(TLSError.reason(of: ERR_peek_error()))")
            }
        }
        guard SSL_CTX_use_PrivateKey(context.pointer, key) == 1 else {
            throw TLSError("the private key does not belong to the certificate")
        }
        SSL_CTX_set_alpn_select_cb(
            context.pointer,
            { _, choice, length, offers, count, _ in
                TLSContext.selectHTTP11(choice, length, UnsafeBufferPointer(start: offers, count: Int(count)))
            }, nil)
        return context
    }

    private init(isServer: Bool) throws(TLSError) {
        guard copenssl_start() == 1,
            let pointer = SSL_CTX_new(isServer ? TLS_server_method() : TLS_client_method())
        else { throw TLSError("OpenSSL cannot be started: \(TLSError.reason(of: ERR_peek_error()))") }
        copenssl_set_up(pointer)
        // The server sends no session tickets. If a client closed without reading them, the system would reset the
        // connection.
        SSL_CTX_set_num_tickets(pointer, 0)
        self.pointer = pointer
        self.isServer = isServer
    }

    deinit { SSL_CTX_free(pointer) }

    private static let http11 = Array("http/1.1".utf8)

    /// Selects HTTP/1.1 from the client's offers. Each offer is a length byte followed by a name (RFC 7301); OpenSSL
    /// has checked that.
    private static func selectHTTP11(
        _ choice: UnsafeMutablePointer<UnsafePointer<UInt8>?>?, _ length: UnsafeMutablePointer<UInt8>?,
        _ offers: UnsafeBufferPointer<UInt8>
    ) -> Int32 {
        var rest = offers[...]
        while let count = rest.popFirst() {
            let name = rest.prefix(Int(count))
            if name.elementsEqual(http11) {
                // OpenSSL allows the result to point into the offers.
                choice?.pointee = UnsafeBufferPointer(rebasing: name).baseAddress
                length?.pointee = count
                return SSL_TLSEXT_ERR_OK
            }
            rest = rest.dropFirst(Int(count))
        }
        return SSL_TLSEXT_ERR_ALERT_FATAL
    }
}
