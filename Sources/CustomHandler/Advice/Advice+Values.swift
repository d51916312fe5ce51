import Lua

/// Advice about where a value comes from.
extension Advice {
    // MARK: Variables

    /// Advice about a variable that is nil, from the nearest assignment above the error.
    func assigned(_ name: String, _ site: ErrorSite) -> String? {
        let values = site.lines(text, upTo: Self.linesAbove).lazy.compactMap { Assignment.value(of: name, in: $0) }
        guard let value = values.first?.drop(while: \.isWhitespace), let start = value.first, start.isLetter,
            let chain = NameChain.all(in: String(value)).first
        else {
            return nil
        }
        guard chain.names.count > 1 else {
            let word = chain.names[0]
            return word == name || isGlobal(word, site) ? OlderLua.globals[word] : nil
        }
        if let advice = standardMember(chain, site) { return advice }
        if chain.names == ["io", "open"], isGlobal("io", site) { return Self.opening(value) }
        if chain.names.count == 2, Self.sending.contains(chain.names[1]), module(chain.names[0], site) == "http" {
            let call = chain.text(upTo: 2)
            return "\(call) returns nil and a message when it fails: check it, or write assert(\(call)(…))"
        }
        return isInputs(chain, site) ? absentInput(chain) : nil
    }

    private static let linesAbove = 100
    /// The members of `http` that return nil and a message.
    private static let sending: Set = ["delete", "get", "head", "patch", "post", "put", "request"]

    /// - Parameter call: the text that begins with `io.open`.
    private static func opening(_ call: Substring) -> String {
        let mode = call.prefix { $0 != ")" }.split(separator: ",").dropFirst().last ?? ""
        let isText = mode.contains("'") || mode.contains("\"")
        return isText && mode.contains { "wa+".contains($0) }
            ? "io.open returned nil and the reason; a function cannot write files"
            : "io.open returns nil and the reason if it cannot open a file: write assert(io.open(…))"
    }

    private func isGlobal(_ name: String, _ site: ErrorSite) -> Bool { site.withVariable(name) { _ in } == nil }

    /// Advice about a member that Lua's own libraries do not have.
    func standardMember(_ chain: NameChain, _ site: ErrorSite) -> String? {
        let member = chain.text(upTo: 2)
        guard let advice = OlderLua.members[member] ?? OlderLua.refused[member] else { return nil }
        return isGlobal(chain.names[0], site) ? advice : nil
    }

    /// Advice about a member of a `context` that is none.
    func context(_ chain: NameChain, _ name: String, _ site: ErrorSite) -> String? {
        guard chain.names[0] == "context", chain.names[1] == name else { return nil }
        switch name {
        case "log":
            return (isInputs(chain, site) ? "the first argument holds the inputs; " : "")
                + "context is the handler's third argument: function(data, metadata, context)"
        case "done": return "an invocation is done when the handler returns"
        case "res": return "the response is what the handler returns: return { body = … }"
        default: return nil
        }
    }

    // MARK: Modules

    /// The name of luafunc's module that a variable of the call holds.
    private func module(_ variable: String, _ site: ErrorSite) -> String? {
        site.withVariable(variable) { stack -> String? in
            guard let identity = stack.identity(at: -1) else { return nil }
            return modules.first { module in
                stack.push(module.value)
                defer { stack.pop() }
                return stack.identity(at: -1) == identity
            }?.key
        } ?? nil
    }

    /// Advice about a function of a module that is called like a method.
    func colon(_ site: ErrorSite) -> String? {
        guard site.reason.prefix(200).index(of: "call it with a ") == nil else { return nil }
        return chains(of: site).first { chain in
            guard chain.isMethod, chain.names.count == 2 else { return false }
            return module(chain.names[0], site) != nil && hasFunction(chain.names[1], chain.names[0], site)
        }.map { "call it with a dot: \($0.text(upTo: 2))(…)" }
    }

    private func hasFunction(_ name: String, _ variable: String, _ site: ErrorSite) -> Bool {
        site.withVariable(variable) { stack in
            defer { stack.pop() }
            return stack.pushField(name, of: -1) == .function
        } ?? false
    }

    /// Advice about a module that is called like a function.
    func calledModule(_ complaint: Complaint, _ site: ErrorSite) -> String? {
        let name = complaint.name
        guard complaint.attempt == "call", module(name, site) != nil else { return nil }
        var functions: [String] = []
        _ = site.withVariable(name) { stack in
            stack.forEachPair(at: -1) { () throws(Never) in
                guard stack.type(at: -1) == .function, stack.type(at: -2) == .string else { return }
                if let function = stack.string(at: -2, upTo: 64) { functions.append(function) }
            }
        }
        return "\(name) is a module with the functions "
            + functions.sorted().map { "\(name).\($0)" }.joined(separator: ", ")
    }

    // MARK: Objects

    /// Advice about a method that a task or a response of another server does not have.
    func absentMethod(_ name: String, _ site: ErrorSite) -> String? {
        for chain in chains(of: site) where chain.isMethod && chain.names.count == 2 && chain.names[1] == name {
            let object = site.withVariable(chain.names[0]) { stack -> AbsentMethod? in
                guard stack.type(at: -1) == .table, stack.pushMetatable(of: stack.count) else { return nil }
                defer { stack.pop(3) }
                // No metatable of a script's own is hidden and has one of these names.
                stack.pushField("__metatable", of: -1)
                stack.pushField("__name", of: -2)
                guard stack.type(at: -2) == .boolean else { return nil }
                return stack.string(at: -1, upTo: 16).flatMap { AbsentMethod(rawValue: $0) }
            }
            if let object = object ?? nil { return AbsentMethod.sentence(name, of: object, called: chain.names[0]) }
        }
        return nil
    }
}
