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
    /// `listening`, `reloaded` or `loaded`.
    var event: String?
    /// The functions that keep their previous version after a save.
    var kept: Set<String> = []
    /// The reasons of the functions that do not load, by name.
    var broken: [String: String] = [:]
    /// What is wrong in functions that load, by name.
    var faults: [String: String] = [:]

    static let listening = LogKey.listening
    static let reloaded = LogKey.reloaded
    static let loaded = LogKey.loaded

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

    /// The members of an object of texts, which is written as a text of JSON.
    private static func texts(_ tree: JSONTree?) -> [String: String] {
        let members = tree?.string.flatMap { try? JSONTree.parse($0.utf8Span.span.bytes) }?.members ?? []
        return Dictionary(members.compactMap { member in member.tree.string.map { (member.name, $0) } }) { $1 }
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
        broken = Self.texts(tree[LogKey.broken])
        faults = Self.texts(tree[LogKey.faults])
        level =
            switch tree["level"]?.string {
            case "debug", "trace": .debug
            case "warn": .warning
            case "error", "critical": .error
            default: .info
            }
    }
}
