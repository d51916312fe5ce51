/// An output binding, reduced to what affects the delivered value.
public struct OutputBinding: Sendable {
    public let name: String
    /// As written in function.json: the host does not treat `HTTP` like `http` (host-contract §14).
    public let type: String
    public let dataType: String?

    public init(name: String, type: String, dataType: String? = nil) {
        self.name = name
        self.type = type
        self.dataType = dataType
    }
}

extension OutputBinding {
    /// How the host treats a value (host-contract §9.4).
    enum Kind {
        case http
        case blob
        /// Queue and Event Hub: one message or several, each of which may be bytes.
        case messages
        /// Cosmos DB and Table: one object or several.
        case documents
        /// Service Bus and all others: one message or several, each a text.
        case texts
    }

    var kind: Kind {
        switch type.lowercased() {
        case "http": .http
        case "blob": .blob
        case "queue", "eventhub": .messages
        case "cosmosdb", "table": .documents
        default: .texts
        }
    }

    var isReturn: Bool { name == "$return" }

    /// Turns the base64 guess off (host-contract §9.3 a).
    var isBinary: Bool { dataType?.lowercased() == "binary" }

    /// How a sentence names the value's place in the answer.
    var place: String { isReturn ? "ReturnValue" : "output '\(name)'" }
}

extension OutputBinding {
    /// How to send a text unchanged (host-contract §9.3).
    var advice: String {
        switch kind {
        case .http: "send {\"body\": \"text\"}"
        case .blob: isBinary ? "remove \"dataType\" and send base64 of the text" : "send base64 of the text"
        case .messages: isBinary ? "send [\"text\"]" : "send base64 of the text, or [\"text\"]"
        case .documents: "send an object"
        case .texts: "send [\"text\"]"
        }
    }

    /// Array elements are not taken for base64, but still for dates.
    var dateAdvice: String { kind == .messages && !isBinary ? "send base64 of the text" : "add a character to it" }
}
