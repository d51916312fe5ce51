import Lua

/// The Swift functions behind `http.request` that may wait. The first argument of each is the number of a request.
/// After the request has changed, the same function looks again.
enum OutboundStep: Sendable {
    /// Returns the response, or nil, a message, a kind and details.
    case reply
    /// Sends a piece of the body. Returns false if no more is wanted.
    case write
    /// Ends the body.
    case finish
    /// Returns the next piece of the response body, or nil at its end. Raises if the body breaks off.
    case read

    func perform(on stack: LuaStack, _ scope: FunctionVM.Scope) throws(LuaError) -> Int {
        let number = stack.integer(at: 1) ?? 0
        guard let calls = scope.running?.calls, let call = calls.byNumber[number] else {
            throw .message("the request was cancelled, or its response was closed or belongs to another invocation")
        }
        let again = Wait.call(number, self)
        switch self {
        case .reply:
            guard let reply = call.reply else { return stack.wait(for: again) }
            if case .response(_, _, nil, _) = reply { return try reply.push(onto: stack) }
            calls.forget(number)
            return try reply.push(onto: stack)
        case .write: return try Self.write(to: call, again, on: stack)
        case .finish:
            switch call.endBody() {
            case .noRoom: return stack.wait(for: again)
            case .wrongLength(let length):
                throw .message(
                    "\(call.request.caller): the function that is the body ended before the \(length) bytes of its "
                        + "content-length")
            case .all, .unwanted: return 0
            }
        case .read:
            // If there is no room for the piece, it stays.
            try stack.demand(call.unread)
            switch call.takePiece() {
            case .none: return stack.wait(for: again)
            case .fault(let fault):
                calls.forget(number)
                throw .message(fault.message)
            case .end:
                calls.forget(number)
                stack.pushNil()
            case .bytes(let bytes): stack.push(bytes: bytes)
            }
            return 1
        }
    }

    private static func write(to call: OutboundCall, _ again: Wait, on stack: LuaStack) throws(LuaError) -> Int {
        let result: OutboundCall.Sent?
        if let text = stack.numberText(at: 2) {
            result = call.send(text.utf8Span.span.bytes)
        } else {
            result = stack.withBytes(at: 2) { call.send($0) }
        }
        switch result {
        case .all: stack.push(true)
        case .unwanted: stack.push(false)
        case .noRoom: return stack.wait(for: again)
        case .wrongLength(let length):
            throw .message(
                "\(call.request.caller): the function that is the body returned more than the \(length) bytes of its "
                    + "content-length")
        case nil:
            throw .message(
                "\(call.request.caller): the function that is the body returned a \(stack.type(at: 2).name); only text "
                    + "can be sent"
            )
        }
        return 1
    }
}
