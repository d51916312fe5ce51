import CustomHandler
import FoundationEssentials
import Lua

/// The keys that callers need with `--auth` (host-contract §12), kept in the app's `.luafunc` folder.
struct Keys: Sendable {
    let master: String
    /// Opens every function, but not the admin API.
    let host: String

    enum Level: String, Sendable { case anonymous, function, admin }

    /// Makes keys at the first time.
    init(file: String) throws {
        if let text = FileManager.default.contents(atPath: file).map({ [UInt8]($0) }) {
            let tree = try? JSONTree.parse(text.span.bytes)
            guard let master = tree?["masterKey"]?.string, let host = tree?["functionKey"]?.string else {
                throw Problem(file, "holds no keys; delete it, and new ones are made")
            }
            self.master = master
            self.host = host
            return
        }
        master = Self.random()
        host = Self.random()
        let text = JSONText.object([("masterKey", .text(master)), ("functionKey", .text(host))]) + "\n"
        try Data(text.utf8).write(to: URL(filePath: file), options: .atomic)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
    }

    private static func random() -> String {
        var generator = SystemRandomNumberGenerator()
        let bytes = (0..<40).map { _ in UInt8.random(in: 0...255, using: &generator) }
        return Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
    }

    /// Whether the key in the header, else the one in the query, opens this level.
    func opens(_ level: Level, _ request: FrontRequest) -> Bool {
        guard level != .anonymous else { return true }
        let sent = request.header("x-functions-key") ?? HTTPQuery.values(in: "?\(request.query)")["code"]?.last
        guard let sent else { return false }
        return sent == master || level == .function && sent == host
    }
}
