import FunctionsModel
import JSON

/// Finds what keeps MCP clients from an app's servers, which its scripts make with `mcp.server`.
struct ServerRules {
    private(set) var findings: [Finding] = []
    private let app: FunctionApp
    /// The functions whose scripts call `mcp.server` or `mcp.metadata`.
    private var servers: Set<String> = []
    private var metadata: Set<String> = []
    /// Where scripts ask a client, in the order of the files.
    private var questions: [(file: String, line: Int, users: Set<String>)] = []

    init(_ app: FunctionApp) { self.app = app }

    /// Takes note of a file that functions use.
    ///
    /// - Parameter isOwnModule: whether `require` finds luafunc's own module of this name.
    mutating func read(_ file: String, _ facts: ScriptFacts, users: Set<String>, isOwnModule: (String) -> Bool) {
        if facts.calls("server", ofModule: "mcp", where: isOwnModule) { servers.formUnion(users) }
        if facts.calls("metadata", ofModule: "mcp", where: isOwnModule) { metadata.formUnion(users) }
        if let line = facts.questions.first { questions.append((file, line, users)) }
    }

    /// Adds the findings, after all files were read.
    mutating func finish(settings: [String: String]) {
        for function in app.list where servers.contains(function.name) { checkMethods(of: function) }
        checkStreams()
        for function in app.list where metadata.contains(function.name) { checkMetadata(of: function) }
        guard settings[Self.stateKey]?.isEmpty != false,
            let question = questions.first(where: { !$0.users.isDisjoint(with: servers) })
        else { return }
        findings.append(
            Finding(
                .warning, .unsetSetting, question.file, line: question.line,
                "a tool asks the client, so the server needs the app setting '\(Self.stateKey)', which is not known here",
                remedy: "set it in Azure to what 'openssl rand -base64 32' prints, the same for all instances, and in "
                    + "local.settings.json or with --settings"))
    }

    /// The setting with which the module `mcp` signs what a client sends back.
    private static let stateKey = "MCP_STATE_KEY"

    private mutating func checkMethods(of function: Function) {
        guard function.methods != nil, let trigger = function.trigger else { return }
        findings.append(
            Finding(
                .warning, .mcpMethods, function.file, at: trigger.tree.member(anyCase: "methods")?.place,
                "to a method that \"methods\" does not list the host answers 404, which MCP clients take for a lost session",
                remedy: "remove \"methods\"; mcp.server answers 405, as clients expect", function: function.name))
    }

    private mutating func checkStreams() {
        let isProxied = app.host.httpWire == .proxied
        let cut = app.list.filter { servers.contains($0.name) && !(isProxied && $0.isHTTPOnly) }
        guard let first = cut.first else { return }
        let effect =
            "so MCP clients get progress only with a tool's result, no news of changes, and in older revisions no "
            + "questions"
        guard isProxied else {
            return findings.append(
                Finding(
                    .note, .mcpStreams, "host.json", at: nil,
                    "the host passes on the responses of '\(first.name)' only as a whole, \(effect)",
                    remedy: "write \"enableProxyingHttpRequest\": true into \"customHandler\""))
        }
        for function in cut {
            findings.append(
                Finding(
                    .note, .mcpStreams, function.file, at: nil,
                    "the function has other bindings, so the host passes on its responses only as a whole, \(effect)",
                    remedy: "give the server a function of its own", function: function.name))
        }
    }

    private mutating func checkMetadata(of function: Function) {
        guard let route = function.routes.first, !function.isServer else { return }
        func add(_ place: String, _ message: String, _ remedy: String) {
            let tree = route.trigger.tree
            findings.append(
                Finding(
                    .warning, .mcpMetadata, function.file, at: (tree.member(anyCase: place) ?? tree).place, message,
                    remedy: remedy, function: function.name))
        }
        let prefix = app.host.routePrefix
        if !prefix.isEmpty {
            add(
                "route",
                "MCP clients look for the metadata at /.well-known, but \"routePrefix\" in host.json puts the function at "
                    + "/\(prefix)/\(route.template)",
                "write \"extensions\": { \"http\": { \"routePrefix\": \"\" } }, or remove the function if the server has no "
                    + "auth")
        } else if !route.template.lowercased().hasPrefix(".well-known/") {
            add(
                "route", "MCP clients look for the metadata at /.well-known, but the route is '\(route.template)'",
                "write \"route\": \".well-known/{*rest}\"")
        }
        guard route.trigger.tree.member(anyCase: "authLevel")?.string?.lowercased() != "anonymous" else { return }
        add(
            "authLevel", "MCP clients ask for the metadata before they have signed in, and without a key",
            "write \"authLevel\": \"anonymous\"")
    }
}

extension ScriptFacts {
    /// Whether the code calls a function of one of luafunc's modules.
    fileprivate func calls(_ name: String, ofModule module: String, where isOwnModule: (String) -> Bool) -> Bool {
        references.contains { reference in
            guard reference.kind == .member, reference.name == name, reference.uses.contains(.called) else {
                return false
            }
            let parent = references[reference.parent]
            return parent.kind == .module && [module, "luafunc.\(module)"].contains(parent.name)
                && isOwnModule(parent.name)
        }
    }
}
