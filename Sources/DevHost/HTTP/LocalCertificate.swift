import EventLoop
import Files
import FunctionsModel

/// The certificate for https on this machine. It lies in the app's `.luafunc` folder, so that a developer has to trust
/// it only once.
struct LocalCertificate: Sendable {
    /// The file that callers have to trust.
    let file: String
    let context: TLSContext

    static let names = ["localhost", "127.0.0.1", "::1"]

    /// Reads the certificate and its key. Makes new ones if they are missing, damaged or not valid now.
    init(in folder: String) throws(Problem) {
        let place = "\(folder)/https"
        file = "\(place)/localhost.crt"
        let keyFile = "\(place)/localhost.key"
        if let context = Self.context(certificate: file, key: keyFile) {
            self.context = context
            // A key that a copy or an unpacked archive has opened to others. Without the right to change it, it is used
            // all the same.
            try? File.closeToOthers(keyFile)
            return
        }
        do {
            let made = try SelfSignedCertificate(for: Self.names)
            try Folder.make(place, permissions: 0o700)
            try File.write(made.keyPEM.span.bytes, to: keyFile, permissions: 0o600)
            try File.write(made.certificatePEM.span.bytes, to: file, permissions: 0o644)
            context = try TLSContext.server(certificateChainPEM: made.certificatePEM, privateKeyPEM: made.keyPEM)
        } catch {
            throw Problem(place, "no certificate for https can be made: \(error)")
        }
    }

    private static func context(certificate: String, key: String) -> TLSContext? {
        guard let certificate = try? File.read(certificate, limit: 1 << 20),
            let key = try? File.read(key, limit: 1 << 20),
            SelfSignedCertificate.isValid(certificate)
        else { return nil }
        return try? TLSContext.server(certificateChainPEM: certificate, privateKeyPEM: key)
    }
}
