import FunctionsModel
import HTTP
import Lua

/// The form of an invocation's request and of its response. `Dispatcher` chooses it.
enum Wire {
    /// A payload from the host (host-contract §6, §9).
    case payload
    /// The caller's own request, with the parameters that its route found in the path (host-contract §7, §8).
    case forwarded(Parameters, isProxied: Bool)

    /// The parameters that a route found in a path. A missing optional parameter has the value nil.
    typealias Parameters = [(name: String, value: String?)]

    var isPayload: Bool { if case .payload = self { true } else { false } }

    /// The task that runs the handler with its arguments, or the task that must first read them.
    func read(
        _ invocation: Invocation, for execution: Execution, on vm: FunctionVM
    ) throws(InvocationFailure) -> ScriptTask {
        switch self {
        case .payload: try PayloadWire.read(invocation, for: execution, on: vm)
        case .forwarded(let parameters, let isProxied):
            try ForwardedWire.read(invocation, parameters, isProxied: isProxied, for: execution, on: vm)
        }
    }

    /// Writes the value at `index`, which the handler returned or raised. [0]
    func write(
        at index: Int, of stack: LuaStack, for execution: Execution, _ invocation: Invocation
    ) throws(InvocationFailure) -> Outcome {
        switch self {
        case .payload: try PayloadWire.write(at: index, of: stack, for: execution)
        case .forwarded: try ForwardedWire.write(at: index, of: stack, for: execution, invocation)
        }
    }

    /// - Parameter showsErrors: whether a caller who sent its own request is told what failed. This is meant for
    ///   development.
    func response(
        to failure: InvocationFailure, of invocation: Invocation, files: AppFiles, showsErrors: Bool
    ) -> HTTPResponse {
        switch self {
        case .payload:
            PayloadWire.response(
                to: failure, function: invocation.function.name, id: invocation.id,
                toHost: invocation.request.isOfHost)
        case .forwarded:
            ForwardedWire.response(to: failure, of: invocation, files: files, showsErrors: showsErrors)
        }
    }
}
