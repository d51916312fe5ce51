import FunctionsModel
import HTTP
import HTTP1
import JSON
import Lua

/// `http.file(path, { root = "public" })`: the response with a file of the app.
enum FileResponses {
    /// Adds `file` to the module `http`, which is on top of the stack. Most functions never call it, so what it needs
    /// is opened at the first call. [0]
    static func install(_ stack: LuaStack, _ scope: FunctionVM.Scope) throws(LuaError) {
        stack.pushLate { stack throws(LuaError) in try open(onto: stack, scope) }
        try Modules.run(stub, arguments: 2, onto: stack)
    }

    private static let stub = LuaChunk(
        """
        local http, file, wrap = ...
        rawset(http, "file", wrap(function(...) return file()(http, ...) end))
        return http
        """, hasLines: false)

    private static func open(onto stack: LuaStack, _ scope: FunctionVM.Scope) throws(LuaError) {
        stack.push(function: "file") { stack throws(LuaError) in
            let request = try request(on: stack, scope)
            try stack.demand(Stretch.bytes)
            return stack.wait(for: Wait.file(request))
        }
        FileHandles.pushPiece(onto: stack, scope)
        stack.push(function: "body") { stack throws(LuaError) in
            guard let metatables = scope.metatables else { return 0 }
            if metatables.fileBody == nil {
                stack.pushTable(hash: 2)
                stack.push("http.file" as StaticString)
                stack.setField("__name", of: -2)
                stack.push(false)
                stack.setField("__metatable", of: -2)
                metatables.fileBody = stack.reference()
            }
            let length = Array("\(stack.integer(at: 2) ?? 0)".utf8)
            stack.setCount(1)
            stack.pushBlock(length.span.bytes, values: 1)
            if let mark = metatables.fileBody {
                stack.push(mark)
                stack.setMetatable()
            }
            return 1
        }
        try Modules.run(chunk, arguments: 3, onto: stack)
    }

    /// A large file is read piece by piece while it is sent. In a payload, which the host takes only as a whole, the
    /// whole file is read first.
    private static let chunk = LuaChunk(
        #"""
        local serve, piece, file_body, _, fail = ...
        local concat, error, len = table.concat, error, utf8.len

        return function(http, path, options)
            local status, headers, body, place, version, start, length, isPayload = serve(path, options)
            if not status then return nil, headers, "file" end
            if not body then
                local function write_all(write)
                    local at, last = start, start + length
                    while at < last do
                        local bytes, message = piece(place, version, at, last - at)
                        if not bytes then error(message, 0) end
                        at = at + #bytes
                        write(bytes)
                    end
                end
                if isPayload then
                    local pieces = {}
                    write_all(function(bytes) pieces[#pieces + 1] = bytes end)
                    body = concat(pieces)
                else
                    body = file_body(write_all, length)
                end
            end
            if isPayload and not len(body) then
                fail("http.file: " .. place .. " is not text, and the host sends only text from a payload; set "
                    .. '"enableForwardingHttpRequest" or "enableProxyingHttpRequest" in the "customHandler" of host.json')
            end
            return http.response { statusCode = status, headers = headers, body = body }
        end
        """#)

    // MARK: The request

    private static let members = ["root", "index"]

    private static func request(on stack: LuaStack, _ scope: FunctionVM.Scope) throws(LuaError) -> FileRequest {
        guard stack.type(at: 1) != .table else {
            throw .message("http.file takes the path first: http.file(path, { root = \"public\" })")
        }
        guard stack.isNil(at: 1) || stack.type(at: 1) == .string else { throw stack.wrongArgument(1, "string") }
        guard stack.type(at: 2) == .table else {
            throw .message("http.file needs the folder that it may serve: http.file(path, { root = \"public\" })")
        }
        try stack.checkMembers(of: 2, members, "http.file has no option")
        stack.pushField("root", of: 2)
        guard let root = stack.string(at: -1, upTo: AppFiles.pathLimit + 1) else {
            throw .message("http.file needs the folder that it may serve: http.file(path, { root = \"public\" })")
        }
        stack.pushField("index", of: 2)
        var index: String? = "index.html"
        switch stack.type(at: -1) {
        case .nil: break
        case .string: index = stack.string(at: -1, upTo: AppFiles.pathLimit + 1)
        case .boolean where !stack.boolean(at: -1): index = nil
        default: throw .message("http.file: index must be the name of a file, or false")
        }
        if let name = index, name.isEmpty || name.contains("/") {
            throw .message("http.file: index must be the name of a file, or false")
        }
        // A path that is too long is found nowhere.
        let path = stack.string(at: 1, upTo: AppFiles.pathLimit + 1) ?? ""
        return FileRequest(files: scope.files, work: .serve(path, root: root, index: index))
    }

    // MARK: The response

    /// Pushes the status, the headers and the body. If the file is larger than its first piece, the body is nil; its
    /// path, its version, the range to send, and whether it must be read as a whole follow.
    static func push(
        _ file: DataFile, name: String, tag: String, first: [UInt8], onto stack: LuaStack, _ scope: FunctionVM.Scope
    ) throws(LuaError) -> Int {
        try stack.demand(first.count)
        let isPayload = scope.running?.invocation?.wire.isPayload ?? false
        let answer = FileAnswer(conditions(scope), size: file.size, tag: tag)
        stack.push(Int64(answer.status))
        stack.pushTable(hash: 4)
        func header(_ name: StaticString, _ value: String?) {
            guard let value else { return }
            stack.push(value)
            stack.setField(name, of: -2)
        }
        header("etag", tag)
        // A payload is sent as a whole.
        header("accept-ranges", isPayload ? nil : "bytes")
        header("content-range", answer.contentRange(size: file.size))
        guard let range = answer.range else {
            stack.push("" as StaticString)
            return 3
        }
        header("content-type", ContentTypes.type(of: name))
        if range.upperBound <= first.count {
            stack.push(bytes: first.span.bytes.extracting(range))
        } else {
            stack.pushNil()
        }
        stack.push(file.path)
        stack.push(file.version)
        stack.push(Int64(range.lowerBound))
        stack.push(Int64(range.count))
        stack.push(isPayload)
        return 8
    }

    static func pushNotFound(onto stack: LuaStack) -> Int {
        stack.push(Int64(404))
        stack.pushTable(hash: 1)
        stack.push("text/plain; charset=utf-8" as StaticString)
        stack.setField("content-type", of: -2)
        stack.push("Not Found\n" as StaticString)
        return 3
    }

    /// What the running invocation's request says about the file.
    private static func conditions(_ scope: FunctionVM.Scope) -> FileAnswer.Conditions {
        guard let invocation = scope.running?.invocation else { return .init() }
        let request = invocation.request
        guard invocation.wire.isPayload else {
            return .init(
                method: request.method, ifNoneMatch: request.values("if-none-match"),
                ifRange: request.values("if-range"), range: request.values("range"))
        }
        // A request for a file has no body, or a short one.
        let body = request.body
        guard body.count <= Stretch.bytes, let payload = try? JSONTree.parse(body.span.bytes),
            let trigger = scope.function.trigger?.name, let own = payload["Data"]?[trigger]
        else { return .init() }
        let lines = own["Headers"]?.member(anyCase: "if-none-match")
        return .init(
            method: HTTPMethod(own["Method"]?.string ?? "GET"),
            ifNoneMatch: lines.map { $0.elements?.compactMap(\.string) ?? [$0.string ?? ""] } ?? [])
    }
}

extension FileReply {
    /// Pushes the results of the call that waited for them. Returns their number.
    func push(onto stack: LuaStack, _ scope: FunctionVM.Scope) throws(LuaError) -> Int {
        switch self {
        case .misuse(let message): throw .message(message)
        case .notFound: return FileResponses.pushNotFound(onto: stack)
        case .failure(let path, let error, let placed):
            if let placed, error.isMissing { scope.noteData(placed, version: nil) }
            stack.pushNil()
            stack.push("\(path): \(error.reason)")
            stack.push(Int64(error.code))
            return 3
        case .piece(let bytes):
            try stack.demand(bytes.count)
            stack.push(bytes: bytes)
            return 1
        case .opened(let file, let first):
            scope.noteData(file.path, version: file.version)
            try stack.demand(first.count)
            stack.push(file.path)
            stack.push(file.version)
            stack.push(Int64(file.size))
            stack.push(bytes: first)
            return 4
        case .served(let file, let name, let tag, let first):
            scope.noteData(file.path, version: file.version)
            return try FileResponses.push(file, name: name, tag: tag, first: first, onto: stack, scope)
        }
    }
}
