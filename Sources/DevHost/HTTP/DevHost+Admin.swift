import EventLoop
import FoundationEssentials
import FunctionsModel
import HTTP
import HTTP1

/// Calls of the host's own paths, `/admin/…` and `/runtime/…`.
extension DevHost {
    func admin(_ request: HTTPRequest, _ app: FunctionApp) async -> HTTPResponse {
        if keys == nil, let reason = AdminCaller(request, bind: options.bind, scheme: scheme).refusal {
            return HTTPResponse(status: 403, text: "\(reason)\n")
        }
        guard let route = AdminRoute(request) else {
            tell(.warning("\(request.cause): 404, the host has no such path of its own"))
            return HTTPResponse(status: 404)
        }
        if let refusal = refusal(of: request, at: route) { return refusal }
        if case .webhook(let name) = route {
            guard name == "eventgrid" else { return HTTPResponse(status: 404) }
            return await EventGridWebhook(topics: storage.eventGrid, tell: tell).respond(to: request)
        }
        if case .warmup = route {
            await warmUp()
            return HTTPResponse(status: 200)
        }
        let disabled = disabled(app)
        return AdminAPI(
            app: app, address: address, keys: keys, began: began, isWhole: options.functions == nil,
            isDisabled: { disabled.contains($0.name) },
            problem: { [unowned self] in problem(of: $0, in: app) },
            invoke: { function, input in EventLoop.main.task { await self.invokeByHand(function, input, app) } },
            restart: { [handler] in _ = handler.replace() }, tell: tell
        ).respond(to: request, at: route)
    }

    /// The response to a caller without the key for a route; nil if the caller may call.
    private func refusal(of request: HTTPRequest, at route: AdminRoute) -> HTTPResponse? {
        guard let keys else {
            guard route.changesFiles else { return nil }
            return HTTPResponse(
                status: 403,
                text: "\(request.method) changes the app's own files, as in Azure, so it needs the master key: "
                    + "start with --auth and send the key in x-functions-key\n")
        }
        guard !route.openers.isEmpty else { return nil }
        let kind = keys.kind(in: request)
        if let kind, route.openers.contains(kind) { return nil }
        let problem = kind == nil ? "the key is missing or wrong" : "the key is not the one for this path"
        tell(.warning("\(request.cause): \(kind == nil ? 401 : 403), \(problem)"))
        return kind == nil
            ? HTTPResponse(status: 401, fields: ["WWW-Authenticate": "Bearer"]) : HTTPResponse(status: 403)
    }

    /// Runs a function as if its trigger's service had sent the text (host-contract §13).
    private func invokeByHand(_ function: Function, _ input: String?, _ app: FunctionApp) async {
        guard let binding = function.trigger else { return }
        let trigger = storage.bindings.trigger(binding)
        do {
            guard input != nil || !trigger.needsInput else { throw RunByHand.NoInput() }
            let run = RunByHand(
                binding: binding, input: input ?? "", now: Date(), zone: zone, storage: storage,
                newID: { UUID().uuidString.lowercased() })
            var payload = try trigger.payload(byHand: run, for: function.triggerBinding)
            if let input { payload.addEventData(binding.name, .text(input)) }
            _ = await invoker.invoke(function, payload, cause: "by hand", in: app)
        } catch {
            tell(.error("\(function.name): the handler is not called: \(error)"))
        }
    }
}
