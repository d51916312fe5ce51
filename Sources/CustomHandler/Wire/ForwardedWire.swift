import FunctionsModel
import HTTP
import HTTP1
import JSON
import Log
import Lua

/// The host's protocol for functions that have only HTTP bindings. The host passes on the caller's own request, and the
/// caller gets the function's own response (host-contract §7, §8).
enum ForwardedWire {
    static func read(
        _ invocation: Invocation, _ parameters: Wire.Parameters, isProxied: Bool, for execution: Execution,
        on vm: FunctionVM
    ) throws(InvocationFailure) -> ScriptTask {
        let task = vm.handlerTask(for: execution)
        let stack = task.thread.stack
        let request = invocation.request
        let size = request.body.count
        guard stack.hasRoom(for: size) else { throw vm.tooLarge(invocation, execution) }
        RequestReader(metatables: vm.metatables, stack: stack)
            .pushArguments(request, parameters, isProxied: isProxied, withMetadata: vm.takesMetadata)
        // The script has its own copy of the body.
        if size > HTTPRequest.keptCapacity { _ = request.takeBody() }
        vm.pushContext(of: invocation, onto: stack)
        return task
    }

    static func write(
        at index: Int, of stack: LuaStack, for execution: Execution, _ invocation: Invocation
    ) throws(InvocationFailure) -> Outcome {
        let vm = execution.vm
        var encoder = OutputEncoder(
            function: vm.function, metatables: vm.metatables, stack: stack, writer: vm.emptyWriter())
        do throws(OutputError) {
            let outcome = try encoder.forwardedResponse(at: index) { execution.write(.info, $0) }
            if let warning = encoder.warning { execution.write(.warning, warning) }
            guard case .streamed(let body, let head?) = outcome, invocation.request.method == .head else {
                return outcome
            }
            // The caller cannot receive the body.
            stack.release(body)
            return .response(head)
        } catch {
            throw vm.unsendable(error)
        }
    }

    static func response(
        to failure: InvocationFailure, of invocation: Invocation, files: AppFiles, showsErrors: Bool
    ) -> HTTPResponse {
        guard showsErrors else {
            return ProblemDetails.response(
                500, title: "The function failed", detail: "the log has the reason",
                [("invocationId", .text(invocation.id))])
        }
        guard invocation.request.values("accept").contains(where: { $0.contains("text/html") }) else {
            return PayloadWire.response(
                to: failure, function: invocation.function.name, id: invocation.id, toHost: false)
        }
        let page = ErrorPage(failure: failure, invocation: invocation, files: files)
        return HTTPResponse(status: 500, contentType: "text/html; charset=utf-8", body: Array(page.text.utf8))
    }
}
