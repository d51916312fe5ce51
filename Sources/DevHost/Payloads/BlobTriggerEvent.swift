import FunctionsModel
import HTTP

/// The event of a new or changed blob (host-contract §6.6).
struct BlobTriggerEvent: Sendable {
    var container: String
    var name: String
    /// The values of `{…}` in the binding's path.
    var pathTokens: [(name: String, value: String)]
    var content: [UInt8]
    /// The blob's system properties, an object.
    var properties: NewtonsoftValue
    /// The user's own metadata of the blob.
    var metadata: [(name: String, value: String)] = []

    func payload(for trigger: TriggerBinding) -> InvocationPayload {
        var data: BindingData = [
            "BlobTrigger": .text("\(container)/\(name)"),
            "Uri": .text(uri),
            "Properties": .json(properties),
            "Metadata": .json(.record(metadata.map { ($0.name, .string($0.value)) })),
        ]
        for token in pathTokens { data.set(token.name, .text(token.value)) }
        return InvocationPayload(trigger, .blob(content, isBinary: trigger.isBinary), data)
    }

    /// The blob's URI in the storage emulator.
    private var uri: String {
        let parts = "\(container)/\(name)".split(separator: "/", omittingEmptySubsequences: false)
        let path = parts.map { PercentEncoding.encode(String($0)) }.joined(separator: "/")
        return "http://127.0.0.1:10000/devstoreaccount1/" + path
    }
}

extension BindingValue {
    /// The content of a blob; a blob input whose blob does not exist is null.
    static func blob(_ content: [UInt8]?, isBinary: Bool) -> BindingValue {
        guard let content else { return .null }
        return isBinary ? .bytes(content) : .text(StreamText(content).text)
    }
}
