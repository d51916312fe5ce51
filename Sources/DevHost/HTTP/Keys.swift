import Crypto
import Files
import FoundationEssentials
import FunctionsModel
import HTTP
import JSON

/// The keys that callers need with `--auth` (host-contract §12). They are stored in the app's `.luafunc` folder.
struct Keys: Sendable {
    let master: String
    /// The key for every function, but not for the admin API.
    let host: String

    enum Level: Sendable { case anonymous, function, admin }

    /// Reads the keys, or creates them the first time.
    init(file: String) throws {
        if let text = try? File.read(file) {
            let tree = try? JSONTree.parse(text.span.bytes)
            guard let master = tree?["masterKey"]?.string, let host = tree?["functionKey"]?.string else {
                throw Problem(file, "contains no keys; delete it, and new ones are created")
            }
            self.master = master
            self.host = host
            return
        }
        master = Self.random()
        host = Self.random()
        let text = JSONText.object([("masterKey", .text(master)), ("functionKey", .text(host))]) + "\n"
        try File.write(text, to: file, permissions: 0o600)
    }

    private static func random() -> String {
        Data(randomBytes(40)).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
    }

    /// Whether the request's key is valid for this level. The key is in the header or, without one, in the query.
    func opens(_ level: Level, _ request: HTTPRequest) -> Bool {
        guard level != .anonymous else { return true }
        let sent = request.first(HostHeader.functionsKey) ?? HTTPQuery.values(in: request.target)["code"]?.first
        guard let sent else { return false }
        return Self.isSame(sent, master) || level == .function && Self.isSame(sent, host)
    }

    private static func isSame(_ sent: String, _ key: String) -> Bool {
        constantTimeEqual(Array(sent.utf8), Array(key.utf8))
    }
}
