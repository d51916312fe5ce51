import HTTP
import HTTP1

/// A call of one of the host's own paths, `/admin/…` and `/runtime/…` (host-contract §13).
enum AdminRoute: Equatable {
    case functions
    case function(String)
    case status(of: String)
    case run(String)
    case write(String)
    case remove(String)
    case functionKeys(of: String)
    /// The keys for all functions, or those of the webhooks; if `name` is not nil, only the key with this name.
    case hostKeys(areSystem: Bool, name: String?)
    case hostStatus
    case ping
    case drain
    case drainStatus
    case resume
    case extensions
    case log
    case syncTriggers
    case restart
    case warmup
    /// The app's files, to which the host in a container gives nobody access.
    case files
    case webhook(of: String)

    /// Nil if the host has no such path. Paths ignore case and names are decoded.
    init?(_ request: HTTPRequest) {
        let names = request.path.split(separator: "/").map { part in
            String(decoding: PercentEncoding.decode(Array(part.utf8), plusIsSpace: false), as: UTF8.self)
        }
        let words = names.map { $0.lowercased() }
        let name = names.count > 2 ? names[2] : ""
        switch (request.method.text, words.first, words.dropFirst().first, Array(words.dropFirst(2))) {
        case ("GET", "admin", "functions", []): self = .functions
        case ("GET", "admin", "functions", let rest) where rest.count == 1: self = .function(name)
        case ("POST", "admin", "functions", let rest) where rest.count == 1: self = .run(name)
        case ("PUT", "admin", "functions", let rest) where rest.count == 1: self = .write(name)
        case ("DELETE", "admin", "functions", let rest) where rest.count == 1: self = .remove(name)
        case ("GET", "admin", "functions", let rest) where rest.dropFirst() == ["status"]: self = .status(of: name)
        case ("GET", "admin", "functions", let rest) where rest.dropFirst() == ["keys"]: self = .functionKeys(of: name)
        case ("GET", "admin", "host", let rest) where Self.keys.contains(rest.first ?? "") && rest.count < 3:
            self = .hostKeys(areSystem: rest[0] == "systemkeys", name: rest.count == 2 ? names[3] : nil)
        case ("GET", "admin", "host", ["status"]): self = .hostStatus
        case ("GET", "admin", "host", ["ping"]), ("POST", "admin", "host", ["ping"]): self = .ping
        case ("POST", "admin", "host", ["drain"]): self = .drain
        case ("GET", "admin", "host", ["drain", "status"]): self = .drainStatus
        case ("POST", "admin", "host", ["resume"]): self = .resume
        case ("GET", "admin", "host", ["extensions"]): self = .extensions
        case ("POST", "admin", "host", ["log"]): self = .log
        case ("POST", "admin", "host", ["synctriggers"]): self = .syncTriggers
        case ("POST", "admin", "host", ["restart"]): self = .restart
        case ("GET", "admin", "warmup", []), ("POST", "admin", "warmup", []): self = .warmup
        case (_, "admin", "vfs", _): self = .files
        case ("GET", "runtime", "webhooks", let rest), ("POST", "runtime", "webhooks", let rest),
            ("DELETE", "runtime", "webhooks", let rest), ("OPTIONS", "runtime", "webhooks", let rest):
            guard let first = rest.first else { return nil }
            self = .webhook(of: first)
        default: return nil
        }
    }

    private static let keys = ["keys", "functionkeys", "systemkeys"]

    /// The keys that open the route; empty if it needs none.
    var openers: [Keys.Kind] {
        switch self {
        case .ping, .warmup: []
        case .webhook(of: "eventgrid"): [.master, .eventGrid]
        default: [.master]
        }
    }

    /// Whether the call changes the app's own files.
    var changesFiles: Bool {
        switch self {
        case .write, .remove: true
        default: false
        }
    }
}
