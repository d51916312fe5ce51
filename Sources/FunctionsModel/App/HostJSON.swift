public import JSON

/// The parts of host.json that luafunc uses (host-contract §15). The case of keys does not matter. An app setting
/// `AzureFunctionsJobHost__a__b` overrides the key `a.b`.
public struct HostJSON: Sendable, Equatable {
    /// The time that the host allows an invocation; nil for no limit.
    public var functionTimeout: Duration? = Self.defaultTimeout
    /// The names of the functions that the host loads; nil for all.
    public var functions: [String]?
    public var hasExtensionBundle = false
    public var httpWire = HTTPWire.payload
    /// The prefix of every route, without a slash before it; may be empty.
    public var routePrefix = "api"
    /// The retry policy of functions that have no policy of their own.
    public var retry: RetryPolicy?
    /// How the host serves HTTP.
    public var http = HTTPOptions()
    /// What makes the host restart when it changes, in addition to host.json and function.json.
    public var watched = WatchedPaths()
    /// The routes of a server that is the handler, each of which is a function (host-contract §17).
    package var serverRoutes: ServerRoutes?
    /// The handler's fixed port; nil if the host chooses one (host-contract §17).
    package var handlerPort: Int?
    /// The whole file, with the overrides from app settings. Keys that only the host itself uses are read from it.
    public var tree = JSONTree(.object([]), line: 1)

    /// The shortest of the defaults of Azure's plans (host-contract §16).
    static let defaultTimeout = Duration.seconds(300)

    public init() {}

    /// The time limit of an invocation; nil for no limit. It is a tenth less than the host allows, but at most five
    /// seconds less, so that the response arrives before the host kills the whole handler (host-contract §4.3).
    public var invocationTimeLimit: Duration? {
        functionTimeout.map { $0 - min($0 / 10, .seconds(5)) }
    }

    init(_ text: RawSpan, settings: [String: String]) throws(Problem) {
        let written = try Self.tree(text)
        try Self.checkVersion(written)
        let tree = try written.overridden(by: settings).withProfile()
        functionTimeout = try Self.timeout(tree.member(anyCase: "functionTimeout"))
        functions = try tree.texts("functions", "function names")
        hasExtensionBundle = tree.member(anyCase: "extensionBundle") != nil
        httpWire = try HTTPWire(tree)
        retry = try RetryPolicy(tree.member(anyCase: "retry"), file: "host.json")
        watched = try WatchedPaths(tree)
        let section = tree.member(anyCase: "extensions")?.member(anyCase: "http")
        http = try HTTPOptions(section)
        if let prefix = section?.member(anyCase: "routePrefix") { routePrefix = try Self.routePrefix(prefix) }
        serverRoutes = try ServerRoutes(tree)
        let handler = tree.member(anyCase: "customHandler") ?? tree.member(anyCase: "httpWorker")
        handlerPort = try Self.port(handler?.member(anyCase: "port"))
        self.tree = tree
    }

    /// The host reads the version before it applies settings, and only in lower case. An empty file is a default one.
    private static func checkVersion(_ tree: JSONTree) throws(Problem) {
        guard let members = tree.members else { throw Problem("host.json", at: tree.place, "must contain an object") }
        guard let version = tree["version"] else {
            if members.isEmpty { return }
            guard let other = members.first(where: { $0.name.lowercased() == "version" }) else {
                throw Problem("host.json", "has no \"version\"; the host does not start without \"version\": \"2.0\"")
            }
            throw Problem(
                "host.json", at: other.tree.place,
                "\"\(other.name)\" must be written \"version\", in lower case; otherwise the host does not start")
        }
        guard version.string == "2.0" else {
            throw Problem("host.json", at: version.place, "\"version\" must be the string \"2.0\"")
        }
    }

    private static func tree(_ text: RawSpan) throws(Problem) -> JSONTree {
        do throws(JSONError) {
            return try JSONTree.newtonsoft(text)
        } catch {
            throw Problem("host.json", error)
        }
    }

    private static func routePrefix(_ tree: JSONTree) throws(Problem) -> String {
        guard let text = tree.string else {
            throw Problem("host.json", at: tree.place, "\"routePrefix\" must be a string, not \(tree.kind)")
        }
        do throws(RouteTemplateError) {
            _ = try RouteTemplate("x", prefix: text)
        } catch {
            throw Problem("host.json", at: tree.place, "\(error)")
        }
        return String(text.drop { $0 == "/" })
    }

    private static func port(_ tree: JSONTree?) throws(Problem) -> Int? {
        guard let tree, tree.configured != "" else { return nil }
        guard let port = tree.configured.flatMap({ Int($0.trimmed) }), 1...65_535 ~= port else {
            throw Problem(
                "host.json", at: tree.place,
                "\"port\" must be a port from 1 to 65535; otherwise the host does not start")
        }
        return port
    }

    /// Reads a .NET TimeSpan, or -1 for no limit. An empty text is no text.
    private static func timeout(_ tree: JSONTree?) throws(Problem) -> Duration? {
        guard let tree, tree.configured != "" else { return defaultTimeout }
        let span = tree.configured.flatMap { TimeSpan($0[...]) }
        // .NET reads -1 as one day less than nothing.
        if span?.seconds == -86_400 { return nil }
        guard let span, span.seconds >= 1 else {
            throw Problem(
                "host.json", at: tree.place,
                "\"functionTimeout\" must be a time of at least one second such as \"00:05:00\", or -1 for none")
        }
        return span.duration
    }
}

extension Problem {
    init(_ file: String, _ error: JSONError) {
        var place: JSONTree.Place?
        if case .syntax(_, let line, let column) = error { place = JSONTree.Place(line: line, column: column) }
        self.init(file, at: place, rule: .jsonSyntax, "is not JSON: \(error)")
    }
}
