@testable import DevHost

/// What the host makes of an answer that it accepts.
func decode(_ body: String, _ outputs: OutputBinding..., isHTTP: Bool = false) -> Delivery {
    AnswerDecoder(outputs: outputs, isHTTP: isHTTP)
        .decode(Answer(status: 200, contentType: "application/json", body: Array(body.utf8)))
}

extension OutputBinding {
    static let response = OutputBinding(name: "res", type: "http")
    static let queue = OutputBinding(name: "o", type: "queue")
    static let blob = OutputBinding(name: "o", type: "blob")
    static let serviceBus = OutputBinding(name: "o", type: "serviceBus")
    static let returned = OutputBinding(name: "$return", type: "http")

    static func output(_ type: String, dataType: String? = nil) -> OutputBinding {
        OutputBinding(name: "o", type: type, dataType: dataType)
    }
}

extension Delivery {
    /// The messages that the output `o` gets, as text; nil if it gets none.
    var texts: [String]? { outputs.first { $0.name == "o" }?.messages.map { String(decoding: $0, as: UTF8.self) } }

    var bytes: [UInt8]? { outputs.first { $0.name == "o" }?.messages.first }
}

extension HTTPResult {
    var text: String { String(decoding: body, as: UTF8.self) }

    func value(of name: String) -> String? { headers.first { $0.name.lowercased() == name }?.value }
}
