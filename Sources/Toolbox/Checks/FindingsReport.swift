import CustomHandler
package import FunctionsModel
import JSON
import Log

/// The findings of a check, in the form that a person, a program or GitHub reads.
package struct FindingsReport: Sendable {
    package let check: AppCheck

    /// The scripts with findings, so that each is split into lines once.
    private let sources: [String: SourceExcerpt.Source]

    package init(_ check: AppCheck) {
        self.check = check
        let files = Set(check.findings.filter { $0.line != nil && $0.file.hasSuffix(".lua") }.map(\.file))
        var sources: [String: SourceExcerpt.Source] = [:]
        for file in files { sources[file] = SourceExcerpt.Source(file, in: check.app.files) }
        self.sources = sources
    }

    /// `12 functions, 2 errors, 1 warning`
    package var summary: String {
        let functions = Self.count(check.app.names.count, "function")
        let counts = [(Finding.Severity.error, "error"), (.warning, "warning"), (.note, "note")].compactMap {
            severity, word in
            let number = check.count(of: severity)
            return number == 0 ? nil : Self.count(number, word)
        }
        return counts.isEmpty ? "\(functions), no problems found" : ([functions] + counts).joined(separator: ", ")
    }

    private static func count(_ number: Int, _ word: String) -> String { "\(number) \(word)\(number == 1 ? "" : "s")" }

    /// The lines of a script around a finding; nil for another file, or if the script has no such line.
    package func excerpt(of finding: Finding) -> String? {
        guard let line = finding.line, let source = sources[finding.file] else { return nil }
        return SourceExcerpt(line, of: source)?.text
    }

    /// An object with the findings and their numbers.
    package var json: String {
        let text = JSONText()
        text.append(raw: "{\"findings\":[")
        for (index, finding) in check.findings.enumerated() {
            text.append(raw: index == 0 ? "\n{" : ",\n{")
            Self.write(finding, to: text)
            text.append(raw: "}")
        }
        text.append(raw: check.findings.isEmpty ? "]" : "\n]")
        text.append(raw: ",\"functions\":\(check.app.names.count)")
        for (name, severity) in [("errors", Finding.Severity.error), ("warnings", .warning), ("notes", .note)] {
            text.append(raw: ",\"\(name)\":\(check.count(of: severity))")
        }
        text.append(raw: "}")
        return text.text
    }

    private static func write(_ finding: Finding, to text: JSONText) {
        func member(_ name: String, _ value: String) {
            text.append(raw: ",\"\(name)\":")
            text.append(string: value)
        }
        text.append(raw: "\"severity\":\"\(finding.severity.rawValue)\"")
        member("file", finding.file)
        if let line = finding.line { text.append(raw: ",\"line\":\(line)") }
        if let column = finding.column { text.append(raw: ",\"column\":\(column)") }
        member("rule", finding.rule.rawValue)
        member("message", finding.message)
        if let remedy = finding.remedy { member("remedy", remedy) }
        if let function = finding.function { member("function", function) }
    }

    /// Workflow commands, with which GitHub Actions shows each finding beside its line.
    ///
    /// - Parameter folder: the app's folder relative to the repository, because GitHub looks for files there.
    package func github(in folder: String) -> String {
        check.findings.map { finding in
            let command = finding.severity == .note ? "notice" : finding.severity.rawValue
            let file = folder.isEmpty || folder == "." ? finding.file : "\(folder)/\(finding.file)"
            var text = "::\(command) file=\(Self.property(file))"
            if let line = finding.line { text += ",line=\(line)" }
            if let column = finding.column { text += ",col=\(column)" }
            let message = [finding.message, finding.remedy].compactMap(\.self).joined(separator: "; ")
            return "\(text),title=\(Self.property("luafunc: \(finding.rule.rawValue)"))::\(Self.data(message))"
        }.joined(separator: "\n")
    }

    /// GitHub's escapes in a message. The log of the workflow is a terminal too.
    private static func data(_ text: String) -> String { escaped(Escape.lines(text), "%\r\n") }

    /// GitHub's escapes in a property.
    private static func property(_ text: String) -> String { escaped(Escape.line(text), "%\r\n:,") }

    private static func escaped(_ text: String, _ special: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            if special.unicodeScalars.contains(scalar) {
                let digits = String(scalar.value, radix: 16, uppercase: true)
                result += "%" + (digits.count == 1 ? "0" : "") + digits
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
