import Log

/// A problem in a file of the app.
public struct Problem: Error, Sendable, Hashable, CustomStringConvertible {
    /// Relative to the app.
    public let file: String
    /// From 1; nil if the whole file or its absence is meant.
    public let line: Int?
    /// What is wrong, and how to fix it.
    public let reason: String
    /// Keeps the line breaks in the reason: luafunc made it from a message and a traceback.
    package var isReport = false

    public init(_ file: String, line: Int? = nil, _ reason: String) {
        self.file = file
        self.line = line
        self.reason = reason
    }

    /// Safe to print, whatever the file's name and content are.
    public var description: String {
        let place = Escape.line(file) + (line.map { ":\($0)" } ?? "")
        return "\(place): \(isReport ? Escape.lines(reason) : Escape.line(reason))"
    }
}
