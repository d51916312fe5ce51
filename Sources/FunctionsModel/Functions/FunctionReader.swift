import JSON

/// Reads one function.json according to the host's rules (host-contract §14).
struct FunctionReader {
    let name: String
    /// Relative to the app.
    let directory: String
    /// The `routePrefix` of host.json.
    let prefix: String
    /// App settings, for `%NAME%`.
    let settings: [String: String]
    let types: BindingTypes
    /// Whether luafunc runs the function, so that it needs a script in its folder.
    let requiresScript: Bool
    /// Whether a file exists. Its path is relative to the function's folder.
    let exists: (String) -> Bool

    /// The file that the bindings are from, relative to the app.
    private let file: String

    init(
        name: String, directory: String, prefix: String, settings: [String: String], types: BindingTypes,
        requiresScript: Bool, file: String? = nil, exists: @escaping (String) -> Bool
    ) {
        self.name = name
        self.directory = directory
        self.prefix = prefix
        self.settings = settings
        self.types = types
        self.requiresScript = requiresScript
        self.file = file ?? "\(directory)/function.json"
        self.exists = exists
    }

    init(_ name: String, in directory: String, _ files: AppFiles, prefix: String, _ conditions: LoadConditions) {
        self.init(
            name: name, directory: directory, prefix: prefix, settings: conditions.settings, types: conditions.types,
            requiresScript: conditions.requiresScripts, exists: { files.exists("\(directory)/\($0)") })
    }

    func read(_ text: RawSpan) throws(Problem) -> Function {
        let tree: JSONTree
        do throws(JSONError) {
            tree = try JSONTree.newtonsoft(text)
        } catch {
            throw Problem(file, error)
        }
        return try read(tree)
    }

    func read(_ tree: JSONTree) throws(Problem) -> Function {
        var problems: [Problem] = []
        let function = read(tree, &problems)
        if let first = problems.first { throw first }
        guard let function else { throw Problem(file, at: tree.place, "cannot be read") }
        return function
    }

    /// Reads on after a problem, to find all of them. With any problem, the function cannot run.
    func read(_ tree: JSONTree, _ problems: inout [Problem]) -> Function? {
        guard tree.members != nil else {
            problems.append(Problem(file, at: tree.place, "must contain an object"))
            return nil
        }
        func attempt<Value>(_ body: () throws(Problem) -> Value) -> Value? {
            do throws(Problem) {
                return try body()
            } catch {
                problems.append(error)
                return nil
            }
        }
        _ = attempt { () throws(Problem) in try checkName() }
        let elements = attempt { () throws(Problem) in try bindingList(tree) } ?? []
        var bindings: [Binding] = []
        for element in elements {
            guard let binding = attempt({ () throws(Problem) in try readBinding(element, besides: bindings) }) else {
                continue
            }
            bindings.append(binding)
        }
        // The binding that cannot be read may be the trigger.
        if !elements.isEmpty, bindings.count == elements.count {
            _ = attempt { () throws(Problem) in try checkTrigger(bindings, tree) }
        }
        let http = attempt { () throws(Problem) in
            try HTTPTriggerReader(bindings, of: name, in: file, prefix: prefix)
        }
        let script = attempt { () throws(Problem) in try self.script(tree) }
        let entryPoint = attempt { () throws(Problem) -> String? in try string("entryPoint", of: tree) }
        let limits = attempt { () throws(Problem) in try self.limits(tree) }
        let retry = attempt { () throws(Problem) -> RetryPolicy? in
            try RetryPolicy(tree["retry"], file: file)
        }
        guard problems.isEmpty, let http, let script, let entryPoint, let limits, let retry else { return nil }
        let routes = http.route.flatMap { route in
            bindings.first(where: \.isTrigger).map { [Function.Route(template: route, trigger: $0)] }
        }
        return Function(
            name: name, directory: directory, bindings: bindings, script: script, entryPoint: entryPoint,
            limits: limits, routes: routes ?? [], methods: http.methods, retry: retry, warnings: http.warnings,
            file: file)
    }

    private func checkName() throws(Problem) {
        guard Function.isName(name) else {
            throw Problem(
                directory,
                "'\(name)' is not a function name; it must begin with a letter and contain only letters, "
                    + "digits, '_' and '-', at most 128 in all")
        }
        guard !Function.isReserved(name) else {
            throw Problem(directory, "no function may be named 'host'; rename the folder")
        }
    }

    // MARK: Bindings

    private func bindingList(_ tree: JSONTree) throws(Problem) -> [JSONTree] {
        guard let list = tree["bindings"] else {
            let other = tree.members?.first { $0.name.lowercased() == "bindings" }
            throw Problem(
                file, at: other?.place,
                other.map { "\"\($0.name)\" must be written \"bindings\"" } ?? "has no \"bindings\"; at least one "
                    + "binding must be declared")
        }
        guard let elements = list.elements else {
            throw Problem(file, at: list.place, "\"bindings\" must be an array, not \(list.kind)")
        }
        guard !elements.isEmpty else { throw Problem(file, at: list.place, "at least one binding must be declared") }
        return elements
    }

    private func checkTrigger(_ bindings: [Binding], _ tree: JSONTree) throws(Problem) {
        let triggers = bindings.filter(\.isTrigger)
        guard triggers.count != 1 else { return }
        let place = tree["bindings"]?.place
        guard triggers.isEmpty else {
            throw Problem(
                file, at: place, rule: .trigger, "\(triggers.count) bindings are triggers; a function has exactly one")
        }
        let near = nearTrigger(bindings)
        throw Problem(
            file, at: near?.place ?? place, rule: .trigger,
            "no binding is a trigger; exactly one must have a \"type\" that ends with 'Trigger'"
                + (near.map { "; did you mean '\($0.meant)' instead of '\($0.written)'?" } ?? ""))
    }

    private func nearTrigger(_ bindings: [Binding]) -> (meant: String, written: String, place: JSONTree.Place?)? {
        let triggers = types.triggers.map(\.name)
        for binding in bindings {
            if let meant = NearestName.find(binding.writtenType, among: triggers),
                meant.lowercased() != binding.writtenType.lowercased()
            {
                return (meant, binding.writtenType, binding.tree.member(anyCase: "type")?.place)
            }
        }
        return nil
    }

    private func readBinding(_ tree: JSONTree, besides others: [Binding]) throws(Problem) -> Binding {
        guard tree.members != nil else {
            throw Problem(file, at: tree.place, "a binding must be an object, not \(tree.kind)")
        }
        guard let name = try text("name", of: tree), !name.isEmpty else {
            throw Problem(file, at: tree.place, "a binding has no \"name\"")
        }
        func problem(_ key: String, _ reason: String) -> Problem {
            Problem(file, at: (tree.member(anyCase: key) ?? tree).place, "binding '\(name)': \(reason)")
        }
        guard let type = try text("type", of: tree), !type.isEmpty else {
            throw problem("type", "has no \"type\", such as \"httpTrigger\" or \"queue\"")
        }
        let written = try text("direction", of: tree) ?? "in"
        guard let direction = Binding.Direction(rawValue: written.lowercased()) else {
            throw problem("direction", "'\(written)' is not a valid binding direction; use in, out or inout")
        }
        guard Binding.isName(name) else {
            throw problem(
                "name",
                "the name must begin with a letter and contain only letters and digits, at most 128 in all, "
                    + "or be $return")
        }
        if let twin = others.first(where: { $0.name.lowercased() == name.lowercased() }) {
            throw Problem(file, at: tree.place, "two bindings are named '\(twin.name)'; names must differ")
        }
        guard name != "$return" || direction == .out else {
            throw problem("direction", "$return must have the direction 'out'")
        }
        let known = types.type(type)
        guard known != .http || direction == .out else {
            throw problem("direction", "the type 'http' is an output; its direction must be 'out'")
        }
        guard known != .http || type == known.name else {
            throw problem("type", "write 'http' in lower case: the host does not treat '\(type)' as an HTTP output")
        }
        let dataType = try text("dataType", of: tree)?.lowercased()
        if let dataType, !["string", "binary", "stream", "undefined"].contains(dataType) {
            throw problem("dataType", "'\(dataType)' is not a data type; use string, binary or stream")
        }
        let cardinality = try text("cardinality", of: tree)?.lowercased()
        if let cardinality, cardinality != "one", cardinality != "many" {
            throw problem("cardinality", "'\(cardinality)' is not a cardinality; the host would treat it as 'one'")
        }
        // The host replaces nothing in an HTTP trigger, whose route is matched as it stands.
        let settings = known == .httpTrigger ? [:] : settings
        return Binding(
            name: name, type: known, writtenType: type, direction: direction, dataType: dataType,
            isMany: cardinality == "many", tree: tree.resolvingSettings(settings),
            unsetSettings: known == .httpTrigger ? [:] : tree.unsetSettings(settings))
    }

    /// The text of a binding's member. The host ignores the case of these names, and replaces no `%NAME%` in them.
    private func text(_ key: String, of tree: JSONTree) throws(Problem) -> String? {
        guard let value = tree.member(anyCase: key) else { return nil }
        guard let text = value.string else {
            throw Problem(file, at: value.place, "\"\(key)\" must be a string, not \(value.kind)")
        }
        return text
    }

    // MARK: The rest

    private func script(_ tree: JSONTree) throws(Problem) -> String {
        let named = try string("scriptFile", of: tree)
        let script = named ?? "handler.lua"
        let parts = script.split(separator: "/", omittingEmptySubsequences: false)
        guard !requiresScript || (!parts.contains("..") && parts.first?.isEmpty != true) else {
            throw Problem(
                file, at: tree["scriptFile"]?.place, rule: .script,
                "\"scriptFile\" must be a file in the function's own folder")
        }
        // The host looks for a file that is named, although only luafunc reads it.
        guard exists(script) || (named == nil && !requiresScript) else {
            throw Problem(
                file, at: tree["scriptFile"]?.place, rule: .script,
                named.map { "\"scriptFile\" names '\($0)', which does not exist" }
                    ?? "there is no \(directory)/handler.lua; write one that returns a function, or name another file "
                    + "in \"scriptFile\"")
        }
        return "\(directory)/\(script)"
    }

    /// The text of a top-level member. The host respects the case of these names.
    private func string(_ key: String, of tree: JSONTree) throws(Problem) -> String? {
        guard let value = tree[key], !value.string.isEmptyText else { return nil }
        guard let text = value.string else {
            throw Problem(file, at: value.place, "\"\(key)\" must be a string, not \(value.kind)")
        }
        return text
    }

    private func limits(_ tree: JSONTree) throws(Problem) -> Function.Limits {
        guard let lua = tree["lua"] else { return Function.Limits() }
        guard let members = lua.members else {
            throw Problem(file, at: lua.place, "\"lua\" must be an object such as { \"timeLimit\": \"10s\" }")
        }
        var limits = Function.Limits()
        for member in members {
            let written = member.tree.string ?? member.tree.integer.map { String($0) } ?? ""
            switch member.name {
            case "memoryLimit":
                guard let bytes = ByteCount.parse(written), bytes >= ByteCount.leastMemoryLimit else {
                    throw Problem(
                        file, at: member.tree.place, "\"memoryLimit\" must be a size such as \"32MB\", at least 1MB")
                }
                limits.memory = bytes
            case "timeLimit":
                guard let time = TimeLimit.parse(written) else {
                    throw Problem(
                        file, at: member.tree.place, "\"timeLimit\" must be a time such as \"10s\" or \"500ms\"")
                }
                limits.time = time
            default:
                throw Problem(
                    file, at: member.tree.place,
                    "\"lua\" has no setting '\(member.name)'; there are memoryLimit and timeLimit")
            }
        }
        return limits
    }

}

extension String? {
    fileprivate var isEmptyText: Bool { self?.isEmpty == true }
}
