import JSON
import Log

/// One line of the handler's output.
public struct HandlerLine: Sendable, Equatable {
    public enum Level: Sendable { case debug, info, warning, error }

    public var level: Level
    public var text: String
    /// The function; set only for lines from luafunc.
    public var function: String?
    public var invocationID: String?
    /// `listening` or `reloaded`.
    var event: String?
    /// The functions that keep their previous version after a save.
    var kept: Set<String> = []

    static let listening = LogKey.listening
    static let reloaded = LogKey.reloaded

    /// Reads a line of any custom handler. Its stream and words determine the level (host-contract §11).
    init(_ line: String, isError: Bool, stderrIsForErrors: Bool) {
        text = line
        let lower = line.lowercased()
        if !isError {
            level = .info
        } else if lower.contains("warn") {
            level = .warning
        } else if stderrIsForErrors {
            level = .error
        } else {
            let words = ["error", "fail", "severe", "unhandled exception"]
            level = words.contains { lower.contains($0) } ? .error : .info
        }
        let prefix = "languageworkerconsolelog"
        guard lower.hasPrefix(prefix) else { return }
        // Removes every occurrence.
        var rest = text[...]
        var kept = ""
        while let first = rest.first {
            if rest.prefix(prefix.count).lowercased() == prefix {
                rest = rest.dropFirst(prefix.count)
            } else {
                kept.append(first)
                rest = rest.dropFirst()
            }
        }
        text = kept
    }

    /// Reads a line that luafunc wrote with `--log-format json`; returns nil for any other line.
    init?(luafunc line: String) {
        guard line.hasPrefix("{"), let tree = try? JSONTree.parse(line.utf8Span.span.bytes),
            let message = tree["message"]?.string
        else { return nil }
        text = message
        function = tree[LogKey.function]?.string
        invocationID = tree[LogKey.invocation]?.string
        event = tree[LogKey.event]?.string
        kept = Set((tree[LogKey.kept]?.string ?? "").split(separator: ",").map(String.init))
        level =
            switch tree["level"]?.string {
            case "debug", "trace": .debug
            case "warn": .warning
            case "error", "critical": .error
            default: .info
            }
    }
}
