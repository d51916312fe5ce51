import FunctionsModel

/// The properties of a function's trigger that affect its payload.
struct TriggerBinding: Sendable {
    var function: String
    var name: String
    /// `dataType` is `binary`.
    var isBinary = false
    /// `cardinality` is `many`.
    var isMany = false
    var eventHubName = ""

    /// An event that is text or bytes.
    func payload(body: [UInt8]) -> InvocationPayload { InvocationPayload(self, value(body)) }

    func value(_ bytes: [UInt8]) -> BindingValue {
        isBinary ? .bytes(bytes) : .text(String(decoding: bytes, as: UTF8.self))
    }
}
