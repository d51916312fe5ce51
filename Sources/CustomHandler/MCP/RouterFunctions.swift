import Crypto
import FoundationEssentials
import FunctionsModel
import Log
import Lua
import MCP
import Synchronization

/// The Lua functions that decide what a request to an MCP server is, and that sign what travels through clients.
enum RouterFunctions {
    // MARK: Routing

    /// Implements `rules(families, hosts, origins, ownHost)`. Returns a table with `admit` and `route`, or nil and what is
    /// wrong with a host or an origin.
    static func rules(on stack: LuaStack, _ scope: FunctionVM.Scope) throws(LuaError) -> Int {
        var families: Families = [.logging]
        for (name, family) in [
            ("tools", Families.tools), ("prompts", .prompts), ("resources", .resources), ("completions", .completions),
        ] {
            stack.pushField(name, of: 1)
            if stack.boolean(at: -1) { families.insert(family) }
            stack.pop()
        }
        if !families.isDisjoint(with: [.tools, .prompts, .resources]) { families.insert(.subscriptions) }
        let own = stack.string(at: 4).map { ["https://\($0)"] } ?? []
        let rules: Rules
        do throws(AllowList.InvalidEntry) {
            let hosts = try texts(at: 2, of: stack).map { names throws(AllowList.InvalidEntry) in try AllowList(names) }
            let origins = try AllowList(texts(at: 3, of: stack) ?? (scope.isBehindHost ? own : []))
            // In Azure, the Functions host has checked the name by which the caller found it.
            rules = Rules(
                hosts: hosts ?? (scope.isBehindHost ? .any : .loopback), origins: origins, families: families)
        } catch {
            stack.pushNil()
            stack.push("'\(error.text)' is neither a host such as example.com nor an origin such as https://a.example")
            return 2
        }
        let ladder = Ladder(rules)
        var older = rules
        older.isLegacyOnly = true
        let olderLadder = Ladder(older)
        Modules.pushTable(
            [
                (
                    "admit",
                    { stack throws(LuaError) in
                        let (host, origin) = (stack.string(at: 2), stack.string(at: 3))
                        let post = Post(method: try stack.argumentText(1)) { $0 == "host" ? host : origin }
                        return ladder.admit(post).map { push($0, onto: stack) } ?? 0
                    }
                ),
                (
                    "route",
                    { stack throws(LuaError) in
                        try route(on: stack, stack.boolean(at: 8) ? olderLadder : ladder)
                    }
                ),
            ], onto: stack)
        return 1
    }

    private static func texts(at index: Int, of stack: LuaStack) -> [String]? {
        guard stack.type(at: index) == .table else { return nil }
        return (0..<stack.length(at: index)).map { position in
            stack.pushElement(position + 1, of: index)
            defer { stack.pop() }
            return stack.string(at: -1) ?? ""
        }
    }

    /// Pushes a response: its status, its body, and the value of `allow` if it has one. [+3]
    private static func push(_ answer: Answer, onto stack: LuaStack) -> Int {
        stack.push(Int64(answer.status))
        if answer.body.isEmpty { stack.pushNil() } else { stack.push(answer.body) }
        if let allow = answer.fields.first(where: { $0.0 == "allow" }) { stack.push(allow.1) } else { stack.pushNil() }
        return 3
    }

    private static let headers = ["accept", "content-type", "mcp-method", "mcp-name", "mcp-protocol-version"]

    /// Implements `route(method, body, …, legacyOnly)`, which gets the values of `headers` as well. Returns a response as
    /// `admit` does; or nil, the list of messages, whether it is a batch, and whether there is a request among them.
    private static func route(on stack: LuaStack, _ ladder: Ladder) throws(LuaError) -> Int {
        var values: [String: String] = [:]
        for (position, name) in headers.enumerated() { values[name] = stack.string(at: position + 3) }
        let post = Post(method: try stack.argumentText(1)) { values[$0] }
        let body = stack.bytes(at: 2) ?? []
        switch ladder.route(post, body: body.span.bytes) {
        case .refused(let answer): return push(answer, onto: stack)
        case .accepted(let delivery):
            stack.pushNil()
            let messages = delivery.responses + delivery.requests
            stack.pushTable(array: messages.count)
            for (position, message) in messages.enumerated() {
                push(message, delivery.revision, body, onto: stack)
                stack.setElement(position + 1, of: -2)
            }
            stack.push(delivery.isBatch)
            stack.push(!delivery.requests.isEmpty)
            return 4
        }
    }

    // MARK: Messages

    /// Pushes a message as a table of texts. What the script may read as values stays JSON. [+1]
    private static func push(_ message: Message, _ revision: Revision, _ body: [UInt8], onto stack: LuaStack) {
        stack.pushTable(hash: 16)
        let set = { (name: StaticString, text: String?) in
            guard let text else { return }
            stack.push(text)
            stack.setField(name, of: -2)
        }
        let setJSON = { (name: StaticString, part: Message.Part?) in
            guard let part else { return }
            stack.push(bytes: body.span.bytes.extracting(part.range))
            stack.setField(name, of: -2)
        }
        set("id", message.id)
        if case .response(let isError) = message.kind {
            stack.push(isError)
            stack.setField("isError", of: -2)
            return setJSON("result", message.content)
        }
        set("method", message.method)
        for (name, member) in texts { set(name, message[member]?.string) }
        // What is not a string is not one of ours either.
        if let cursor = message[.cursor], cursor.string == nil { set("cursor", "?") }
        if let state = message[.requestState], state.string == nil { set("state", "") }
        for (name, member) in values { setJSON(name, message[member]) }
        set("token", message.progressToken)
        set("revision", revision.rawValue)
        stack.push(revision.isModern)
        stack.setField("isModern", of: -2)
        set("level", (revision.isModern ? message[.metaLogLevel] : message[.level])?.string)
        setJSON("client", revision.isModern ? message[.metaClientInfo] : message[.clientInfo])
        setJSON("capabilities", revision.isModern ? message[.metaCapabilities] : message[.capabilities])
    }

    /// The members that the server reads as texts, and those that it decodes, by the names that the chunks use.
    private static let texts: [(StaticString, Message.Member)] = [
        ("name", .name), ("uri", .uri), ("cursor", .cursor), ("state", .requestState),
    ]
    private static let values: [(StaticString, Message.Member)] = [
        ("arguments", .arguments), ("responses", .inputResponses), ("reference", .ref), ("argument", .argument),
        ("context", .context), ("filter", .notifications),
    ]

    /// Implements `fault(name, field, argument)`: what is wrong with the header that repeats an argument, or nothing.
    static func fault(on stack: LuaStack) throws(LuaError) -> Int {
        let value: ParameterHeader.Value
        switch stack.type(at: 3) {
        case .boolean: value = .boolean(stack.boolean(at: 3))
        case .number: value = stack.integer(at: 3).map { .integer($0) } ?? .number(stack.number(at: 3) ?? .nan)
        default: value = .string(stack.string(at: 3) ?? "")
        }
        guard let fault = ParameterHeader.fault(try stack.argumentText(1), stack.string(at: 2), value) else { return 0 }
        stack.push(fault)
        return 1
    }

    /// Implements `template(text)`. Returns a function that returns the variables of a URI, or nil and a reason.
    static func template(on stack: LuaStack) throws(LuaError) -> Int {
        do throws(URITemplate.Mistake) {
            let template = try URITemplate(stack.string(at: 1) ?? "")
            stack.push(function: "match") { stack throws(LuaError) in
                guard let found = template.match(try stack.argumentText(1)) else { return 0 }
                stack.pushTable(hash: found.count)
                for (name, value) in found {
                    stack.push(value)
                    stack.setField(name, of: -2)
                }
                return 1
            }
            return 1
        } catch {
            stack.pushNil()
            stack.push(error.reason)
            return 2
        }
    }

    // MARK: State

    /// The key of a process that has no `MCP_STATE_KEY`.
    private static let processKey = randomBytes(32)
    private static let hasWarned = Atomic(false)
    /// How long a state is valid, in seconds.
    private static let lifetime: Int64 = 600

    /// Implements `signer(key)`. Returns a table with `seal` and `open`, or nil and what is wrong with the key.
    static func signer(on stack: LuaStack, _ scope: FunctionVM.Scope) throws(LuaError) -> Int {
        let text = stack.string(at: 1)
        let given = text.flatMap { Data(base64Encoded: $0) }.map { Array($0) }
        guard text == nil || given.map({ $0.count >= 32 }) == true else {
            stack.pushNil()
            stack.push("MCP_STATE_KEY must be at least 32 bytes in base64; make one: openssl rand -base64 32")
            return 2
        }
        let key = given ?? processKey
        Modules.pushTable(
            [
                (
                    "seal",
                    { stack throws(LuaError) in
                        if given == nil, !hasWarned.exchange(true, ordering: .relaxed) {
                            scope.running?.write(
                                .warning,
                                "MCP_STATE_KEY is not set, so another instance cannot read the state of a question; set it "
                                    + "to the same value on all instances: openssl rand -base64 32")
                        }
                        let state = RequestState.seal(
                            try stack.argumentBytes(1), key: key, boundTo: [try stack.argumentText(2)],
                            expires: Int64(scope.clock.time) + lifetime)
                        guard let state else {
                            throw .message("call:ask can remember at most \(RequestState.payloadLimit >> 10) KB")
                        }
                        stack.push(state)
                        return 1
                    }
                ),
                (
                    "open",
                    { stack throws(LuaError) in
                        let payload = RequestState.open(
                            try stack.argumentText(1), key: key, boundTo: [try stack.argumentText(2)],
                            now: Int64(scope.clock.time))
                        guard let payload else { return 0 }
                        stack.push(bytes: payload)
                        return 1
                    }
                ),
            ], onto: stack)
        return 1
    }
}
