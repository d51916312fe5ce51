/// The reason why the `schedule` of a timer trigger is invalid.
enum TimerScheduleError: Error, Equatable {
    /// Neither an expression nor a time span.
    case unreadable(String)
    case fieldCount(Int, in: String)
    case value(CronField, String)
    /// A comma or hyphen without a value on both sides, in the whole field.
    case missingValue(CronField, String)
    case step(CronField, String)
}

extension TimerScheduleError: CustomStringConvertible {
    private static let fields = CronField.allCases.map(\.rawValue).joined(separator: " ")

    var description: String {
        switch self {
        case .unreadable(let text):
            "'\(text)' is neither the six fields \(Self.fields), such as '0 */5 * * * *', nor a time span such as "
                + "'00:05:00'"
        case .fieldCount(let count, let text):
            "'\(text)' has \(count) fields; write the six fields \(Self.fields), or five without the second"
        case .value(let field, let text):
            "the \(field.rawValue) field '\(text)' must be \(field.allowed); the six fields are \(Self.fields)"
        case .missingValue(let field, let text):
            "the \(field.rawValue) field '\(text)' lacks a value beside ',', '-' or '/'; each must be \(field.allowed)"
        case .step(let field, let text):
            "the \(field.rawValue) field '\(text)' must have a whole number after '/'"
        }
    }
}

extension CronField {
    fileprivate var allowed: String {
        switch self {
        case .month: "from 1 to 12 or a name such as Jan"
        case .dayOfWeek: "from 0 (Sunday) to 6 (Saturday) or a name such as Mon"
        default: "from \(range.lowerBound) to \(range.upperBound)"
        }
    }
}
