import Log

/// A problem in a file of the app.
public struct Problem: Error, Sendable, Hashable, CustomStringConvertible {
    /// The file or folder, relative to the app.
    public let file: String
    /// The line, from 1; nil if the problem concerns the whole file or the file is missing.
    public let line: Int?
    /// What is wrong, and how to fix it.
    public let reason: String
    /// Whether the reason keeps its line breaks. luafunc made such a reason from an error message and a traceback.
    package var isReport = false

    public init(_ file: String, line: Int? = nil, _ reason: String) {
        self.file = file
        self.line = line
        self.reason = reason
    }

    /// The problem as text that is safe to print, whatever the file's name and content are.
    public var description: String {
        let place = Escape.line(file) + (line.map { ":\($0)" } ?? "")
        return "\(place): \(isReport ? Escape.lines(reason) : Escape.line(reason))"
    }
}
