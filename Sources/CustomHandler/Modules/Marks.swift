import EventLoop
import HTTP
import Lua

/// The metatables by which luafunc recognizes its own kinds of tables, made once in each VM.
struct Marks {
    /// `azure.bytes(s)`; the bytes are element 1.
    let bytes: LuaReference
    /// `http.response{…}`.
    let httpResponse: LuaReference
    /// `data.req`, with its methods.
    let request: LuaReference
    /// Runs the function or coroutine that produces a response body.
    private let bodyRunner: LuaReference
    /// The `write(piece)` that the body's function gets.
    private let write: LuaReference
    /// The parts of a caller's own request.
    let tables: RequestTables
    /// `context`, whose costly fields are made on first access.
    let context: LuaReference
    private let contextFiller: TableFiller

    /// The methods of a request, which most functions never use, are made when the first one is read.
    private static let chunk = LuaChunk(
        """
        local methods, tostring = ..., tostring
        local bytes = { __name = "azure.bytes", __metatable = false, __len = function(self) return #self[1] end,
            __tostring = function(self) return self[1] end }
        local response = { __name = "http.response", __metatable = false, __tostring = function(self)
            return "http response " .. tostring(self.statusCode or self.status or 200) .. ": " .. tostring(self.body)
        end }
        local request = { __name = "request", __metatable = false }
        function request.__index(self, name)
            request.__index = methods()
            return request.__index(self, name)
        end
        return { bytes, response, request }
        """, hasLines: false)

    init(_ stack: LuaStack, _ scope: FunctionVM.Scope) throws(LuaFailure) {
        stack.push(function: "methods") { stack throws(LuaError) in
            try Self.pushRequestMethods(onto: stack, scope)
            return 1
        }
        try stack.run(Self.chunk, arguments: 1)
        func element(_ index: Int) -> LuaReference {
            stack.pushElement(index, of: -1)
            return stack.reference()
        }
        bytes = element(1)
        httpResponse = element(2)
        request = element(3)
        stack.pop()
        try stack.run(BodyWriter.chunk, arguments: 0)
        bodyRunner = stack.reference()
        stack.push(function: "write") { stack throws(LuaError) in try BodyWriter.write(on: stack, scope) }
        write = stack.reference()
        tables = RequestTables(stack)
        context = Self.makeContext(on: stack, scope)
        contextFiller = stack.makeFiller { stack, table in Self.fillContext(table, of: stack, scope) }
    }

    /// Whether the value is `azure.bytes(s)` and a script has not replaced its content. [0]
    func isBytes(at index: Int, of stack: LuaStack) -> Bool {
        guard stack.hasMetatable(at: index, bytes) else { return false }
        defer { stack.pop() }
        return stack.pushElement(1, of: index) == .string
    }

    /// Pushes the function that finds the methods of a request; each VM has only one. [+1]
    private static func pushRequestMethods(onto stack: LuaStack, _ scope: FunctionVM.Scope) throws(LuaError) {
        if let methods = scope.requestMethods { return stack.push(methods) }
        stack.push(function: "json") { stack throws(LuaError) in
            // An error here only means that the body is not JSON.
            try Modules.readJSON(on: stack, scope) { error throws(LuaError) in
                stack.pushNil()
                stack.push(error.description)
                return 2
            }
        }
        stack.push(function: "response") { stack throws(LuaError) in
            guard let marks = scope.marks else { throw .message("there is no response before the VM is made") }
            stack.setMetatable(at: 1, marks.httpResponse)
            return 1
        }
        stack.push(function: "query") { stack throws(LuaError) in pushQuery(of: stack) }
        stack.push(function: "cookie") { stack throws(LuaError) in
            let name = try stack.argumentBytes(2)
            let value = stack.withBytes(at: 1) { CookieReader.find(name, in: $0) }
            if let value = value.flatMap(\.self) { stack.push(bytes: value) } else { stack.pushNil() }
            return 1
        }
        stack.push(function: "form") { stack throws(LuaError) in try FormReader.urlEncoded(on: stack) }
        stack.push(function: "parameter") { stack throws(LuaError) in
            let name = try stack.argumentText(2)
            let header =
                stack.withBytes(at: 1) { $0.extracting(first: FormReader.headLimit).withUnsafeBytes { Array($0) } }
                ?? []
            if let value = HeaderParameter.find(name, in: header) { stack.push(bytes: value) } else { stack.pushNil() }
            return 1
        }
        stack.push(function: "form") { stack throws(LuaError) in try FormReader.multipart(on: stack) }
        try Modules.run(RequestMethods.chunk, arguments: 7, onto: stack)
        stack.pushValue(at: -1)
        scope.requestMethods = stack.reference()
    }

    /// `query(url, name, all)`: compares decoded names, with their case.
    private static func pushQuery(of stack: LuaStack) -> Int {
        let listsAll = stack.boolean(at: 3)
        if listsAll { stack.pushTable() }
        var found = 0
        if let name = stack.bytes(at: 2) {
            _ = stack.withBytes(at: 1) { url in
                QueryString.forEachField(of: url) { field, value in
                    guard QueryString.isName(field, name) else { return true }
                    found += 1
                    stack.push(bytes: QueryString.decode(value))
                    if listsAll { stack.setElement(found, of: -2) }
                    return listsAll
                }
            }
        }
        if found == 0, !listsAll { stack.pushNil() }
        return 1
    }

    /// Pushes the function that runs a body, with its two arguments. [+3]
    func pushWriter(_ body: LuaReference, onto stack: LuaStack) {
        stack.push(bodyRunner)
        stack.push(body)
        stack.push(write)
    }

    // MARK: Context

    private static func makeContext(on stack: LuaStack, _ scope: FunctionVM.Scope) -> LuaReference {
        stack.pushTable()
        stack.push(false)
        stack.setField("__metatable", of: -2)
        stack.push(function: "context") { stack throws(LuaError) in
            try pushContextField(of: stack, scope)
            return 1
        }
        stack.setField("__index", of: -2)
        return stack.reference()
    }

    /// Pushes the table `context`, which is filled on first access. [+1]
    func pushContext(of invocation: Invocation, onto stack: LuaStack) {
        invocation.withIdentifiedHead { stack.push(bytes: $0) }
        stack.pushDeferred(contextFiller)
    }

    /// Fills the table `context` from the head of the request on top. [0]
    private static func fillContext(_ table: Int, of stack: LuaStack, _ scope: FunctionVM.Scope) {
        let fields = RequestTables.named(headers: stack.bytes(at: -1) ?? [])
        func set(_ field: StaticString, _ value: [UInt8]?) {
            guard let value else { return }
            stack.push(bytes: value)
            stack.setField(field, of: table)
        }
        set("invocationId", fields.values(HTTPRequest.invocationID)?.last)
        stack.push(scope.function.name)
        stack.setField("functionName", of: table)
        set("hostVersion", fields.values(HTTPRequest.hostVersion)?.first)
        set("traceparent", fields.values(HTTPRequest.traceparent)?.first)
        if let context = scope.marks?.context { stack.setMetatable(at: table, context) }
    }

    /// Makes a field of `context` on first access, from the running invocation. A context kept after its own invocation
    /// has none of these fields.
    private static func pushContextField(of stack: LuaStack, _ scope: FunctionVM.Scope) throws(LuaError) {
        stack.pushField("invocationId", of: 1)
        let owner = stack.string(at: -1)
        stack.pop()
        guard let field = stack.string(at: 2), let running = scope.running, let invocation = running.invocation,
            invocation.id == owner
        else {
            return stack.pushNil()
        }
        switch field {
        case "log":
            try Modules.open("log", onto: stack, scope)
        case "payload":
            guard let payload = invocation.payload else { return stack.pushNil() }
            stack.push(bytes: payload)
        case "bindings":
            let trees = JSONTree(.array(scope.function.bindings.map(\.tree)), line: 1)
            pushTree(trees, onto: stack)
        case "retry":
            guard let payload = invocation.payload else { return stack.pushNil() }
            pushRetry(payload, onto: stack)
        case "deadline":
            pushDeadline(onto: stack, scope)
        default:
            return stack.pushNil()
        }
        stack.pushValue(at: -1)
        stack.setField(field, of: 1)
    }

    /// Pushes the function `deadline`, which returns the seconds left to the run that calls it.
    private static func pushDeadline(onto stack: LuaStack, _ scope: FunctionVM.Scope) {
        if let deadline = scope.deadline { return stack.push(deadline) }
        stack.push(function: "deadline") { stack throws(LuaError) in
            let left = scope.running?.deadline.map { ($0 - .now) / .seconds(1) }
            stack.push(left ?? .infinity)
            return 1
        }
        stack.pushValue(at: -1)
        scope.deadline = stack.reference()
    }

    private static func pushTree(_ tree: JSONTree, onto stack: LuaStack) {
        do throws(JSONError) {
            try JSONReader.read(tree.text.utf8Span.span.bytes, onto: stack, nulls: .absent) {
                reader throws(JSONError) in
                try reader.pushValue()
            }
        } catch {
            // The text was written from a tree, so it is always JSON.
            stack.pushNil()
        }
    }

    /// `{ count, max }` from the payload's `Metadata.RetryContext` (host-contract §6.3), or nil.
    private static func pushRetry(_ payload: [UInt8], onto stack: LuaStack) {
        let level = stack.count
        var count: Int64?
        var max: Int64?
        let read: Void? = try? JSONReader.read(payload.span.bytes, onto: stack) { reader throws(JSONError) in
            try reader.forEachMember("a payload") { key, reader throws(JSONError) in
                guard "Metadata" ~= key, try reader.peek() == UInt8(ascii: "{") else { return try reader.skip() }
                try reader.forEachMember("an object") { key, reader throws(JSONError) in
                    guard "RetryContext" ~= key, try reader.peek() == UInt8(ascii: "{") else {
                        return try reader.skip()
                    }
                    try reader.forEachMember("an object") { key, reader throws(JSONError) in
                        let isCount = "RetryCount" ~= key
                        let isMax = "MaxRetryCount" ~= key
                        try reader.pushValue()
                        if isCount { count = stack.integer(at: -1) }
                        if isMax { max = stack.integer(at: -1) }
                        stack.pop()
                    }
                }
            }
        }
        stack.setCount(level)
        guard read != nil, let count, let max else { return stack.pushNil() }
        stack.pushTable(hash: 2)
        stack.push(count)
        stack.setField("count", of: -2)
        stack.push(max)
        stack.setField("max", of: -2)
    }
}
