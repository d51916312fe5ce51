internal import COpenSSL

/// One side of a TLS connection between two buffers in memory. It does no I/O of its own.
final class TLSSession {
    private let ssl: OpaquePointer
    /// `incoming` holds bytes from the peer that are not decrypted yet; `outgoing` holds bytes to be sent to the peer.
    /// `ssl` owns both.
    private let incoming: OpaquePointer
    private let outgoing: OpaquePointer
    private let name: String?
    private let peer: String
    private var isOpen = false
    private var firstByte: UInt8?
    /// Why the peer's certificate was refused; OpenSSL reports that during the handshake.
    private var fault: TLSError?

    enum Result {
        /// The number of bytes read or written.
        case done(Int)
        case wantsInput
        /// The peer has announced that it will send nothing more.
        case ended
        case failed(TLSError)
    }

    /// - Parameter name: the host name or IP address that the certificate must be for.
    static func client(_ context: TLSContext, name: String) throws(TLSError) -> TLSSession {
        precondition(!context.isServer, "a client's stream needs a client's context")
        let session = TLSSession(context, name: name)
        try session.expect(name)
        SSL_set_connect_state(session.ssl)
        return session
    }

    static func server(_ context: TLSContext) -> TLSSession {
        precondition(context.isServer, "a server's stream needs a server's context")
        let session = TLSSession(context, name: nil)
        SSL_set_accept_state(session.ssl)
        return session
    }

    private init(_ context: TLSContext, name: String?) {
        ERR_clear_error()
        guard let ssl = SSL_new(context.pointer), let incoming = BIO_new(BIO_s_mem()),
            let outgoing = BIO_new(BIO_s_mem())
        else { preconditionFailure("no memory for OpenSSL") }
        SSL_set_bio(ssl, incoming, outgoing)
        self.ssl = ssl
        self.incoming = incoming
        self.outgoing = outgoing
        self.name = name
        peer = context.isServer ? "client" : "server"
    }

    deinit { SSL_free(ssl) }

    // MARK: The certificate

    private func expect(_ name: String) throws(TLSError) {
        let parameters = SSL_get0_param(ssl)
        if let address = IPAddress(name) {
            // The client sends no SNI, which is only for names (RFC 6066 §3).
            guard X509_VERIFY_PARAM_set1_ip(parameters, address.bytes, address.bytes.count) == 1 else {
                throw TLSError("no memory for OpenSSL")
            }
        } else {
            // Certificates name hosts without the root's final dot.
            let host = name.hasSuffix(".") ? String(name.dropLast()) : name
            // Such names would weaken the check: for an empty name OpenSSL checks nothing, for a name with a leading
            // dot it accepts any host of the domain, and it reads a name only up to the first NUL.
            guard !host.isEmpty, !host.hasPrefix("."), host.utf8.allSatisfy({ 0x21...0x7e ~= $0 }),
                copenssl_set_server_name(ssl, host) == 1, X509_VERIFY_PARAM_set1_host(parameters, host, 0) == 1
            else { throw TLSError("a certificate cannot be for \(name.debugDescription), which is not a host name") }
        }
        X509_VERIFY_PARAM_set_hostflags(
            parameters, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT))
        SSL_set_ex_data(ssl, 0, Unmanaged.passUnretained(self).toOpaque())
        SSL_set_verify(ssl, SSL_VERIFY_PEER) { isGood, context in
            if isGood == 0, let context { TLSSession.refuse(context) }
            return isGood
        }
    }

    private static func refuse(_ context: OpaquePointer) {
        let ssl = X509_STORE_CTX_get_ex_data(context, SSL_get_ex_data_X509_STORE_CTX_idx())
        guard let ssl, let data = SSL_get_ex_data(OpaquePointer(ssl), 0) else { return }
        // OpenSSL calls this during `handshake`. The caller of `handshake` retains the session, so the pointer is
        // valid.
        let session = Unmanaged<TLSSession>.fromOpaque(data).takeUnretainedValue()
        session.fault = CertificateReason.describe(context, name: session.name ?? "this host")
    }

    // MARK: Bytes

    /// Adds bytes that arrived from the peer.
    func feed(_ bytes: RawSpan) {
        guard bytes.byteCount > 0 else { return }
        if firstByte == nil { firstByte = bytes.unsafeLoad(as: UInt8.self) }
        let count = bytes.withUnsafeBytes { BIO_write(incoming, $0.baseAddress, Int32(clamping: $0.count)) }
        precondition(count == bytes.byteCount, "no memory for OpenSSL")
    }

    /// Whether there are bytes that `read` has not returned yet.
    var hasInput: Bool { copenssl_pending(incoming) > 0 || SSL_has_pending(ssl) == 1 }

    /// Passes the bytes to be sent to `body`, and removes them.
    func takeOutput(_ body: (RawSpan) -> Void) {
        var bytes: UnsafePointer<CChar>?
        let count = copenssl_bytes(outgoing, &bytes)
        guard count > 0 else { return }
        // The bytes stay in place until the BIO is emptied.
        body(UnsafeRawBufferPointer(start: bytes, count: count).bytes)
        copenssl_empty(outgoing)
    }

    func handshake() -> Result {
        ERR_clear_error()
        let code = SSL_do_handshake(ssl)
        guard code == 1 else { return result(code) }
        isOpen = true
        return .done(0)
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> Result {
        ERR_clear_error()
        let count = SSL_read(ssl, buffer.baseAddress, Int32(clamping: buffer.count))
        return count > 0 ? .done(Int(count)) : result(count)
    }

    /// Encrypts some of the bytes, at most one record.
    func write(_ bytes: UnsafeRawBufferPointer) -> Result {
        guard bytes.count > 0 else { return .done(0) }
        ERR_clear_error()
        let count = SSL_write(ssl, bytes.baseAddress, Int32(clamping: bytes.count))
        return count > 0 ? .done(Int(count)) : result(count)
    }

    /// Queues the message (close_notify) that tells the peer that nothing more will be sent.
    func endOutput() {
        ERR_clear_error()
        SSL_shutdown(ssl)
    }

    // MARK: Errors

    private func result(_ code: Int32) -> Result {
        switch SSL_get_error(ssl, code) {
        case SSL_ERROR_WANT_READ: .wantsInput
        case SSL_ERROR_ZERO_RETURN: .ended
        default: .failed(failure)
        }
    }

    private var failure: TLSError {
        if let fault { return fault }
        if isOpen { return .connection(peer) }
        return speaksTLS ? .handshake(peer, name: name) : notTLS
    }

    /// The error to report when the peer ends the connection without announcing it.
    var cutOff: TLSError {
        if isOpen { return TLSError("the \(peer) closed the connection unexpectedly (without close_notify)") }
        return speaksTLS ? TLSError("the \(peer) ended the connection during the TLS handshake") : notTLS
    }

    /// Every record begins with a byte from 20 to 23 (RFC 8446 §5.1).
    var speaksTLS: Bool { firstByte.map { 20...23 ~= $0 } ?? true }

    private var notTLS: TLSError { TLSError("the \(peer) does not speak TLS") }
}
