import EventLoop
import FunctionsModel
import HTTP
import HTTP1

/// The webhook to which Event Grid sends events: `POST /runtime/webhooks/eventgrid?functionName=NAME`.
@MainLoop
struct EventGridWebhook {
    let topics: EventGridTopics
    let tell: @MainLoop (HostEvent) -> Void

    func respond(to request: HTTPRequest) async -> HTTPResponse {
        let name = HTTPQuery.values(in: request.query ?? "")["functionName"]?.first ?? ""
        guard let listener = topics.listener(of: name) else {
            let names = topics.functions.joined(separator: ", ")
            let known = topics.functions.isEmpty ? "no function has an Event Grid trigger" : "use one of \(names)"
            tell(.warning("\(request.cause): 404, functionName '\(name)': \(known)"))
            return HTTPResponse(status: 404, text: "cannot find function: '\(name)'")
        }
        if request.method == .options { return handshake(request) }
        switch request.first("aeg-event-type")?.lowercased() {
        case "subscriptionvalidation": return validation(request)
        case "notification": return await notification(request, to: listener, name)
        // The function stays, because Azure has only dropped a subscription to it.
        case "unsubscribe": return HTTPResponse(status: 202)
        default:
            return refuse(
                request, "send the header aeg-event-type: Notification, SubscriptionValidation or Unsubscribe", text: ""
            )
        }
    }

    /// - Parameter text: what the caller learns; nil for the whole reason.
    private func refuse(_ request: HTTPRequest, _ reason: String, text: String? = nil) -> HTTPResponse {
        tell(.warning("\(request.cause): 400, \(reason)"))
        let text = text ?? "\(reason)\n"
        return text.isEmpty ? HTTPResponse(status: 400) : HTTPResponse(status: 400, text: text)
    }

    private func json(_ request: HTTPRequest) -> NewtonsoftValue? {
        try? NewtonsoftValue(json: String(decoding: request.body, as: UTF8.self), as: .parser, zone: nil)
    }

    // MARK: Handshakes

    /// The origins from which Event Grid sends events, in Azure's clouds.
    private static let origins = [
        "eventgrid.azure.net", "eventgrid.azure.us", "eventgrid.azure.eaglex.ic.gov",
        "eventgrid.azure.microsoft.scloud",
        "eventgrid.azure.cn",
    ]

    /// The answer to the handshake of CloudEvents, which names the origin that may send events.
    private func handshake(_ request: HTTPRequest) -> HTTPResponse {
        let origin = request.first("webhook-request-origin") ?? ""
        let allowed = Self.origins.contains(origin) ? origin : Self.origins[0]
        return HTTPResponse(status: 200, fields: ["WebHook-Allowed-Origin": allowed])
    }

    /// The answer to the handshake of Event Grid's own schema, which repeats a code.
    private func validation(_ request: HTTPRequest) -> HTTPResponse {
        let body = json(request)
        let event = body?.elements?.first ?? body
        var data = event?.members?.first { $0.name == "data" }?.value
        // In a CloudEvent the data is JSON in a string.
        if let text = data?.string { data = try? NewtonsoftValue(json: text, as: .parser, zone: nil) }
        guard let code = data?.members?.first(where: { $0.name == "validationCode" })?.value.text else {
            return refuse(request, "the event has no data.validationCode")
        }
        let answer = NewtonsoftValue.record([("validationResponse", .string(code))]).json()
        return HTTPResponse(status: 200, text: answer)
    }

    // MARK: Events

    private func notification(
        _ request: HTTPRequest, to listener: EventGridListener, _ name: String
    ) async -> HTTPResponse {
        let body = json(request)
        let events = body?.elements ?? (body?.members == nil ? nil : body.map { [$0] })
        guard let events else { return refuse(request, "the body must be an event or a list of events, as JSON") }
        guard await listener.receive(events) else {
            return HTTPResponse(status: 500, text: "Exception while executing function: Functions.\(name)")
        }
        return HTTPResponse(status: 202)
    }
}
