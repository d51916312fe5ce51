import EventLoop
import FoundationEssentials
import FunctionsModel
import HTTP

extension DevHost {
    func admin(_ request: HTTPRequest, _ app: FunctionApp) async -> HTTPResponse {
        let isPing = request.path.lowercased() == "/admin/host/ping"
        if let keys {
            guard isPing || keys.opens(.admin, request) else { return HTTPResponse(status: 401) }
        } else if let reason = AdminCaller(request, bind: options.bind).refusal {
            return HTTPResponse(status: 403, text: "\(reason)\n")
        }
        let disabled = disabled(app)
        return AdminAPI(
            app: app, address: address, began: began, isDisabled: { disabled.contains($0.name) },
            invoke: { function, input in EventLoop.main.task { await self.invokeByHand(function, input, app) } }
        ).respond(to: request)
    }

    /// Runs a function as if its trigger's service had sent the text (host-contract §13).
    private func invokeByHand(_ function: Function, _ input: String, _ app: FunctionApp) async {
        guard let binding = function.trigger else { return }
        let run = RunByHand(
            binding: binding, input: input, now: Date(), zone: zone, storage: storage,
            newID: { UUID().uuidString.lowercased() })
        do {
            let payload = try storage.bindings.trigger(binding).payload(byHand: run, for: function.triggerBinding)
            _ = await invoker.invoke(function, payload, cause: "by hand", in: app)
        } catch {
            tell(.error("\(function.name): \(error)"))
        }
    }
}
