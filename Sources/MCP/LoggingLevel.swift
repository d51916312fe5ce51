/// The severity of a log message (RFC 5424).
package enum LoggingLevel: String, CaseIterable, Sendable, Comparable {
    case debug, info, notice, warning, error, critical, alert, emergency

    package static let listed = allCases.map(\.rawValue).joined(separator: ", ")

    package static func < (left: LoggingLevel, right: LoggingLevel) -> Bool {
        allCases.firstIndex(of: left) ?? 0 < allCases.firstIndex(of: right) ?? 0
    }
}
