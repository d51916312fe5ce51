import EventLoop
import FoundationEssentials
import FunctionsModel

/// An input or output whose data this machine stores in place of a service.
///
/// Each type of binding that is kept is one such type, which `LocalBindings.known` lists.
protocol StoredBinding: Sendable {
    static var type: BindingType { get }

    /// Throws for properties with which the host could not read or write.
    init(_ binding: Binding) throws(PropertyError)

    /// The value of an input; nil for a type that is only written.
    func read(_ trigger: TriggerValues, from blobs: BlobStore) throws -> BindingValue?

    /// Writes the values of an output. Returns their destination as text for people, or nil if nothing on this machine
    /// stores them.
    @MainLoop func write(_ values: [[UInt8]], _ trigger: TriggerValues, to storage: LocalStorage) throws -> String?
}

extension StoredBinding {
    func read(_ trigger: TriggerValues, from blobs: BlobStore) -> BindingValue? { nil }
}

/// The values of the expressions in a binding's properties, in one invocation.
struct TriggerValues {
    /// The function's name.
    let function: String
    let data: BindingData
    let now: Date

    func fill(_ expression: BindingExpression) throws(BindingTemplateError) -> String {
        try expression.resolve(at: now, names: data.entries.map(\.name)) { data.value(at: $0) }
    }
}
