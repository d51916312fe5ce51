import JSON

/// Checks the function.json of one function after another.
struct FunctionCheck {
    private(set) var findings: [Finding] = []
    private let app: FunctionApp
    private let schemas: BindingSchemas
    /// The names of the properties of all types.
    private let properties: [String]
    private let usesOldBundle: Bool

    // The function at hand.
    private var name = ""
    private var file = ""

    init(_ app: FunctionApp) {
        self.app = app
        schemas = BindingSchemas(app.conditions.types)
        properties = schemas.allProperties
        let version = app.host.tree.member(anyCase: "extensionBundle")?.member(anyCase: "version")?.string ?? ""
        usesOldBundle = version.first { $0.isNumber }.map { "123".contains($0) } ?? false
    }

    mutating func check(_ name: String) {
        self.name = name
        let folder = app.layout.folder(of: name)
        file = "\(folder)/function.json"
        var tree: JSONTree?
        var problems: [Problem] = []
        if let text = try? app.files.text(of: file) { tree = try? JSONTree.newtonsoft(text.span.bytes) }
        if let tree, app.broken[name] != nil {
            let reader = FunctionReader(name, in: folder, app.files, prefix: app.host.routePrefix, app.conditions)
            _ = reader.read(tree, &problems)
        }
        if let problem = app.broken[name], !problems.contains(problem) { problems.append(problem) }
        findings += problems.map { Finding(.error, $0, .functionJSON, function: name) }
        findings += (app.functions[name]?.warnings ?? []).map { Finding(.warning, $0, .functionJSON, function: name) }
        guard let tree, tree.members != nil else { return }
        checkTop(tree)
        checkRetry(tree)
        for binding in tree["bindings"]?.elements ?? [] where binding.members != nil { checkBinding(binding) }
    }

    private mutating func add(
        _ severity: Finding.Severity, _ rule: Rule, _ place: JSONTree.Place?, _ message: String, _ remedy: String? = nil
    ) {
        findings.append(Finding(severity, rule, file, at: place, message, remedy: remedy, function: name))
    }

    // MARK: The file

    private static let known = ["bindings", "scriptFile", "entryPoint", "retry", "lua", "disabled"]
    /// What tools write, and the host does not read.
    private static let others: Set = [
        "$schema", "excluded", "generatedBy", "configurationSource", "language", "name", "properties",
        "functionDirectory",
    ]

    private mutating func checkTop(_ tree: JSONTree) {
        for member in tree.members ?? [] where member.name.first?.isLetter == true {
            if member.name == "disabled" {
                let isDisabled = member.tree.flag != false
                add(
                    isDisabled ? .warning : .note, .disabled, member.place,
                    "the host does not read \"disabled\"" + (isDisabled ? ", so the function runs" : ""),
                    "set the app setting AzureWebJobs.\(name).Disabled to true to disable it")
            } else if !Self.known.contains(member.name), !Self.others.contains(member.name) {
                // The reader reports "Bindings".
                guard member.name.lowercased() != "bindings" else { continue }
                let nearest = NearestName.find(member.name, among: Self.known)
                add(
                    .warning, .unknownKey, member.place, "\"\(member.name)\" is not a known setting",
                    nearest.map { "did you mean \"\($0)\"?" } ?? "remove it; there are \(Self.known.readable)")
            }
        }
        let keys = ["AzureWebJobs.\(name).Disabled", "AzureWebJobs_\(name)_Disabled"]
        for key in keys where ["true", "1"].contains(app.conditions.settings[key]?.lowercased()) {
            add(.note, .disabled, nil, "the app setting \(key) disables the function")
        }
    }

    /// The triggers for which the host retries.
    private static let retried: Set = ["timertrigger", "eventhubtrigger", "cosmosdbtrigger", "kafkatrigger"]

    private mutating func checkRetry(_ tree: JSONTree) {
        guard let retry = tree.members?.first(where: { $0.name == "retry" }),
            let trigger = app.functions[name]?.trigger,
            let schema = schemas[trigger.writtenType], !Self.retried.contains(schema.type.lowercased())
        else { return }
        add(
            .warning, .retry, retry.place, "Azure does not document \"retry\" for '\(schema.type)'",
            "a timer, Event Hubs, Cosmos DB or Kafka trigger has it; leave it out here")
    }

    // MARK: Bindings

    private mutating func checkBinding(_ binding: JSONTree) {
        let label = "binding '\(binding.member(anyCase: "name")?.string ?? "")'"
        guard let type = binding.member(anyCase: "type"), let text = type.string, !text.isEmpty else { return }
        guard let schema = schemas[text] else {
            checkUnknownType(text, type.place, binding)
            for member in binding.members ?? [] {
                guard BindingSchema.isCommon(member.name) == false else { continue }
                checkSettings(member.tree, label, member.name)
            }
            return
        }
        checkDirection(binding, schema, label)
        for member in binding.members ?? [] where member.name.first?.isLetter == true {
            guard let property = schema.properties[member.name.lowercased()] else {
                report(unknown: member, schema, label)
                continue
            }
            if let wanted = property.kind.wanted(for: member.tree) {
                add(
                    .error, .wrongValue, member.tree.place,
                    "\(label): \"\(member.name)\" must be \(wanted), not \(member.tree.kind)",
                    KeyCheck.remedy(wanted))
            }
            if let newer = property.newer {
                add(
                    usesOldBundle ? .note : .warning, .oldProperty, member.place,
                    "\(label): \"\(member.name)\" is the name in older versions of the extension bundle",
                    "write \"\(newer)\" for version 4")
            }
            if schema.type != BindingType.httpTrigger.name { checkSettings(member.tree, label, member.name) }
        }
        checkNeeded(binding, schema, label)
        checkConnections(binding, label)
        if schema.type == BindingType.httpTrigger.name { checkRoute(binding, label) }
    }

    private mutating func checkUnknownType(_ type: String, _ place: JSONTree.Place, _ binding: JSONTree) {
        // The reader reports a function without a trigger.
        let isTrigger = BindingType(type).isTrigger
        if !isTrigger, let problem = app.broken[name], problem.rule == .trigger, problem.line == place.line { return }
        guard let nearest = schemas.nearest(to: type) else {
            return add(
                .warning, .bindingType, place, "the type \"\(type)\" is not one that Azure documents",
                "make sure that the app's extension bundle has it")
        }
        add(
            BindingType(nearest).isTrigger ? .error : .warning, .bindingType, place,
            "the host has no built-in type \"\(type)\"",
            "did you mean \"\(nearest)\"?")
    }

    private mutating func checkDirection(_ binding: JSONTree, _ schema: BindingSchema, _ label: String) {
        // The reader reports what no binding may have, and an http output that is none.
        guard let wanted = schema.direction, schema.type != BindingType.http.name else { return }
        let tree = binding.member(anyCase: "direction")
        guard let direction = Binding.Direction(rawValue: tree?.string?.lowercased() ?? "in"), direction != wanted
        else {
            return
        }
        add(
            schema.isComplete ? .error : .warning, .bindingDirection, (tree ?? binding).place,
            "\(label): the type '\(schema.type)' has only the direction \"\(wanted.rawValue)\"",
            "write \"direction\": \"\(wanted.rawValue)\"")
    }

    private mutating func report(unknown member: JSONTree.Member, _ schema: BindingSchema, _ label: String) {
        let nearest =
            NearestName.find(member.name, among: schema.names)
            ?? (schema.isComplete ? NearestName.find(member.name, among: properties) : nil)
        guard nearest != nil || schema.isComplete else { return }
        let own = schema.names.filter { !BindingSchema.isCommon($0) }
        if let nearest, nearest.lowercased() != member.name.lowercased() {
            add(
                .warning, .unknownKey, member.place, "\(label): \"\(member.name)\" is not a known setting",
                "did you mean \"\(nearest)\"?")
        } else {
            add(
                .warning, .unknownKey, member.place,
                "\(label): \"\(member.name)\" is not a property of the type '\(schema.type)'",
                "remove it" + (own.isEmpty ? "" : "; there are \(own.readable)"))
        }
    }

    private mutating func checkNeeded(_ binding: JSONTree, _ schema: BindingSchema, _ label: String) {
        let written = Set(
            (binding.members ?? []).filter { $0.tree.value != .null && $0.tree.string != "" }.map {
                $0.name.lowercased()
            })
        for names in schema.needed where !names.contains(where: { has($0, schema, written) }) {
            let text = names.map { "\"\($0)\"" }.joined(separator: " or ")
            add(
                .error, .missingProperty, binding.place, "\(label): has no \(text)",
                "the type '\(schema.type)' needs it")
        }
        let isTopic = schema.type == BindingType.serviceBusTrigger.name && written.contains("topicname")
        if isTopic, !written.contains("subscriptionname") {
            add(
                .error, .missingProperty, binding.place, "\(label): has no \"subscriptionName\"",
                "a trigger of a topic needs it")
        }
    }

    private func has(_ name: String, _ schema: BindingSchema, _ written: Set<String>) -> Bool {
        schema.spellings(of: name).contains { written.contains($0) }
    }

    // MARK: Values

    private mutating func checkSettings(_ tree: JSONTree, _ label: String, _ property: String) {
        switch tree.value {
        case .string(let text) where text.contains("%"):
            guard let setting = SettingReferences(in: text, app.conditions.settings).unset, setting.isSettingName else {
                return
            }
            add(
                .warning, .unsetSetting, tree.place,
                "\(label): \"\(property)\" needs the app setting \(setting), which is not set here",
                "set it in Azure, and in local.settings.json for runs on this machine, or give it with --settings")
        case .array(let elements): for element in elements { checkSettings(element, label, property) }
        case .object(let members): for member in members { checkSettings(member.tree, label, member.name) }
        default: break
        }
    }

    /// A connection names an app setting, or the beginning of several: `NAME__serviceUri`. Most machines do not have them,
    /// so only a name that is nearly that of another setting is a mistake.
    private mutating func checkConnections(_ binding: JSONTree, _ label: String) {
        let prefix = "AzureWebJobs"
        let known = app.conditions.settings.keys.map { name in
            name.firstRange(of: "__").map { String(name[..<$0.lowerBound]) } ?? name
        }.sorted()
        for member in binding.members ?? [] where Self.connections.contains(member.name.lowercased()) {
            guard let name = member.tree.string, name.isSettingName, !known.contains(name),
                !known.contains(prefix + name), let nearest = NearestName.find(name, among: known)
            else { continue }
            add(
                .warning, .unsetSetting, member.tree.place,
                "\(label): \"\(member.name)\" names the app setting \(name), which is not set here",
                "did you mean \"\(nearest)\"?")
        }
    }

    private static let connections: Set = [
        "connection", "leaseconnection", "connectionstringsetting", "leaseconnectionstringsetting",
    ]

    /// Routes as other frameworks write them: a path matches only if it has these characters.
    private mutating func checkRoute(_ binding: JSONTree, _ label: String) {
        guard let tree = binding.member(anyCase: "route"), let route = tree.string else { return }
        for segment in route.split(separator: "/") {
            let advice: String
            if segment.first == ":", segment.count > 1 {
                advice = "{\(segment.dropFirst())}"
            } else if segment.first == "<", segment.last == ">" {
                advice = "{\(segment.dropFirst().dropLast().split(separator: ":").last ?? "id")}"
            } else if segment == "*" || segment == "**" {
                advice = "{*rest}"
            } else {
                continue
            }
            add(
                .warning, .route, tree.place,
                "\(label): the host takes '\(segment)' in a route as it stands, so only a path with these characters matches",
                "for a parameter write '\(advice)'")
        }
    }
}

extension BindingSchema {
    /// Whether every binding may have the property.
    static func isCommon(_ name: String) -> Bool { empty.properties[name.lowercased()] != nil }

    private static let empty = BindingSchema("", nil, "", isComplete: true)
}

extension String {
    /// Whether a text between percent signs is the name of a setting, and not a part of a text such as a LIKE pattern.
    fileprivate var isSettingName: Bool {
        first.map { $0.isLetter || $0 == "_" } == true
            && unicodeScalars.allSatisfy { scalar in
                scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || "_-.:".unicodeScalars.contains(scalar)
            }
    }
}
