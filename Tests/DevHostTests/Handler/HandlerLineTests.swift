import Testing

@testable import DevHost

/// host-contract §11
@Suite struct HandlerLineTests {
    @Test(
        arguments: [
            ("error: of stdout", false, true, .info),
            ("a Warning of stderr", true, true, .warning),
            ("anything else", true, true, .error),
            ("anything else", true, false, .info),
            ("it FAILED", true, false, .error),
            ("Unhandled exception", true, false, .error),
        ] as [(String, Bool, Bool, HandlerLine.Level)])
    func `the level depends on the stream and on certain words`(
        _ line: String, _ isError: Bool, _ forErrors: Bool, _ level: HandlerLine.Level
    ) {
        #expect(HandlerLine(line, isError: isError, stderrIsForErrors: forErrors).level == level)
    }

    @Test func `every occurrence of the host's prefix is removed`() {
        let line = HandlerLine(
            "LanguageWorkerConsoleLogone languageworkerconsolelogtwo", isError: false, stderrIsForErrors: true)
        #expect(line.text == "one two")
    }

    @Test func `a line of luafunc names its function and invocation`() throws {
        let line = try #require(
            HandlerLine(
                luafunc: #"{"time":"t","level":"warn","function":"order","invocationId":"7","message":"two\nlines"}"#))
        #expect(line.level == .warning && line.text == "two\nlines")
        #expect(line.function == "order" && line.invocationID == "7" && line.event == nil)
        #expect(HandlerLine(luafunc: "{ not JSON") == nil)
        #expect(HandlerLine(luafunc: "plain words") == nil)
    }
}
