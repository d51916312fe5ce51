internal import COpenSSL

/// Why a TLS connection could not be made, or broke, as a readable sentence.
public struct TLSError: Error, Equatable, Sendable, CustomStringConvertible {
    public let description: String

    public init(_ description: String) { self.description = description }

    /// OpenSSL's text for an error, without its source files and lines.
    static func reason(of error: UInt) -> String {
        guard let words = ERR_reason_error_string(error) else { return "error \(ERR_GET_REASON(error))" }
        return String(cString: words)
    }
}

extension TLSError {
    /// Describes a failed handshake, from the oldest error in this thread's OpenSSL queue.
    ///
    /// - Parameter peer: "server" or "client".
    static func handshake(_ peer: String, name: String?) -> TLSError {
        let error = ERR_peek_error()
        guard ERR_GET_LIB(error) == ERR_LIB_SSL else {
            return TLSError("the TLS handshake with the \(peer) failed: \(reason(of: error))")
        }
        switch ERR_GET_REASON(error) {
        case SSL_R_UNSUPPORTED_PROTOCOL, SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
            return TLSError("the \(peer) speaks only versions of TLS older than 1.2")
        case SSL_R_TLSV1_UNRECOGNIZED_NAME:
            return TLSError("the \(peer) does not know the host \(name ?? "name")")
        case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
            return TLSError("the \(peer) requires a client certificate, which is not supported")
        case SSL_R_NO_SHARED_CIPHER:
            return TLSError("the \(peer) offers no cipher that is considered safe")
        case SSL_R_NO_APPLICATION_PROTOCOL:
            return TLSError("the \(peer) does not offer HTTP/1.1")
        default:
            if let alert = alert(in: error) { return TLSError("the \(peer) refused the TLS handshake: \(alert)") }
            return TLSError("the TLS handshake with the \(peer) failed: \(reason(of: error))")
        }
    }

    /// Describes a failure after the handshake, from the same queue.
    static func connection(_ peer: String) -> TLSError {
        let error = ERR_peek_error()
        switch ERR_GET_REASON(error) {
        case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
            return TLSError("the \(peer) requires a client certificate, which is not supported")
        default:
            if let alert = alert(in: error) { return TLSError("the \(peer) broke the TLS connection: \(alert)") }
            return TLSError("the TLS connection to the \(peer) broke: \(reason(of: error))")
        }
    }

    /// The alert in which the peer described the error. OpenSSL adds 1000 to the number of an alert, and puts a prefix
    /// before its text, which is removed here.
    private static func alert(in error: UInt) -> String? {
        guard ERR_GET_REASON(error) >= SSL_AD_REASON_OFFSET else { return nil }
        let words = reason(of: error)
        guard let range = words.firstRange(of: "alert ") else { return words }
        return String(words[range.upperBound...])
    }
}
