import FoundationEssentials
import FunctionsModel

/// A trigger event in the form in which it is sent (host-contract §6).
struct InvocationPayload: Sendable {
    /// The number of an attempt. It is set if a retry policy applies (host-contract §10).
    struct Retry: Sendable {
        var count: Int
        var max: Int
        /// Why the previous attempt failed.
        var exception: RetryException?
    }

    let trigger: TriggerBinding
    let value: BindingValue
    /// The values of the input bindings.
    var inputs: [(name: String, value: BindingValue)] = []
    var retry: Retry?
    /// The caller's trace, which the invocation continues.
    var trace: TraceContext?
    private var eventData: BindingData

    init(_ trigger: TriggerBinding, _ value: BindingValue, _ eventData: BindingData = [:]) {
        self.trigger = trigger
        self.value = value
        self.eventData = eventData
    }

    mutating func addEventData(_ name: String, _ value: BindingValue) { eventData.set(name, value) }

    /// All data to which binding expressions may refer, including what `Metadata` omits.
    ///
    /// If the event has its own `sys`, the system's becomes `$sys`; a `sys` in a message's JSON replaces it.
    ///
    /// - Parameter zone: The host's, in which it holds dates.
    func bindingData(now: Date, randGuid: String, zone: HostZone = .utc) -> BindingData {
        var data = eventData
        let systemName = data["sys"] == nil ? "sys" : "$sys"
        let system: NewtonsoftValue = .record([
            ("MethodName", .string(trigger.function)),
            ("UtcNow", .string(DotNetDateTime(now, .utc).isoText)),
            ("RandGuid", .string(randGuid)),
        ])
        data.set(systemName, .json(system))
        if case .json(.string(let text)) = value { data.setMembers(of: text, zone) }
        return data
    }

    /// The body of `POST /<function>`.
    func bytes(now: Date, randGuid: String, zone: HostZone = .utc) -> [UInt8] {
        var metadata = bindingData(now: now, randGuid: randGuid, zone: zone).entries
            .filter { !$0.value.isNull && !$0.name.lowercased().hasSuffix("trigger") }
            .map { (name: $0.name, value: $0.value.member) }
        if let retry {
            metadata.removeAll { $0.name == "RetryContext" }
            metadata.append(("RetryContext", retry.context))
        }
        let data = [(trigger.name, value.member)] + inputs.map { ($0.name, $0.value.member) }
        return NewtonsoftValue.record([("Data", .record(data)), ("Metadata", .record(metadata))]).jsonBytes()
    }
}

extension InvocationPayload.Retry {
    fileprivate var context: NewtonsoftValue {
        .record([
            ("RetryCount", .integer(Int64(count))), ("MaxRetryCount", .integer(Int64(max))),
            ("Exception", exception?.value ?? .null), ("Instance", .null), ("State", .record([])),
        ])
    }
}
