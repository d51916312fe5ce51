import FunctionsModel
import HTTP
import JSON
import Log
import Lua

/// The host's default protocol: `POST /<function>` with `{"Data":…,"Metadata":…}`, answered with
/// `{"Outputs":…,"Logs":…,"ReturnValue":…}` (host-contract §6.1, §9.1).
enum PayloadWire {
    static func read(
        _ invocation: Invocation, for execution: Execution, on vm: FunctionVM
    ) throws(InvocationFailure) -> ScriptTask {
        let payload = invocation.request.body
        if payload.count >= LongJSONReader.shortest { return try vm.readingTask(for: execution, invocation) }
        let task = vm.handlerTask(for: execution)
        guard execution.hold(payload.count) else { throw vm.tooLarge(invocation, execution) }
        do throws(PayloadError) {
            try PayloadReader(function: vm.function, metatables: vm.metatables, stack: task.thread.stack)
                .pushArguments(payload.span.bytes, withMetadata: vm.takesMetadata)
        } catch {
            throw vm.failure(of: execution, invocation, error)
        }
        vm.pushContext(of: invocation, onto: task.thread.stack)
        return task
    }

    /// - Parameter streamed: the body of the http output, once the function that writes it has run.
    static func write(
        at index: Int, of stack: LuaStack, for execution: Execution, streamed: [UInt8]? = nil
    ) throws(InvocationFailure) -> Outcome {
        let vm = execution.vm
        var encoder = OutputEncoder(
            function: vm.function, metatables: vm.metatables, stack: stack, writer: vm.emptyWriter(), streamed: streamed
        )
        do throws(OutputError) {
            try encoder.append(at: index, logs: execution.logLines)
            if let warning = encoder.warning { execution.write(.warning, warning) }
            return encoder.unwritten.map { .streamed($0, head: nil) } ?? .payload
        } catch {
            if let body = encoder.unwritten { stack.release(body) }
            throw vm.unsendable(error)
        }
    }

    /// A payload whose http output has a text as its body.
    static func response(
        _ body: [UInt8], status: Int, contentType: String, of function: Function, logs: [String]
    ) -> HTTPResponse {
        let text = JSONText()
        let output = function.httpOutput.flatMap { $0.name == "$return" ? nil : $0 }
        text.append(raw: output == nil ? "{\"ReturnValue\":" : "{\"Outputs\":{")
        if let output { text.append(raw: output.memberStart) }
        text.append(raw: "{\"statusCode\":")
        text.append(integer: Int64(status))
        text.append(raw: ",\"headers\":{\"content-type\":")
        text.append(string: contentType)
        text.append(raw: "},\"body\":")
        // A payload cannot have bytes that are not UTF-8.
        text.append(string: String(decoding: body, as: UTF8.self))
        text.append(raw: output == nil ? "}" : "}}")
        if !logs.isEmpty {
            text.append(raw: ",\"Logs\":")
            text.append(list: logs)
        }
        text.append(raw: "}")
        return HTTPResponse(status: 200, contentType: "application/json", body: text.bytes(from: 0))
    }

    /// The response to a failure. The host discards the body of an error status. A text that it cannot read as a
    /// payload also makes the invocation fail, and the host logs that text (host-contract §9.1). Callers other than the
    /// host get a proper error status.
    static func response(
        to failure: InvocationFailure, function: String, id: String?, toHost: Bool
    ) -> HTTPResponse {
        if toHost {
            return HTTPResponse(status: 200, contentType: "text/plain; charset=utf-8", body: Array(failure.text.utf8))
        }
        let isRequest = failure.reason == .request
        var members: [(String, JSONText.Value)] = [("function", .text(function))]
        if let id { members.append(("invocationId", .text(id))) }
        if !failure.traceback.isEmpty { members.append(("traceback", .list(failure.traceback))) }
        if !failure.logs.isEmpty { members.append(("logs", .list(failure.logs))) }
        return ProblemDetails.response(
            isRequest ? 400 : 500,
            title: isRequest ? "The request is not an invocation" : "The function failed",
            detail: failure.message, members)
    }
}
