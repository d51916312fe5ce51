import EventLoop
import FunctionsModel
import HTTP
import Lua

/// The metatables by which luafunc recognizes its own kinds of tables. They are made once in each VM.
final class Metatables {
    /// The mark of `azure.bytes(s)`. The bytes are element 1.
    let bytes: LuaReference
    /// The mark of `http.response{…}`.
    let httpResponse: LuaReference
    /// The mark of `data.req`, which gives it its methods.
    let request: LuaReference
    /// The Lua function that runs the function or coroutine that produces a response body.
    private let bodyRunner: LuaReference
    /// The function `write(piece)` that is passed to a function that produces a body.
    private let write: LuaReference
    /// The filler of a request in a payload.
    let requestFiller: TableFiller
    /// The fillers of the parts of a caller's own request.
    let tables: RequestTables
    let context: ContextTable
    /// The name of the trigger's binding.
    let trigger: LuaReference
    let names: Names
    /// The mark of the body of a large file, which is a block: its bytes are its length as text, and its value is the
    /// function that writes it. nil until `http.file` has made one.
    var fileBody: LuaReference?

    /// The names of members that a handler may return, stored as strings of the VM.
    struct Names {
        let outputs, returnValue, logs: LuaReference
        /// The names of the members of an HTTP response, in the order of `responseMembers`.
        let responseMembers: [LuaReference]
        /// The names of the function's named outputs, in their order.
        let bindings: [LuaReference]

        init(_ stack: LuaStack, _ function: Function) {
            func name(_ text: StaticString) -> LuaReference {
                stack.push(text)
                return stack.reference()
            }
            outputs = name("Outputs")
            returnValue = name("ReturnValue")
            logs = name("Logs")
            responseMembers = CustomHandler.responseMembers.map { member in
                stack.push(member)
                return stack.reference()
            }
            bindings = function.namedOutputs.map { output in
                stack.push(bytes: output.key)
                return stack.reference()
            }
        }
    }

    private static let chunk = LuaChunk(
        """
        local index, tostring = ..., tostring
        local bytes = { __name = "azure.bytes", __metatable = false, __len = function(self) return #self[1] end,
            __tostring = function(self) return self[1] end }
        local response = { __name = "http.response", __metatable = false, __tostring = function(self)
            return "http response " .. tostring(self.statusCode or self.status or 200) .. ": " .. tostring(self.body)
        end }
        return { bytes, response, { __name = "request", __metatable = false, __index = index } }
        """, hasLines: false)

    init(_ stack: LuaStack, _ scope: FunctionVM.Scope) throws(LuaFailure) {
        stack.push(function: "request") { stack throws(LuaError) in try RequestMethods.index(on: stack, scope) }
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
        tables = RequestTables(stack, scope)
        stack.push(scope.function.trigger?.name ?? "req")
        trigger = stack.reference()
        names = Names(stack, scope.function)
        context = ContextTable(stack, scope)
        requestFiller = stack.makeFiller(find: { PayloadReader.findRequestMember(of: $1, on: $0, scope) }) {
            stack, table, place in
            guard let metatables = scope.metatables else { return }
            PayloadReader(function: scope.function, metatables: metatables, stack: stack).fillRequest(
                table, from: place)
        }
    }

    /// Whether the value is `azure.bytes(s)` and a script has not replaced its content. [0]
    func isBytes(at index: Int, of stack: LuaStack) -> Bool {
        guard stack.hasMetatable(at: index, bytes) else { return false }
        defer { stack.pop() }
        return stack.pushElement(1, of: index) == .string
    }

    /// The length of the body of a file; nil for any other value. [0]
    func fileLength(at index: Int, of stack: LuaStack) -> Int? {
        guard let fileBody, stack.type(at: index) == .userdata, stack.hasMetatable(at: index, fileBody) else {
            return nil
        }
        return stack.withBlock(at: index) { $0.withUnsafeBytes { Int(String(decoding: $0, as: UTF8.self)) } } ?? nil
    }

    /// Pushes the function that runs a body, and its two arguments. [+3]
    func pushWriter(_ body: LuaReference, onto stack: LuaStack) {
        stack.push(bodyRunner)
        stack.push(body)
        stack.push(write)
    }
    // MARK: The URL of a request

    /// Pushes the value that holds the URL of the request at `index`, for `withURL`. Returns false, and pushes nothing,
    /// if the value at `index` is not a request or a script has replaced its URL. [+1]
    func pushURL(ofRequest index: Int, on stack: LuaStack) -> Bool {
        if stack.pushSource(of: index, madeBy: tables.request) != nil { return true }
        if let place = stack.pushSource(of: index, madeBy: requestFiller) {
            if case .value = stack.pushMember("Url", of: place) {
                stack.replace(at: -2)
                return true
            }
            stack.pop()
            return false
        }
        guard stack.hasMetatable(at: index, request) else { return false }
        if stack.pushField("Url", of: index) == .string { return true }
        stack.pop()
        return false
    }

    /// Passes the URL, or the part of it that begins with the path, to `body`.
    func withURL(at index: Int, of stack: LuaStack, _ body: (RawSpan) -> Void) {
        if stack.withBytes(at: index, body) == nil {
            _ = stack.withBlock(at: index) { body($0.extracting(RequestTables.target(of: $0))) }
        }
    }
}
