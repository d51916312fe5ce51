import CustomHandler
import FoundationEssentials
import Logging

/// How log lines look.
enum LogFormat: String, CaseIterable, Sendable {
    case text, json
}

/// Writes log lines where the host gives them the right level: warnings and errors to stderr, all else to stdout. A
/// warning's line always contains `warn`, by which the host knows it (host-contract §11).
struct ConsoleLogHandler: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level
    let format: LogFormat

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let metadata = event.metadata.map { self.metadata.merging($0) { $1 } } ?? self.metadata
        let line =
            switch format {
            case .text: text(event.level, "\(event.message)", metadata)
            case .json: json(event.level, "\(event.message)", metadata)
            }
        if event.level >= .warning { Console.printError(line) } else { Console.print(line) }
    }

    private func text(_ level: Logger.Level, _ message: String, _ metadata: Logger.Metadata) -> String {
        let word = level == .warning ? "warn" : level.rawValue
        let place = [LogKey.function, LogKey.invocation].compactMap { metadata[$0].map { "\($0)" } }.joined(
            separator: " ")
        return "\(timestamp) \(word) \(place.isEmpty ? "" : place + ": ")\(message)"
    }

    private func json(_ level: Logger.Level, _ message: String, _ metadata: Logger.Metadata) -> String {
        let word = level == .warning ? "warn" : level.rawValue
        let places = metadata.sorted { $0.key < $1.key }.map { ($0.key, JSONText.Value.text("\($0.value)")) }
        return JSONText.object(
            [("time", .text(timestamp)), ("level", .text(word))] + places + [("message", .text(message))])
    }

    private var timestamp: String { Date().formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true)) }
}
