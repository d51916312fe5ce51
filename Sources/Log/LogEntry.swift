/// A message for a program that takes log entries as they come.
public struct LogEntry: Sendable {
    public let level: LogLevel
    /// The message, which may have line breaks and control characters.
    public let message: String
    /// Sorted by key.
    public let fields: [LogField]
    /// Whether this is the reason why an invocation ends, which its caller gets as well.
    public let isFailure: Bool

    /// The value of a field; nil if the entry has no such field.
    public func value(_ key: String) -> String? { fields.first { $0.key == key }?.value }
}
