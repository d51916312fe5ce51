package import JSON

/// Something that `luafunc check` says about a file of the app.
package struct Finding: Sendable, Hashable {
    package enum Severity: String, Sendable, Comparable {
        /// The function, or the whole app, does not work in Azure or here.
        case error
        /// It works, but probably not as its author expects.
        case warning
        /// Good to know.
        case note

        package static func < (first: Severity, second: Severity) -> Bool { first.rank < second.rank }

        private var rank: Int { self == .error ? 2 : self == .warning ? 1 : 0 }
    }

    package var severity: Severity
    package let rule: Rule
    /// The file or folder, relative to the app.
    package let file: String
    /// From 1; nil if the finding concerns the whole file or the file is missing.
    package let line: Int?
    /// In bytes, from 1; nil where it is not known, as in Lua's own errors.
    package let column: Int?
    /// What is wrong. It may have several lines, as an error of a script may.
    package var message: String
    /// How to put it right, as a clause that begins with a small letter; nil if the message says it.
    package let remedy: String?
    /// The function that it concerns; nil for a file of the whole app.
    package var function: String?
    /// The functions that need the file, if they are several.
    package var users: Set<String> = []

    package init(
        _ severity: Severity, _ rule: Rule, _ file: String, line: Int? = nil, column: Int? = nil, _ message: String,
        remedy: String? = nil, function: String? = nil
    ) {
        self.severity = severity
        self.rule = rule
        self.file = file
        self.line = line
        self.column = column
        self.message = message
        self.remedy = remedy
        self.function = function
    }

    package init(
        _ severity: Severity, _ rule: Rule, _ file: String, at place: JSONTree.Place?, _ message: String,
        remedy: String? = nil, function: String? = nil
    ) {
        self.init(
            severity, rule, file, line: place?.line, column: place?.column, message, remedy: remedy, function: function)
    }

    /// A problem says what is wrong before its first semicolon, and how to put it right after it.
    package init(_ severity: Severity, _ problem: Problem, _ rule: Rule, function: String? = nil) {
        let parts = problem.isReport ? [problem.reason[...]] : problem.reason.split(separator: "; ", maxSplits: 1)
        self.init(
            severity, problem.rule ?? rule, problem.file, line: problem.line, column: problem.column,
            parts.first.map { String($0) } ?? problem.reason, remedy: parts.count == 2 ? String(parts[1]) : nil,
            function: function)
    }

    /// The finding as one sentence.
    package var problem: Problem {
        var problem = Problem(
            file, at: line.map { JSONTree.Place(line: $0, column: column) }, rule: rule,
            remedy.map { "\(message); \($0)" } ?? message)
        problem.isReport = message.utf8.contains(UInt8(ascii: "\n"))
        return problem
    }
}

/// By file, line and column.
extension Finding: Comparable {
    package static func < (first: Finding, second: Finding) -> Bool {
        if first.file != second.file { return first.file < second.file }
        if first.line != second.line { return first.line ?? 0 < second.line ?? 0 }
        if first.column != second.column { return first.column ?? 0 < second.column ?? 0 }
        if first.severity != second.severity { return first.severity > second.severity }
        if first.rule != second.rule { return first.rule.rawValue < second.rule.rawValue }
        return first.message < second.message
    }
}
