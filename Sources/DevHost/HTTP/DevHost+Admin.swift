import EventLoop
import FoundationEssentials
import FunctionsModel
import HTTP
import JSON

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

    /// Runs a function as if the text had come from its trigger's service (host-contract §13).
    private func invokeByHand(_ function: Function, _ input: String, _ app: FunctionApp) async {
        guard let trigger = function.trigger else { return }
        let binding = function.triggerBinding
        do {
            let payload: InvocationPayload
            switch trigger.type {
            case .httpTrigger:
                return tell(.error("\(function.name) has an HTTP trigger: it needs a request; call its URL instead"))
            case .timerTrigger:
                let timer = try TimerTrigger(function, trigger, zone: zone, in: app, invoker)
                payload = binding.payload(timer: timer.valueByHand(at: Date()))
            case .blobTrigger:
                let path = try BlobPath(input)
                let pattern = try BlobPattern(
                    trigger.tree.member(anyCase: "path")?.string ?? "", binding: trigger.name)
                let blobs = BlobTrigger(function, pattern, in: app, invoker)
                payload = try blobs.payload(of: path, pattern.match(path) ?? [:])
            default:
                payload =
                    binding.payload(adminInput: input, now: Date(), newID: { UUID().uuidString.lowercased() })
                    ?? binding.payload(body: Array(input.utf8))
            }
            _ = await invoker.invoke(function, payload, cause: "by hand", in: app)
        } catch {
            tell(.error("\(function.name): \(error)"))
        }
    }
}
