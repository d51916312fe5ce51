import FunctionsModel
import Lua

/// Adds to a message of Lua what its author should write instead.
///
/// It looks only at a failure that is about to be reported. The code of scripts, and what `pcall` returns to them, stay
/// as they are.
struct Advice {
    let function: Function
    let metatables: Metatables
    /// luafunc's modules that the VM has opened.
    let modules: [String: LuaReference]
    /// The text of a file; nil if the function's code has not read it. A script can put any name into a message.
    let text: (String) -> [UInt8]?

    /// - Parameters:
    ///   - thread: the thread that has failed, with its frames and with room on its stack; nil for a message that the
    ///     script has returned, or of a script that does not compile.
    ///   - joined: the recursion of a task whose error the thread may have raised again.
    func extend(_ message: String, of thread: LuaThread?, joined: Recursion? = nil) -> String {
        let end = message.firstIndex(of: "\n") ?? message.endIndex
        let site = ErrorSite(message[..<end], thread)
        var line = site.places.map { $0 + ": " }.joined() + site.reason
        if let advice = advice(on: site, thread, joined) { line += "; " + advice }
        return line + message[end...]
    }

    private func advice(on site: ErrorSite, _ thread: LuaThread?, _ joined: Recursion?) -> String? {
        let reason = site.reason
        if reason.hasSuffix("stack overflow") {
            // The calls of a coroutine, and those that 'pcall' has ended, are gone.
            return (thread.flatMap { Recursion($0) } ?? joined)?.overflow(isOfC: reason == "C stack overflow")
                ?? "calls are nested too deeply: check what ends the recursion"
        }
        if reason.hasPrefix("attempt to compare "),
            reason.hasSuffix("number with string") || reason.hasSuffix("string with number")
        {
            return "tonumber(text) makes a number of a text"
        }
        if let complaint = Complaint(reason) { return advice(on: complaint, site) }
        if let advice = colon(site) { return advice }
        if reason.hasPrefix("bad argument #"), reason.hasSuffix("got nil)") {
            return chains(of: site).lazy.compactMap { chain in
                isInputs(chain, site) ? absentInput(chain) : nil
            }.first
        }
        return Self.syntax(reason, source: site.source(text))
    }

    private func advice(on complaint: Complaint, _ site: ErrorSite) -> String? {
        let name = complaint.name
        if complaint.kind == "global" { return complaint.type == "nil" ? Self.global(name, in: function) : nil }
        if complaint.kind == "method", complaint.type == "nil", let advice = OlderLua.members["string.\(name)"] {
            return advice
        }
        if ["local", "upvalue"].contains(complaint.kind) {
            return complaint.type == "nil" ? assigned(name, site) : calledModule(complaint, site)
        }
        for chain in chains(of: site) where chain.names.dropFirst().contains(name) {
            if complaint.type == "nil", let advice = standardMember(chain, site) ?? context(chain, name, site) {
                return advice
            }
            let isInputs = isInputs(chain, site)
            if isInputs, complaint.type == "nil", chain.names[1] == name, let advice = absentInput(chain) {
                return advice
            }
            // The place in the chain of a request's member.
            let member: Int
            if isInputs, chain.names.count > 2, chain.names[1] == function.trigger?.name {
                member = 2
            } else if site.withVariable(chain.names[0], isRequest) == true {
                member = 1
            } else {
                continue
            }
            if let advice = requestMember(member, of: chain, complaint) { return advice }
        }
        return complaint.kind == "method" && complaint.type == "nil" ? absentMethod(name, site) : nil
    }

    func chains(of site: ErrorSite) -> [NameChain] {
        NameChain.all(in: site.source(text)).filter { $0.names.count > 1 }
    }

    // MARK: Globals

    static func global(_ name: String, in function: Function?) -> String? {
        if Modules.openers[name] != nil { return "write local \(name) = require \"\(name)\"" }
        if let advice = OlderLua.globals[name] ?? elsewhere[name] { return advice }
        if let number = arguments.firstIndex(of: name) {
            return "\(name) is the handler's \(["first", "second", "third"][number]) argument: "
                + "return function(\(arguments[...number].joined(separator: ", "))) … end"
        }
        guard let function, function.inputs.contains(where: { $0.name == name }) else { return nil }
        return "the input '\(name)' is data.\(name), and data is the handler's first argument"
    }

    private static let arguments = ["data", "metadata", "context"]

    /// Global variables of other libraries and languages.
    private static let elsewhere = [
        "cjson": "write local cjson = require \"json\"", "dkjson": "write local dkjson = require \"json\"",
        "console": "print(…) writes to the log",
        "fetch": "write local http = require \"http\", and http.get(url)",
        "sleep": "write local task = require \"task\", and task.sleep(seconds)",
    ]

    // MARK: The handler's arguments

    /// Whether a chain begins with the table of inputs, which is the handler's first argument.
    func isInputs(_ chain: NameChain, _ site: ErrorSite) -> Bool {
        site.withVariable(chain.names[0]) { stack in
            guard stack.type(at: -1) == .table else { return false }
            guard function.isHTTP, let trigger = function.trigger?.name else { return site.isFirstArgument(stack) }
            let present = function.inputs.count { input in
                defer { stack.pop() }
                return stack.pushField(input.key, of: -1) != .nil
            }
            guard stack.countPairs(at: -1, upTo: present + 1) == present else { return false }
            stack.pushField(trigger, of: -1)
            defer { stack.pop() }
            return isRequest(stack)
        } ?? false
    }

    private func isRequest(_ stack: LuaStack) -> Bool {
        guard stack.type(at: -1) == .table, metatables.pushURL(ofRequest: stack.count, on: stack) else { return false }
        stack.pop()
        return true
    }

    /// What to write instead of a member of the table of inputs that does not exist.
    func absentInput(_ chain: NameChain) -> String? {
        let (table, name) = (chain.names[0], chain.names[1])
        let inputs = function.inputs.map(\.name)
        guard !inputs.contains(name), let trigger = function.trigger?.name else { return nil }
        let isMember = RequestMethods.members.contains { $0.lowercased() == name.lowercased() }
        if function.isHTTP, isMember || RequestMethods.calls[name] != nil {
            return table == trigger
                ? "the first argument holds the input bindings by name: write function(data), and the request is "
                    + "data.\(trigger)"
                : "the first argument holds the input bindings by name; the request is \(table).\(trigger)"
        }
        if function.outputs.contains(where: { $0.name == name }) {
            return "'\(name)' is an output: return { \(name) = … }"
        }
        let meant =
            NearestName.find(name, among: inputs) ?? inputs.first { name.hasPrefix($0) }
            ?? (inputs.count == 1 ? inputs.first : nil)
        return (function.isServer ? "the inputs are: " : "function.json names the inputs: ")
            + inputs.map { "'\($0)'" }.joined(separator: ", ")
            + (meant.map { " (did you mean \(table).\($0)?)" } ?? "")
    }

    /// Advice about the member of a request with this position in a chain.
    private func requestMember(_ position: Int, of chain: NameChain, _ complaint: Complaint) -> String? {
        let request = chain.text(upTo: position)
        let (member, rest) = (chain.names[position], chain.names[(position + 1)...])
        if complaint.type == "function", member == complaint.name, let call = RequestMethods.calls[member] {
            return "\(member) is a method: write \(request)\(call.dropFirst(3))"
        }
        if complaint.type == "nil", complaint.attempt == "call", member == complaint.name,
            !RequestMethods.members.contains(member)
        {
            return AbsentMethod.sentence(member, of: .request, called: request)
        }
        guard complaint.type == "nil", member == "Body" else { return nil }
        if complaint.name == "Body" { return "the request has no body" }
        return rest.first == complaint.name ? "Body is text; \(request):json() decodes it" : nil
    }

    /// A warning about a handler whose first argument is called like the request and used like it. No error would say
    /// so, because Lua reads an absent field as nil.
    ///
    /// - Parameters:
    ///   - parameter: the name of the argument.
    ///   - text: the script.
    func misreading(_ parameter: String?, in text: [UInt8]) -> String? {
        guard let parameter, function.isHTTP, let trigger = function.trigger?.name,
            ["req", "request", trigger].contains(parameter)
        else {
            return nil
        }
        func isWritten(_ words: String) -> Bool {
            let words = Array(words.utf8)
            return text.indices.contains { text[$0] == words[0] && text[$0...].starts(with: words) }
        }
        guard !isWritten("\(parameter).\(trigger)"), !isWritten("\(parameter)["),
            let member = (RequestMethods.members.map { ".\($0)" } + RequestMethods.calls.keys.map { ":\($0)" }).sorted()
                .first(where: { isWritten(parameter + $0) })
        else {
            return nil
        }
        return
            "\(function.script): the handler's first argument holds the input bindings by name, so \(parameter)\(member) "
            + "is nil; write function(data), and data.\(trigger)\(member)"
    }

    // MARK: Syntax

    /// What Lua writes for the operators of other languages.
    static func syntax(_ reason: Substring, source: @autoclosure () -> String) -> String? {
        guard reason.suffix(60).index(of: " near ") != nil else { return nil }
        if reason.hasPrefix("function arguments expected") {
            return "a method is called with parentheses, as in data.req:json()"
        }
        if reason == "'then' expected near '='" || reason == "'do' expected near '='" { return "Lua compares with ==" }
        let source = source()
        return operators.first { mark, written, _ in
            reason.hasSuffix("near '\(mark)'") && source[...].index(of: written) != nil
        }?.advice
    }

    private static let operators: [(mark: String, written: String, advice: String)] = [
        ("!", "!=", "Lua writes ~= for !="), ("!", "!", "Lua writes not for !"), ("&", "&&", "Lua writes and for &&"),
        ("|", "||", "Lua writes or for ||"), ("+", "+=", "Lua has no +=; write x = x + 1"),
        ("-", "-=", "Lua has no -=; write x = x - 1"), ("+", "++", "Lua has no ++; write x = x + 1"),
        ("//", "//", "a comment begins with --"),
    ]
}
