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
    /// Warnings about unknown keys that resemble known ones.
    public var warnings: [Problem] = []
    /// The prefix of every route, without slashes around it; may be empty.
    public var routePrefix = "api"
    /// The retry policy of functions that have no policy of their own.
    public var retry: RetryPolicy?
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
        let tree = try Self.tree(text).overridden(by: settings)
        guard tree.members != nil else { throw Problem("host.json", line: tree.line, "must contain an object") }
        guard let version = tree.member(anyCase: "version") else {
            throw Problem("host.json", "has no \"version\"; the host does not start without \"version\": \"2.0\"")
        }
        guard version.string == "2.0" else {
            throw Problem("host.json", line: version.line, "\"version\" must be the string \"2.0\"")
        }
        if let timeout = tree.member(anyCase: "functionTimeout") { functionTimeout = try Self.timeout(timeout) }
        if let names = tree.member(anyCase: "functions") {
            guard let elements = names.elements, elements.allSatisfy({ $0.string != nil }) else {
                throw Problem("host.json", line: names.line, "\"functions\" must be an array of function names")
            }
            functions = elements.compactMap(\.string)
        }
        hasExtensionBundle = tree.member(anyCase: "extensionBundle") != nil
        httpWire = try HTTPWire(tree)
        warnings = Self.misspelt(tree)
        retry = try RetryPolicy(tree.member(anyCase: "retry"), file: "host.json")
        self.tree = tree
        let http = tree.member(anyCase: "extensions")?.member(anyCase: "http")
        if let prefix = http?.member(anyCase: "routePrefix") { routePrefix = try Self.routePrefix(prefix) }
    }

    private static func misspelt(_ tree: JSONTree) -> [Problem] {
        let keys = [
            "description", "enableForwardingHttpRequest", "enableProxyingHttpRequest", "http", "initializationTimeout",
            "port", "type",
        ]
        let handler = tree.member(anyCase: "customHandler").map {
            NearestName.warnings($0, known: keys, in: "host.json")
        }
        let misplaced = (tree.members ?? []).filter { $0.name.lowercased().hasPrefix("enable") }.map { member in
            Problem("host.json", line: member.tree.line, "\"\(member.name)\" belongs in \"customHandler\"")
        }
        return (handler ?? []) + misplaced
    }

    private static func tree(_ text: RawSpan) throws(Problem) -> JSONTree {
        do throws(JSONError) {
            return try JSONTree.parse(text)
        } catch {
            throw Problem("host.json", error)
        }
    }

    private static func routePrefix(_ tree: JSONTree) throws(Problem) -> String {
        guard let text = tree.string else {
            throw Problem("host.json", line: tree.line, "\"routePrefix\" must be a string, not \(tree.kind)")
        }
        let prefix = String(text.drop { $0 == "/" }).trimmingSuffix("/")
        do throws(RouteTemplateError) {
            _ = try RouteTemplate("", prefix: prefix)
        } catch {
            throw Problem("host.json", line: tree.line, "\(error)")
        }
        return prefix
    }

    /// Reads a .NET TimeSpan, or -1 for no limit.
    private static func timeout(_ tree: JSONTree) throws(Problem) -> Duration? {
        let text = tree.string ?? tree.integer.map { String($0) } ?? ""
        if text == "-1" { return nil }
        guard let span = TimeSpan(text[...]), span.seconds >= 1 else {
            throw Problem(
                "host.json", line: tree.line,
                "\"functionTimeout\" must be a time of at least one second such as \"00:05:00\", or -1 for none")
        }
        return span.duration
    }
}

extension Problem {
    init(_ file: String, _ error: JSONError) {
        if case .syntax(_, let line, _) = error {
            self.init(file, line: line, "is not JSON: \(error)")
        } else {
            self.init(file, "is not JSON: \(error)")
        }
    }
}

extension JSONTree {
    /// Returns this tree with the values of settings such as `AzureFunctionsJobHost__a__b`, which may use `:` for `__`,
    /// set at `a.b`.
    func overridden(by settings: [String: String]) -> JSONTree {
        let prefix = "azurefunctionsjobhost"
        let overrides = settings.filter { $0.key.lowercased().hasPrefix(prefix) }
        return overrides.sorted { $0.key < $1.key }.reduce(self) { tree, setting in
            let path = setting.key.split(separator: "__").flatMap { $0.split(separator: ":") }
            // .NET's configuration has no limit, but nothing in host.json is nested so deeply.
            guard 2...64 ~= path.count, path.first?.lowercased() == prefix else { return tree }
            return tree.setting(path.dropFirst(), to: setting.value)
        }
    }

    private func setting(_ path: ArraySlice<Substring>, to text: String) -> JSONTree {
        guard let name = path.first else { return JSONTree(.string(text), line: line) }
        // .NET's configuration names array elements by their index.
        if let place = Int(name), place >= 0, members?.isEmpty ?? true {
            var elements = self.elements ?? []
            let element = JSONTree(.null, line: line).setting(path.dropFirst(), to: text)
            if place < elements.count { elements[place] = element } else { elements.append(element) }
            return JSONTree(.array(elements), line: line)
        }
        var members = self.members ?? []
        let index = members.lastIndex { $0.name.lowercased() == name.lowercased() }
        let old = index.map { members[$0].tree } ?? JSONTree(.object([]), line: line)
        let member = Member(name: String(name), tree: old.setting(path.dropFirst(), to: text))
        if let index { members[index] = member } else { members.append(member) }
        return JSONTree(.object(members), line: line)
    }
}
