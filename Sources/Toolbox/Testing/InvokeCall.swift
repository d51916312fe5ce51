import CustomHandler
import DevHost
import FoundationEssentials
import FunctionsModel
import HTTP
import HTTP1
import JSON
import Lua

/// The arguments of `invoke(name, event)` in a test.
struct InvokeCall: Sendable {
    let function: Function
    private var parts = FunctionEvent.Parts()
    private var inputs: [String: FunctionRun.InputValue] = [:]
    /// A whole payload, in place of one that is made.
    private var payload: [UInt8]?

    private static let options = [
        "body", "headers", "input", "inputs", "isPastDue", "metadata", "method", "params", "payload", "query", "url",
    ]

    /// Reads the arguments at 1 and 2. [0]
    init(on stack: LuaStack, of app: FunctionApp) throws(LuaError) {
        guard stack.type(at: 1) == .string, let name = stack.string(at: 1, upTo: 1000) else {
            throw .message("invoke takes the name of a function and its event: invoke(\"order\", { body = { … } })")
        }
        guard let function = app.functions[name] else {
            if let problem = app.broken[name] { throw .message("the function '\(name)' cannot run: \(problem)") }
            throw .message(
                "the app has no function '\(name)'\(NearestName.question(name, among: app.names)); there are "
                    + app.names.joined(separator: ", "))
        }
        self.function = function
        let level = stack.count
        defer { stack.setCount(level) }
        switch stack.type(at: 2) {
        case .nil, .none: break
        case .string, .number: parts.input = try Self.bytes(at: 2, of: stack, "the input")
        case .table: try read(stack)
        case let other: throw .message("invoke: the event must be text or a table, not a \(other.name)")
        }
    }

    private mutating func read(_ stack: LuaStack) throws(LuaError) {
        try stack.checkMembers(of: 2, Self.options, "invoke has no option")
        if stack.pushField("input", of: 2) != .nil { parts.input = try Self.bytes(at: -1, of: stack, "input") }
        if stack.pushField("payload", of: 2) != .nil {
            payload = try Self.bytes(at: -1, of: stack, "payload")
            for name in Self.options where name != "payload" {
                guard stack.pushField(name, of: 2) == .nil else {
                    throw .message("invoke: payload is the whole event; leave out \(name)")
                }
                stack.pop()
            }
        }
        if let method = try Self.text("method", of: stack) {
            try Self.fit { () throws(EventError) in try parts.setMethod(method) }
        }
        if let url = try Self.text("url", of: stack) { try readURL(url) }
        if stack.pushField("headers", of: 2) != .nil {
            try Self.forEachPair("headers", of: stack) { (name, value) throws(LuaError) in
                guard HTTPFields.isValidName(name) else {
                    throw .message("invoke: '\(name)' is not the name of a header")
                }
                try Self.fit { () throws(EventError) in try parts.addHeader("\(name): \(value)") }
            }
        }
        if stack.pushField("params", of: 2) != .nil {
            try Self.forEachPair("params", of: stack) { parts.parameters.set($0, $1) }
        }
        if stack.pushField("query", of: 2) == .table {
            var pairs: [String] = []
            try Self.forEachPair("query", of: stack) {
                pairs.append("\(PercentEncoding.encode($0))=\(PercentEncoding.encode($1))")
            }
            parts.query = pairs.sorted().joined(separator: "&")
        } else if let query = try Self.text("query", of: stack) {
            try setQuery(query)
        }
        if stack.pushField("body", of: 2) != .nil {
            parts.body = try Self.bytes(at: -1, of: stack, "body")
            if stack.type(at: -1) == .table, !parts.fields.contains("content-type") {
                parts.fields.add("Content-Type", "application/json")
            }
        }
        if stack.pushField("inputs", of: 2) != .nil { try readInputs(stack) }
        if stack.pushField("metadata", of: 2) != .nil { try readMetadata(stack) }
        if stack.pushField("isPastDue", of: 2) != .nil {
            guard stack.type(at: -1) == .boolean else { throw .message("invoke: isPastDue must be true or false") }
            parts.isPastDue = stack.boolean(at: -1)
        }
    }

    /// Reads the values of the event's metadata, which are on top. [0]
    private mutating func readMetadata(_ stack: LuaStack) throws(LuaError) {
        guard stack.type(at: -1) == .table else {
            throw .message("invoke: metadata must be a table of names and values")
        }
        stack.expandDeferred(at: -1)
        try stack.forEachPair(at: -1) { () throws(LuaError) in
            guard stack.type(at: -2) == .string, let name = stack.string(at: -2, upTo: 1000) else {
                throw .message("invoke: the names in metadata must be text")
            }
            let json: String
            switch stack.type(at: -1) {
            case .string: return parts.metadata.append((name, .string(stack.string(at: -1) ?? "")))
            case .number: json = stack.numberText(at: -1) ?? ""
            case .table:
                json = String(decoding: try Self.bytes(at: -1, of: stack, "metadata.\(name)"), as: UTF8.self)
            case let other:
                throw .message("invoke: metadata.\(name) must be text, a number or a table, not a \(other.name)")
            }
            guard let value = try? NewtonsoftValue(json: json, as: .parser, zone: nil) else {
                throw .message("invoke: metadata.\(name) cannot be sent as JSON")
            }
            parts.metadata.append((name, value))
        }
    }

    private mutating func readURL(_ url: String) throws(LuaError) {
        // A caller does not send the fragment.
        var rest = url.prefix { $0 != "#" }
        // In a query, these characters may begin a value.
        if let scheme = rest.firstRange(of: "://"), !rest[..<scheme.lowerBound].contains("?") {
            let authority = rest[scheme.upperBound...].prefix { $0 != "/" && $0 != "?" }
            try Self.fit { () throws(EventError) in try parts.addHeader("Host: \(authority)") }
            rest = rest[authority.endIndex...]
        }
        let mark = rest.firstIndex(of: "?")
        let path = rest[..<(mark ?? rest.endIndex)]
        try Self.fit { () throws(EventError) in try parts.setPath(path.isEmpty ? "/" : String(path)) }
        if let mark { try setQuery(String(rest[rest.index(after: mark)...])) }
    }

    private mutating func setQuery(_ query: String) throws(LuaError) {
        try Self.fit { () throws(EventError) in try parts.setQuery(query) }
    }

    private static func fit(_ change: () throws(EventError) -> Void) throws(LuaError) {
        do throws(EventError) {
            try change()
        } catch {
            throw .message("invoke: \(error)")
        }
    }

    /// Reads the values of other input bindings, which are on top. [0]
    private mutating func readInputs(_ stack: LuaStack) throws(LuaError) {
        guard stack.type(at: -1) == .table else { throw .message("invoke: inputs must be a table of names and values") }
        let names = function.inputs.filter { !$0.isTrigger }.map(\.name)
        stack.expandDeferred(at: -1)
        try stack.forEachPair(at: -1) { () throws(LuaError) in
            let name = stack.type(at: -2) == .string ? stack.string(at: -2, upTo: 1000) ?? "" : ""
            guard names.contains(name) else {
                let known =
                    names.isEmpty ? "it has none besides its trigger" : "there are " + names.joined(separator: ", ")
                throw .message(
                    "invoke: '\(function.name)' has no input '\(name)'\(NearestName.question(name, among: names)); \(known)"
                )
            }
            let bytes = try Self.bytes(at: -1, of: stack, "inputs.\(name)")
            if stack.type(at: -1) == .string {
                inputs[name] = .bytes(bytes)
            } else if let value = try? NewtonsoftValue(
                json: String(decoding: bytes, as: UTF8.self), as: .parser, zone: nil)
            {
                inputs[name] = .json(value)
            }
        }
    }

    // MARK: Values

    private static func text(_ name: String, of stack: LuaStack) throws(LuaError) -> String? {
        guard stack.pushField(name, of: 2) != .nil else { return nil }
        guard stack.type(at: -1) == .string, let text = stack.string(at: -1, upTo: 64 << 10) else {
            throw .message("invoke: \(name) must be text, not a \(stack.type(at: -1).name)")
        }
        return text
    }

    /// A text as it is, and a table as JSON. [0]
    private static func bytes(at index: Int, of stack: LuaStack, _ what: String) throws(LuaError) -> [UInt8] {
        if let bytes = stack.bytes(at: index) { return bytes }
        let writer = JSONWriter(for: stack.owner)
        do throws(JSONError) {
            try writer.append(at: index, of: stack)
        } catch {
            if case .unwritable(.timeLimit, _) = error { throw .timeLimit }
            throw .message("invoke: \(what): \(error)")
        }
        try stack.demand(writer.count)
        return writer.bytes(from: 0)
    }

    /// Reads the table on top, whose values are texts, numbers and booleans. [0]
    private static func forEachPair(
        _ name: String, of stack: LuaStack, _ body: (String, String) throws(LuaError) -> Void
    ) throws(LuaError) {
        guard stack.type(at: -1) == .table else { throw .message("invoke: \(name) must be a table of names and texts") }
        stack.expandDeferred(at: -1)
        try stack.forEachPair(at: -1) { () throws(LuaError) in
            guard stack.type(at: -2) == .string, let key = stack.string(at: -2, upTo: 64 << 10) else {
                throw .message("invoke: the names in \(name) must be text")
            }
            let value: String
            switch stack.type(at: -1) {
            case .string: value = stack.string(at: -1, upTo: 1 << 20) ?? ""
            case .number: value = stack.numberText(at: -1) ?? ""
            case .boolean: value = stack.boolean(at: -1) ? "true" : "false"
            case let other: throw .message("invoke: \(name).\(key) must be text, not a \(other.name)")
            }
            try body(key, value)
        }
    }

    // MARK: Running

    /// The event that the host would send.
    ///
    /// - Parameter time: the time of the test's clock.
    func event(in app: FunctionApp, at time: Double) throws(LuaError) -> FunctionEvent {
        do {
            if let payload { return try .recorded(payload) }
            return try .sample(of: function, in: app, parts, now: Date(timeIntervalSince1970: time))
        } catch {
            throw .message("invoke: \(error)")
        }
    }

    /// - Parameter time: the time of the test's clock.
    func run(_ event: FunctionEvent, _ app: InProcessApp, at time: Double) async -> RunResult {
        var run = FunctionRun(of: function, in: app.app)
        run.time = time
        run.inputs = inputs
        return await run.run(event, through: app)
    }
}
