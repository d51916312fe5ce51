import FunctionsModel

/// An output binding, reduced to what affects the delivered value.
public struct OutputBinding: Sendable {
    public let name: String
    let type: BindingType
    /// As written in function.json: the host does not treat `HTTP` like `http` (host-contract §14).
    public let writtenType: String
    public let dataType: String?

    init(_ binding: Binding) {
        name = binding.name
        type = binding.type
        writtenType = binding.writtenType
        dataType = binding.dataType
    }

    /// Makes a binding of a known type, given by its name.
    public init(name: String, type: String, dataType: String? = nil) {
        self.name = name
        self.type = BindingTypes.known.type(type)
        writtenType = type
        self.dataType = dataType
    }
}

extension OutputBinding {
    /// How the host treats a value.
    var kind: Binding.Output { type.output }

    var isReturn: Bool { name == "$return" }

    /// Whether the binding turns off the base64 guess (host-contract §9.3 a).
    var isBinary: Bool { dataType?.lowercased() == "binary" }

    /// The value's place in the answer, as a sentence names it.
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
        case .textMessages, .items: "send [\"text\"]"
        }
    }

    /// How to send a date as text. The host does not decode array elements as base64, but still parses them as dates.
    var dateAdvice: String { kind == .messages && !isBinary ? "send base64 of the text" : "add a character to it" }
}
