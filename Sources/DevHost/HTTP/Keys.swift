import Crypto
import Files
import FoundationEssentials
import FunctionsModel
import HTTP
import JSON

/// The keys that callers need with `--auth` (host-contract §12). They are stored in the app's `.luafunc` folder.
struct Keys: Sendable {
    private let values: [Kind: String]

    enum Kind: String, CaseIterable, Sendable {
        /// Opens everything.
        case master = "masterKey"
        /// Opens every function, but not the admin API.
        case host = "functionKey"
        /// Opens Event Grid's webhook.
        case eventGrid = "eventGridKey"
    }

    enum Level: Sendable { case anonymous, function, admin }

    /// Reads the keys, or creates those that are missing.
    init(file: String) throws {
        var values: [Kind: String] = [:]
        if let text = try? File.read(file) {
            // As for the key of `LocalCertificate`.
            try? File.closeToOthers(file)
            let tree = try? JSONTree.parse(text.span.bytes)
            for kind in Kind.allCases { values[kind] = tree?[kind.rawValue]?.string }
            guard values[.master] != nil, values[.host] != nil else {
                throw Problem(file, "contains no keys; delete it, and new ones are created")
            }
        }
        let missing = Kind.allCases.filter { values[$0] == nil }
        for kind in missing { values[kind] = Self.random() }
        self.values = values
        guard !missing.isEmpty else { return }
        let members = Kind.allCases.map { ($0.rawValue, JSONText.Value.text(values[$0] ?? "")) }
        try File.write(JSONText.object(members) + "\n", to: file, permissions: 0o600)
    }

    private static func random() -> String {
        Data(randomBytes(40)).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
    }

    subscript(kind: Kind) -> String { values[kind] ?? "" }

    /// The key that the request has, in the header or, without one, in the query; nil without a valid key.
    func kind(in request: HTTPRequest) -> Kind? {
        let sent = request.first(HostHeader.functionsKey) ?? HTTPQuery.values(in: request.query ?? "")["code"]?.first
        guard let sent else { return nil }
        return Kind.allCases.first { constantTimeEqual(Array(sent.utf8), Array(self[$0].utf8)) }
    }

    /// Whether the request's key is valid for this level.
    func opens(_ level: Level, _ request: HTTPRequest) -> Bool {
        switch level {
        case .anonymous: true
        case .function: [.master, .host].contains(kind(in: request))
        case .admin: kind(in: request) == .master
        }
    }
}
