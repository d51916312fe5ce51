import FoundationEssentials
import FunctionsModel
import JSON

/// A value that a binding of the host produced (host-contract §6.2).
enum BindingValue: Sendable {
    case bytes([UInt8])
    case dateTime(Date)
    case dateTimeOffset(Date)
    /// An object is written as it is; anything else becomes a string that contains its JSON.
    case json(NewtonsoftValue)

    static let null = BindingValue.json(.null)

    static func text(_ text: String) -> BindingValue { .json(.string(text)) }

    /// Nil is a null.
    static func text(_ text: String?) -> BindingValue { .json(text.map { .string($0) } ?? .null) }

    var isNull: Bool { if case .json(.null) = self { true } else { false } }

    /// The value as a member of `Data` or `Metadata`.
    var member: NewtonsoftValue {
        switch self {
        case .bytes, .json(.object): element
        case .dateTime(let date): .string(DotNetDateTime(date, .unspecified).isoText(decimals: 0))
        case .dateTimeOffset(let date): .string(DotNetDateTime(date, .local(secondsEast: 0)).isoText(decimals: 0))
        case .json(let value): .string(value.json())
        }
    }

    /// The value inside a list or an object, where nothing is encoded twice.
    var element: NewtonsoftValue {
        switch self {
        case .bytes(let bytes): .string(Data(bytes).base64EncodedString())
        case .dateTime(let date): .string(DotNetDateTime(date, .unspecified).isoText)
        case .dateTimeOffset(let date): .string(DotNetDateTime(date, .local(secondsEast: 0)).isoText)
        case .json(let value): value
        }
    }
}

extension BindingValue {
    /// The value of an input binding of this type that finds nothing.
    ///
    /// - Parameter entry: the binding in function.json.
    static func nothing(for type: BindingType, _ entry: JSONTree) -> BindingValue {
        switch type.missing {
        case .null: .null
        case .list: .json(.array([]))
        case .nullWith(let property): entry.member(anyCase: property) != nil ? .null : .json(.array([]))
        }
    }
}
