import EventLoop
import FunctionsModel
import HTTP
import HTTP1
import JSON
import Lua

/// Reads `stub.http(pattern, reply)`. The reply is a table, a list of them in order, or a function of the request that
/// returns one.
struct StubReader {
    private let script: TestScript

    init(_ script: TestScript) { self.script = script }

    /// Adds the stub, and pushes its handle: a table whose `calls` are the requests that it got. [+1]
    func add(on stack: LuaStack) throws(LuaError) -> Int {
        guard let pattern = stack.string(at: 1, upTo: 8 << 10), stack.type(at: 1) == .string else {
            throw .message(
                "stub.http takes a method and a URL, and a reply: "
                    + "stub.http(\"GET https://api.example/x\", { status = 200, body = { … } })")
        }
        let replies = try replies(at: 2, of: stack)
        guard replies.held.hold(replies.held.count + pattern.utf8.count) else { throw .memoryLimit }
        stack.pushTable(hash: 1)
        stack.pushTable()
        stack.pushValue(at: -1)
        let calls = stack.reference()
        stack.setField("calls", of: -2)
        let references = [calls] + (replies.function.map { [$0] } ?? [])
        let stub = HTTPStub(pattern, references: references) { [script] in
            Self.answer($0, replies, calls, script, reply: $1)
        }
        guard let stub else {
            references.forEach(stack.release)
            throw .message(
                "stub.http: '\(pattern)' is not a URL, perhaps with a method before it; write one such as "
                    + "\"GET https://api.example/x\", where * stands for any text")
        }
        script.bench.stubs.add(stub)
        return 1
    }

    // MARK: Answers

    /// What a stub answers with.
    private final class Replies {
        var list: [StubbedReply] = []
        /// The memory of the list, which counts against the limit of the test file.
        let held: HeldBytes
        var function: LuaReference?
        /// Where the function was given, as the beginning of a message.
        var place = ""
        var next = 0

        init(_ vm: LuaVM?) { held = HeldBytes(vm) }

        func add(_ reply: StubbedReply) throws(LuaError) {
            guard held.hold(held.count + reply.size) else { throw .memoryLimit }
            list.append(reply)
        }

        /// The replies in order. The last one is repeated.
        func take() -> StubbedReply? {
            defer { next = min(next + 1, list.count - 1) }
            return list.indices.contains(next) ? list[next] : nil
        }
    }

    private static func answer(
        _ request: StubbedRequest, _ replies: Replies, _ calls: LuaReference, _ script: TestScript,
        reply: @escaping (StubbedReply) -> Void
    ) {
        guard let stack = script.vm?.lua.stack, stack.reserve(8) else { return }
        stack.push(calls)
        push(request, onto: stack, script)
        stack.setElement(stack.length(at: -2) + 1, of: -2)
        stack.pop()
        guard let function = replies.function else {
            if let next = replies.take() { reply(next) }
            return
        }
        script.call(function) { stack in
            push(request, onto: stack, script)
            return 1
        } end: { outcome, stack in
            do throws(LuaError) {
                if case .failed(let failure) = outcome { return fail(failure, script, reply) }
                guard !stack.isNil(at: stack.count) else {
                    let text = "the stub's function returned nothing; return a reply such as { status = 200 }"
                    return fail(InvocationFailure(.function, replies.place + text), script, reply)
                }
                reply(try StubReader(script).reply(at: stack.count, of: stack))
            } catch {
                guard case .message(let text) = error else {
                    return fail(InvocationFailure(.limit, "\(error)"), script, reply)
                }
                fail(InvocationFailure(.function, "the function of a stub: \(text)"), script, reply)
            }
        }
    }

    /// A stub whose function fails makes the test fail, too.
    private static func fail(_ failure: InvocationFailure, _ script: TestScript, _ reply: (StubbedReply) -> Void) {
        script.fault(failure)
        let error = HTTPClientError.request("the function of the stub failed: \(failure.message)")
        reply(StubbedReply(content: .failure { _ in error }))
    }

    /// Pushes a request as a table with its methods. [+1]
    private static func push(_ request: StubbedRequest, onto stack: LuaStack, _ script: TestScript) {
        stack.pushTable(hash: 4)
        stack.push(request.method)
        stack.setField("method", of: -2)
        stack.push(request.url)
        stack.setField("url", of: -2)
        stack.push(bytes: request.body)
        stack.setField("body", of: -2)
        push(request.fields, onto: stack)
        stack.setField("headers", of: -2)
        script.equip(stack)
    }

    /// Pushes header fields by name. The values of repeated fields are joined. [+1]
    static func push(_ fields: HTTPFields, onto stack: LuaStack) {
        stack.pushTable(hash: fields.count)
        var seen: Set<String> = []
        fields.forEachBytes { name, _ in
            let name = String(decoding: Array(copying: name), as: UTF8.self)
            guard seen.insert(name.lowercased()).inserted else { return }
            stack.push(fields.values(name).joined(separator: ", "))
            stack.setField(name, of: -2)
        }
    }

    // MARK: Reading

    private func replies(at index: Int, of stack: LuaStack) throws(LuaError) -> Replies {
        let replies = Replies(script.vm?.lua)
        switch stack.type(at: index) {
        case .function:
            stack.pushValue(at: index)
            replies.function = stack.reference()
            replies.place = TestScript.place(stack.traceback)
        case .nil, .none:
            replies.list = [StubbedReply(content: .response(status: 200, fields: [:], body: []))]
        case .table:
            stack.expandDeferred(at: index)
            let count = stack.length(at: index)
            guard count > 0 else {
                try replies.add(reply(at: index, of: stack))
                break
            }
            guard count <= 10_000 else { throw .message("stub.http: a list has at most 10000 replies") }
            for position in 1...count {
                stack.pushElement(position, of: index)
                try replies.add(reply(at: stack.count, of: stack))
                stack.pop()
            }
        case let other:
            throw .message("stub.http: the reply must be a table, a list of tables, or a function, not a \(other.name)")
        }
        return replies
    }

    private static let names = ["status", "headers", "body", "delay", "error"]
    /// What other libraries and a handler's response call a member.
    private static let otherNames = ["statusCode": "status", "status_code": "status", "code": "status", "json": "body"]

    /// What `error` may be: the kinds of real failures, `refused`, which is a finer word for `connect`, and `closed`, one
    /// for `network`.
    private static let errors: [(name: String, error: @Sendable (String) -> HTTPClientError)] = [
        ("dns", { .name(.unknown($0)) }), ("connect", { _ in .timeout(.connect) }),
        ("refused", { _ in .connect(.system(111)) }),
        ("tls", { _ in .tls(TLSError("the certificate is not trusted")) }),
        ("timeout", { _ in .timeout(.whole) }), ("limit", { _ in .limit(OutboundRequest.usualLimit) }),
        ("redirect", { _ in .redirect("the server redirects without an end") }),
        ("http", { _ in .protocolBroken("the response is not valid HTTP") }),
        ("network", { _ in .closed(.system(104)) }), ("closed", { _ in .closed(nil) }),
    ]

    private func reply(at index: Int, of stack: LuaStack) throws(LuaError) -> StubbedReply {
        guard stack.type(at: index) == .table else {
            throw .message("a reply must be a table such as { status = 200 }, not a \(stack.type(at: index).name)")
        }
        for (other, name) in Self.otherNames {
            defer { stack.pop() }
            guard stack.pushField(other, of: index) == .nil else {
                throw .message("stub.http has no option '\(other)' (did you mean '\(name)'?)")
            }
        }
        let options = try Options(at: index, of: stack, for: "stub.http", names: Self.names)
        var delay = Duration.zero
        if options.push("delay") {
            guard let seconds = stack.number(at: -1), seconds >= 0, seconds < 1e9 else {
                throw options.error("delay must be seconds of 0 or more")
            }
            delay = .nanoseconds(Int64(seconds * 1e9))
            stack.pop()
        }
        if let name = try options.text("error", upTo: 100) {
            guard let error = Self.errors.first(where: { $0.name == name })?.error else {
                let names = Self.errors.map(\.name)
                throw options.error(
                    "there is no error '\(name)'\(NearestName.question(name, among: names)); there are "
                        + names.joined(separator: ", "))
            }
            // A request that is never answered ends with its own time limit.
            if name == "timeout" { delay = .seconds(1_000_000_000) }
            return StubbedReply(content: .failure(error), delay: delay)
        }
        let status = try options.integer("status", 100...599) ?? 200
        // The request's own reader checks headers, and makes JSON of a table.
        var message = OutboundRequest(caller: options.function)
        if options.push("headers") {
            try message.readHeaders(at: stack.count, of: stack)
            stack.pop()
        }
        if options.push("body") {
            guard stack.type(at: -1) != .function else { throw options.error("body must be text or a table") }
            try message.readBody(at: stack.count, of: stack)
            stack.pop()
        }
        let body = if case .bytes(let bytes) = message.body { bytes } else { [UInt8]() }
        return StubbedReply(content: .response(status: status, fields: message.fields, body: body), delay: delay)
    }
}
