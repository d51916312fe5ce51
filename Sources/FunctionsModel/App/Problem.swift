package import JSON
import Log

/// A problem in a file of the app.
public struct Problem: Error, Sendable, Hashable, CustomStringConvertible {
    /// The file or folder, relative to the app.
    public let file: String
    /// The line, from 1; nil if the problem concerns the whole file or the file is missing.
    public let line: Int?
    /// In bytes, from 1.
    package let column: Int?
    /// What is wrong, and how to fix it.
    public let reason: String
    /// The kind of the problem for `luafunc check`; nil for the kind of its file.
    package let rule: Rule?
    /// Whether the reason keeps its line breaks. luafunc made such a reason from an error message.
    package var isReport = false
    /// The calls that led to the problem in a script, innermost first.
    package var traceback: [String] = []

    public init(_ file: String, line: Int? = nil, _ reason: String) {
        self.init(file, at: line.map { JSONTree.Place(line: $0) }, reason)
    }

    package init(_ file: String, at place: JSONTree.Place?, rule: Rule? = nil, _ reason: String) {
        self.file = file
        line = place?.line
        column = place?.column
        self.rule = rule
        self.reason = reason
    }

    /// The problem as text that is safe to print, whatever the file's name and content are.
    public var description: String {
        let place = Escape.line(file) + (line.map { ":\($0)" } ?? "")
        let calls = traceback.isEmpty ? [] : ["stack traceback:"] + traceback.map { "\t" + Escape.line($0) }
        return (["\(place): \(isReport ? Escape.lines(reason) : Escape.line(reason))"] + calls).joined(separator: "\n")
    }
}
