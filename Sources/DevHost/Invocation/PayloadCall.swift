import FoundationEssentials
import FunctionsModel
import HTTP1

/// One call of a function with a payload (host-contract §6, §9).
struct PayloadCall: Sendable {
    let function: Function
    /// The event's values for the expressions in outputs.
    let trigger: TriggerValues
    let body: [UInt8]
    private let id: String
    private let zone: HostZone

    /// - Parameters:
    ///   - id: the host's id of the invocation.
    ///   - now: the time in `sys.UtcNow` and in expressions.
    ///   - input: the value of an input binding other than the trigger; nil if it finds nothing.
    init(
        _ function: Function, _ payload: InvocationPayload, id: String, zone: HostZone, at now: Date = Date(),
        input: (Binding, TriggerValues) throws -> BindingValue?
    ) throws {
        let guid = UUID().uuidString.lowercased()
        let trigger = TriggerValues(
            function: function.name, data: payload.bindingData(now: now, randGuid: guid, zone: zone), now: now)
        var payload = payload
        payload.inputs = try function.bindings.filter { !$0.isTrigger && $0.direction != .out }.map { binding in
            (binding.name, try input(binding, trigger) ?? .nothing(for: binding.type, binding.tree))
        }
        self.function = function
        self.trigger = trigger
        self.id = id
        self.zone = zone
        body = payload.bytes(now: now, randGuid: guid, zone: zone)
    }

    /// A call with a payload that was recorded before.
    init(_ function: Function, body: [UInt8], id: String, zone: HostZone) {
        self.function = function
        self.body = body
        self.id = id
        self.zone = zone
        trigger = TriggerValues(function: function.name, data: [:], now: Date())
    }

    var target: String { "/\(function.name)" }

    /// The head's fields. The real host does not announce a length (host-contract §6.1).
    ///
    /// - Parameter trace: nil if calls carry none.
    func fields(trace: TraceContext?) -> HTTPFields {
        var fields: HTTPFields = [
            HostHeader.hostVersion: HostVersion.text, HostHeader.invocationID: id, "User-Agent": HostVersion.userAgent,
            "Transfer-Encoding": "chunked",
        ]
        trace?.add(to: &fields)
        fields.add("Content-Type", "application/json; charset=utf-8")
        return fields
    }

    /// What the answer does.
    ///
    /// - Parameter accept: the header `Accept` of an HTTP trigger's caller.
    func judge(_ answer: Answer, accept: String?) -> Delivery {
        AnswerDecoder(outputs: function.outputBindings, isHTTP: function.isHTTP, zone: zone)
            .decode(answer, accept: accept)
    }
}
