public import JSON

/// One entry of `bindings` in function.json (host-contract §14).
public final class Binding: Sendable {
    public enum Direction: String, Sendable { case `in`, out, `inout` }

    public let name: String
    public let type: BindingType
    /// The type as it is written in function.json.
    public let writtenType: String
    public let direction: Direction
    /// `string`, `binary` or `stream`, in lower case; nil if function.json does not say.
    public let dataType: String?
    /// Whether one trigger event contains many messages.
    public let isMany: Bool
    /// The whole entry with `%NAME%` replaced, as a script sees it in `context.bindings`.
    public let tree: JSONTree

    /// The app settings that are not set, by the name, in lower case, of the property that needs one.
    private let unsetSettings: [String: String]

    package let input: Input
    public let output: Output
    /// The name's bytes.
    package let key: [UInt8]
    /// The text that precedes the output's value in a payload: `"name":`.
    package let memberStart: [UInt8]

    package init(
        name: String, type: BindingType, writtenType: String, direction: Direction, dataType: String?, isMany: Bool,
        tree: JSONTree, unsetSettings: [String: String] = [:]
    ) {
        self.name = name
        self.type = type
        self.writtenType = writtenType
        self.direction = direction
        self.dataType = dataType
        self.isMany = isMany
        self.tree = tree
        self.unsetSettings = unsetSettings
        input = type.input(dataType: dataType, isMany: isMany)
        output = type.output
        key = Array(name.utf8)
        memberStart = Array("\"\(name)\":".utf8)
    }

    /// The app setting that a property needs and that is not set.
    package func unsetSetting(of property: String) -> String? { unsetSettings[property.lowercased()] }

    public var isTrigger: Bool { type.isTrigger }
    public var isOutput: Bool { direction != .in }
    public var isHTTPOutput: Bool { isOutput && output == .http }
    package var isBinary: Bool { dataType == "binary" }
}

extension Binding {
    /// How the host writes this binding's value in `Data` (host-contract §6).
    public enum Input: Sendable {
        /// The request object, which is not encoded.
        case request
        /// A string that holds JSON, nested up to `levels` times. A value that is not such a string stays as it is.
        case wrapped(levels: Int)
        /// Base64. `null` stands for a blob that does not exist.
        case bytes(nullable: Bool)
        /// Base64 of a text. A byte order mark says how the text is encoded.
        case encodedText
        /// A string that holds a JSON array of base64 strings.
        case manyBytes
    }

    /// How the host treats the value of an output of this type (host-contract §9.3-§9.6).
    public enum Output: Sendable {
        case http
        case blob
        /// Queue and Event Hub: text or bytes, one message or several.
        case messages
        /// Service Bus: only text, one message or several. Bytes cannot be sent, because the host breaks base64.
        case textMessages
        /// Cosmos DB and Table: objects only, one or several.
        case documents
        /// A type that luafunc does not know: only objects and text that the host passes on unchanged.
        case items
    }
}
