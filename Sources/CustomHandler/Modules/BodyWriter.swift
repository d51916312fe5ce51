import EventLoop
import FunctionsModel
import Lua

/// Lets scripts write a response body piece by piece: `body = function(write) … end`, or a coroutine that yields
/// pieces.
enum BodyWriter {
    /// Returns the function that runs a body with `write`.
    static let chunk = LuaChunk(
        """
        local error, resume, status, type = error, coroutine.resume, coroutine.status, type
        return function(body, write)
            local function send(piece, verb)
                if type(piece) == "string" or type(piece) == "number" then return write(piece) end
                if piece ~= nil then
                    error("the " .. type(body) .. " that is the body " .. verb .. " a " .. type(piece)
                        .. "; only text can be sent", 0)
                end
            end
            if type(body) == "function" then return send(body(write), "returned") end
            while status(body) ~= "dead" do
                local ok, piece = resume(body)
                if not ok then error(piece, 0) end
                send(piece, "yielded")
            end
        end
        """, hasLines: false)

    /// Implements `write(piece)`, which waits while the caller accepts no more. Each piece that is sent restarts the
    /// invocation's time limit.
    static func write(on stack: LuaStack, _ scope: FunctionVM.Scope) throws(LuaError) -> Int {
        guard let execution = scope.running else { throw .message("write works only during an invocation") }
        // Bytes that are kept until the end count too.
        if let kept = execution.body?.kept,
            kept.count + (stack.withBytes(at: 1) { $0.byteCount } ?? 0) > scope.memoryLimit
                || !execution.hold(stack.withBytes(at: 1) { $0.byteCount } ?? 0)
        {
            throw .message("the response body takes more than the function's \(ByteCount.text(scope.memoryLimit))")
        }
        let written: ResponseBody.Written?
        if let text = stack.numberText(at: 1) {
            written = execution.body?.write(text.utf8Span.span.bytes, limit: scope.memoryLimit) ?? .closed
        } else {
            written = stack.withBytes(at: 1) { execution.body?.write($0, limit: scope.memoryLimit) ?? .closed }
        }
        guard let written else { throw stack.wrongArgument(1, "string") }
        switch written {
        case .kept: return 0
        case .noRoom: return stack.wait(for: Wait.room)
        case .callerGone:
            guard execution.live?.ignoresDisconnect == true else { throw .message("the caller has disconnected") }
            stack.push(false)
            return 1
        case .closed:
            throw .message("write works only while the body function runs")
        case .full:
            throw .message("the response body takes more than the function's \(ByteCount.text(scope.memoryLimit))")
        case .sent:
            execution.extendDeadline()
            return 0
        }
    }
}
