/// A fact that accompanies a message. Text lines show only the function and the invocation; JSON lines show every
/// field.
public struct LogField: Equatable, Sendable {
    public let key: String
    public let value: String

    public init(_ key: String, _ value: String) {
        self.key = key
        self.value = value
    }

    public static func function(_ name: String) -> LogField { LogField(LogKey.function, name) }
    public static func invocation(_ id: String) -> LogField { LogField(LogKey.invocation, id) }
    /// An event that the line reports to the stand-in host. `LogKey` has the names.
    public static func event(_ name: String) -> LogField { LogField(LogKey.event, name) }
    /// The functions that keep their previous version after a save.
    public static func kept(_ names: some Sequence<String>) -> LogField {
        LogField(LogKey.kept, names.sorted().joined(separator: ","))
    }
}

/// The keys of fields, as JSON lines spell them.
public enum LogKey {
    public static let function = "function"
    public static let invocation = "invocationId"
    public static let event = "event"
    public static let kept = "kept"
    public static let broken = "broken"
    public static let faults = "faults"

    /// Values of `event`.
    public static let reloaded = "reloaded"
    public static let listening = "listening"
    public static let loaded = "loaded"
}
