import Testing

@testable import Log

/// Tests the format of a line.
@Suite struct LineTests {
    private let time = Timestamp(seconds: 1_772_360_430, milliseconds: 7)

    private func line(
        _ message: String, _ level: LogLevel = .info, _ fields: [LogField] = [], _ format: LogFormat = .text
    ) -> String {
        String(
            decoding: LogLine(level: level, message: message, fields: fields, time: time).bytes(in: format),
            as: UTF8.self)
    }

    @Test func `a text line is time, level, function, invocation and message`() {
        #expect(line("hello") == "2026-03-01T10:20:30.007Z info hello\n")
        #expect(line("hello", .warning, [.function("f")]) == "2026-03-01T10:20:30.007Z warn f: hello\n")
        #expect(
            line("hello", .error, [.event("x"), .function("f"), .invocation("7")])
                == "2026-03-01T10:20:30.007Z error f 7: hello\n")
        #expect(line("", .debug) == "2026-03-01T10:20:30.007Z debug \n")
    }

    @Test func `a JSON line has every field, sorted by key, between level and message`() {
        #expect(
            line("say \"hi\"", .warning, [.event("e"), .function("f"), .invocation("7")], .json)
                == #"{"time":"2026-03-01T10:20:30.007Z","level":"warn","event":"e","function":"f","invocationId":"7","#
                + #""message":"say \"hi\""}"# + "\n")
    }

    @Test(arguments: [
        (0, 0, "1970-01-01T00:00:00.000Z"), (951_782_400, 999, "2000-02-29T00:00:00.999Z"),
        (4_107_542_399, 10, "2100-02-28T23:59:59.010Z"), (-1, 0, "1969-12-31T23:59:59.000Z"),
    ])
    func `a time is written as ISO 8601 with milliseconds`(_ seconds: Int, milliseconds: Int, text: String) {
        var bytes: [UInt8] = []
        Timestamp(seconds: seconds, milliseconds: milliseconds).append(to: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == text)
    }

    @Test func `one event is one line, so no message can forge another`() {
        let forged = "x\r\n2026-03-01T10:20:30.007Z error f: forged\n"
        #expect(
            line(forged, .warning, [.function("f")])
                == #"2026-03-01T10:20:30.007Z warn f: x\r\n2026-03-01T10:20:30.007Z error f: forged\n"# + "\n")
        let json = line(forged, .warning, [], .json)
        #expect(json.split(separator: "\n").count == 1 && json.contains(#""message":"x\r\n2026"#))
    }

    @Test func `each line of a report is a line with its level`() {
        let start = "2026-03-01T10:20:30.007Z warn f: "
        let report = LogLine(
            level: .warning, message: "a\n\u{1b}b\n", fields: [.function("f")], time: time, isReport: true)
        #expect(
            String(decoding: report.bytes(in: .text), as: UTF8.self)
                == "\(start)a\n\(start)" + #"\u001bb"# + "\n\(start)\n")
        #expect(
            String(decoding: report.bytes(in: .json), as: UTF8.self).hasSuffix(#""message":"a\n\u001bb\n"}"# + "\n"))
    }

    @Test(arguments: [
        ("a\tb", "a\tb"), ("a\rb", #"a\rb"#), ("\u{1b}[2J", #"\u001b[2J"#), ("\0\u{7f}", #"\u0000\u007f"#),
        ("\u{9b}2J", #"\u009b2J"#), ("a\u{2028}b\u{202e}c\u{2066}", #"a\u2028b\u202ec\u2066"#),
        ("\u{200f}\u{2030}", "\u{200f}\u{2030}"), ("é ü \u{a0}", "é ü \u{a0}"), ("日本 👍", "日本 👍"), (#"c:\n"#, #"c:\n"#),
    ])
    func `control characters are escaped in text`(_ text: String, shown: String) {
        #expect(line(text) == "2026-03-01T10:20:30.007Z info \(shown)\n")
    }

    @Test func `a name cannot break a text line`() {
        #expect(line("x", .info, [.function("f\ng")]) == "2026-03-01T10:20:30.007Z info f\\ng: x\n")
    }

    @Test func `a JSON string escapes quotes, backslashes and control characters`() {
        var bytes: [UInt8] = []
        Escape.append(json: "\"\\/\u{8}\u{c}\n\r\t\0\u{1b}\u{7f}é", to: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == #""\"\\/\b\f\n\r\t\u0000\u001b\u007fé""#)
    }

    @Test func `a text for people keeps only intended line breaks`() {
        #expect(Escape.line("a\nb\u{1b}") == #"a\nb\u001b"#)
        #expect(Escape.lines("a\nb\u{1b}\n\n") == "a\nb" + #"\u001b"# + "\n\n")
        #expect(Escape.lines("plain ü\t1") == "plain ü\t1")
    }

    @Test func `a long message is cut`() throws {
        let pipe = try OpenPipe()
        let sink = LogSink(output: pipe.writing, errors: pipe.writing)
        sink.detach()
        let end = " … (cut)\n"
        Logger(sink: sink).info(String(repeating: "x", count: Logger.messageLimit + 1))
        let beginning = "2026-03-01T10:20:30.007Z info ".utf8.count
        let line = pipe.read(beginning + Logger.messageLimit + end.utf8.count)
        #expect(line.dropFirst(beginning) == String(repeating: "x", count: Logger.messageLimit) + end)
    }
}
