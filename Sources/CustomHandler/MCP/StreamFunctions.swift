import Crypto
import FunctionsModel
import Lua

/// The Lua functions with which the module `mcp` controls a response while its handler runs: the table `stream`.
enum StreamFunctions {
    /// Pushes the table. [+1]
    static func push(onto stack: LuaStack, _ scope: FunctionVM.Scope) {
        let function:
            (@escaping (LuaStack, FunctionVM.Scope, Execution, LiveResponse) throws(LuaError) -> Int)
                -> HostFunction = { body in
                    { stack throws(LuaError) in
                        guard let execution = scope.running, let live = execution.liveResponse() else {
                            throw .message("this works only during an invocation")
                        }
                        return try body(stack, scope, execution, live)
                    }
                }
        Modules.pushTable(
            [
                (
                    "streams",
                    { stack throws(LuaError) in
                        stack.push(scope.running?.invocation?.isStreaming ?? false)
                        return 1
                    }
                ),
                ("begin", function(begin)), ("send", function(send)), ("conclude", function(conclude)),
                ("fallback", function(fallback)), ("listen", function(listen)), ("ask", function(ask)),
                ("await", function(awaitAnswer)),
                (
                    "ignoreDisconnect",
                    function { _, _, _, live throws(LuaError) in
                        live.ignoresDisconnect = true
                        return 0
                    }
                ),
                (
                    "publish",
                    { stack throws(LuaError) in
                        let change = try change(on: stack)
                        scope.streams?.all.publish(change, of: scope.function.name)
                        return 0
                    }
                ),
                (
                    "newID",
                    { stack throws(LuaError) in
                        stack.push(bytes: Base64URL.encode(randomBytes(18)))
                        return 1
                    }
                ),
                (
                    "deliver",
                    { stack throws(LuaError) in
                        let id = try stack.argumentText(1)
                        let answer = PendingAsk.Answer(
                            text: try stack.argumentBytes(3), isError: stack.boolean(at: 2))
                        stack.push(scope.streams?.all.deliver(answer, to: id) ?? false)
                        return 1
                    }
                ),
            ], onto: stack)
    }

    // MARK: The response

    /// Implements `begin()`. Returns false, and does nothing, if the caller gets only whole responses.
    private static func begin(
        _ stack: LuaStack, _ scope: FunctionVM.Scope, _ execution: Execution, _ live: LiveResponse
    ) throws(LuaError) -> Int {
        let begins = execution.invocation?.isStreaming == true
        if begins, execution.body == nil {
            execution.begin(LiveResponse.head)
            if let body = execution.body {
                body.sendHead()
                scope.streams?.keepAlive(body)
            }
        }
        stack.push(begins)
        return 1
    }

    /// Implements `send(text)`.
    private static func send(
        _ stack: LuaStack, _ scope: FunctionVM.Scope, _ execution: Execution, _ live: LiveResponse
    ) throws(LuaError) -> Int {
        guard execution.body != nil else { throw .message("send works only after begin") }
        return try BodyWriter.write(on: stack, scope)
    }

    /// Implements `conclude(status, contentType, text)`, which does not return. If the code may not wait where it is,
    /// Lua raises an error; the response stays what it is, whatever the script does then.
    private static func conclude(
        _ stack: LuaStack, _ scope: FunctionVM.Scope, _ execution: Execution, _ live: LiveResponse
    ) throws(LuaError) -> Int {
        guard let status = stack.integer(at: 1), (200...599).contains(status) else {
            throw .argument(1, expected: "a final HTTP status expected")
        }
        let answer = LiveResponse.Answer(
            status: Int(status), contentType: try stack.argumentText(2), text: try stack.argumentBytes(3))
        // The first one counts, if several tasks conclude.
        live.conclusion = live.conclusion ?? answer
        return stack.wait(for: Wait.conclusion)
    }

    /// Implements `fallback(contentType, text)`; without arguments, a failure has no response of its own any more.
    private static func fallback(
        _ stack: LuaStack, _ scope: FunctionVM.Scope, _ execution: Execution, _ live: LiveResponse
    ) throws(LuaError) -> Int {
        guard !stack.isNil(at: 1) else {
            live.fallback = nil
            return 0
        }
        let text = try stack.argumentBytes(2)
        guard execution.hold(text.count) else { throw .memoryLimit }
        live.fallback = LiveResponse.Answer(status: 200, contentType: try stack.argumentText(1), text: text)
        return 0
    }

    // MARK: Listen streams

    /// The most bytes that a listen stream keeps.
    private static let listenLimit = 64 << 10

    /// Implements `listen(first, last, id, filter)`. Returns true, or false and the reason.
    private static func listen(
        _ stack: LuaStack, _ scope: FunctionVM.Scope, _ execution: Execution, _ live: LiveResponse
    ) throws(LuaError) -> Int {
        let (first, last) = (try stack.argumentBytes(1), try stack.argumentBytes(2))
        let id = try stack.argumentBytes(3)
        try stack.argumentTable(4)
        let refuse = { (reason: String) in
            stack.push(false)
            stack.push(reason)
            return 2
        }
        guard let streams = scope.streams, execution.invocation?.isStreaming == true else {
            return refuse("the response cannot be sent in pieces here")
        }
        var room = listenLimit - first.count - last.count - id.count
        guard let wanted = changes(at: 4, of: stack, &room), room >= 0 else {
            return refuse("a listen stream takes at most \(ByteCount.text(listenLimit)) with its URIs and messages")
        }
        if let former = live.listening.take() { streams.all.leave(former.number) }
        guard let number = streams.all.listen(to: wanted, of: scope.function.name, on: streams.loop) else {
            return refuse("there are too many open streams; at most \(OpenStreams.limit) are served at once")
        }
        live.listening = ListenStream.Plan(number: number, id: id, first: first, last: last)
        stack.push(true)
        return 1
    }

    /// The changes that a filter names; nil if their URIs take too much room.
    private static func changes(at index: Int, of stack: LuaStack, _ room: inout Int) -> Set<OpenStreams.Change>? {
        var wanted: Set<OpenStreams.Change> = []
        for (name, change) in [("tools", OpenStreams.Change.tools), ("prompts", .prompts), ("resources", .resources)] {
            stack.pushField(name, of: index)
            if stack.boolean(at: -1) { wanted.insert(change) }
            stack.pop()
        }
        defer { stack.pop() }
        guard stack.pushField("uris" as StaticString, of: index) == .table else { return wanted }
        stack.expandDeferred(at: -1)
        let list = stack.absolute(-1)
        for position in 0..<stack.length(at: list) {
            stack.pushElement(position + 1, of: list)
            defer { stack.pop() }
            guard let uri = stack.string(at: -1, upTo: room + 1) else { continue }
            // Each element of a set costs about as much as a short text.
            room -= uri.utf8.count + 16
            if room < 0 { return nil }
            wanted.insert(.updated(uri))
        }
        return wanted
    }

    /// Reads `kind, uri` of `publish`.
    private static func change(on stack: LuaStack) throws(LuaError) -> OpenStreams.Change {
        switch try stack.argumentText(1) {
        case "tools": return .tools
        case "prompts": return .prompts
        case "resources": return .resources
        case "updated": return .updated(try stack.argumentText(2))
        case let other:
            throw .message("there is no change '\(other)'; there are tools, prompts, resources and updated")
        }
    }

    // MARK: Asks

    /// Implements `ask(id)`. Returns false if there are too many streams.
    private static func ask(
        _ stack: LuaStack, _ scope: FunctionVM.Scope, _ execution: Execution, _ live: LiveResponse
    ) throws(LuaError) -> Int {
        stack.push(live.ask(try stack.argumentText(1), for: execution))
        return 1
    }

    /// Implements `await(id, seconds)`. Returns the text and whether it is an error, or nil if no answer has come.
    private static func awaitAnswer(
        _ stack: LuaStack, _ scope: FunctionVM.Scope, _ execution: Execution, _ live: LiveResponse
    ) throws(LuaError) -> Int {
        let id = try stack.argumentText(1)
        let seconds = try stack.argumentNumber(2)
        guard seconds >= 0, seconds < 1e9 else { throw .argument(2, expected: "seconds of 0 or more expected") }
        guard let ask = live.pendingAsk(id) else { throw .message("await takes an id for which ask was called") }
        guard !ask.isAwaited else { throw .message("another task waits for this answer") }
        if let end = ask.end {
            live.forget(ask)
            return Self.push(end, onto: stack)
        }
        // The code that goes on needs a rest of the time for its response.
        let left = execution.deadline.left(at: scope.clock.now)
        let most = max(left - 1, left / 2, 0)
        return stack.wait(for: Wait.answer(id, .nanoseconds(Int64(min(seconds, most) * 1e9))))
    }

    /// Pushes what an ask has ended with. Returns the number of values.
    static func push(_ answer: PendingAsk.Answer?, onto stack: LuaStack) -> Int {
        guard let answer else {
            stack.pushNil()
            return 1
        }
        stack.push(bytes: answer.text)
        stack.push(answer.isError)
        return 2
    }
}
