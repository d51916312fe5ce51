import Testing

@testable import Log

/// Tests which lines are written, and their fields.
@Suite struct LoggerTests {
    private func message(_ builds: inout Int) -> String {
        builds += 1
        return "text"
    }

    @Test func `a message is built only if its line is written`() throws {
        let pipe = try OpenPipe()
        var builds = 0
        let logger = Logger(level: .warning, sink: LogSink(output: pipe.writing, errors: pipe.writing))
        logger.info(message(&builds))
        logger.debug(message(&builds))
        Logger.silent.error(message(&builds))
        #expect(builds == 0)
        logger.warning(message(&builds))
        #expect(builds == 1 && pipe.readAll().hasSuffix(" warn text\n"))
    }

    @Test func `levels are ordered and named as scripts name them`() {
        #expect(LogLevel.allCases == LogLevel.allCases.sorted())
        #expect(LogLevel.allCases.map(\.rawValue) == ["debug", "info", "warn", "error"])
    }

    @Test func `warnings and errors go to standard error, the rest to standard output`() throws {
        let output = try OpenPipe()
        let errors = try OpenPipe()
        let logger = Logger(level: .debug, sink: LogSink(output: output.writing, errors: errors.writing))
        logger.debug("1")
        logger.info("2")
        logger.warning("3")
        logger.error("4")
        #expect(output.readAll().split(separator: "\n").map { $0.dropFirst(25) } == ["debug 1", "info 2"])
        #expect(errors.readAll().split(separator: "\n").map { $0.dropFirst(25) } == ["warn 3", "error 4"])
    }

    @Test func `fields are kept sorted, and a later one replaces an earlier one`() {
        let logger = Logger.silent.with(.invocation("1")).with(.function("f")).with(LogField("a", "x"))
            .with(.invocation("2")).with(.event("e"))
        #expect(logger.fields == [LogField("a", "x"), .event("e"), .function("f"), .invocation("2")])
    }

    @Test func `a line carries the logger's fields and its own`() throws {
        let pipe = try OpenPipe()
        let sink = LogSink(output: pipe.writing, errors: pipe.writing)
        let logger = Logger(format: .json, sink: sink).with(.function("f"))
        logger.info("m", [.event(LogKey.reloaded), .function("g")])
        let line = pipe.readAll()
        #expect(line.contains(#""level":"info","event":"reloaded","function":"g","message":"m"}"#))
    }
}
