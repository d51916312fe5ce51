import EventLoop
import Files
import FunctionsModel
import Glibc
import Log
import Synchronization
import Toolbox

/// The work of `test`: runs an app's tests, once or at each save, and prints their results.
@MainLoop
final class TestSession {
    struct Options: Sendable {
        /// Functions, test files and folders; all tests if it is empty.
        var chosen: [String] = []
        var format = TestFormat.text
        var isCovered = false
        /// The file for coverage in lcov's format.
        var lcov: String?
        /// The percentage of lines that must run.
        var leastCoverage: Int?
        var run = TestRun.Options()
    }

    private let loader: AppLoader
    private let settings: Settings
    private let options: Options
    private let style: ConsoleStyle

    init(_ source: AppSource, _ settings: Settings, _ options: Options) {
        loader = AppLoader(source, settings: settings.values)
        self.settings = settings
        self.options = options
        style = ConsoleStyle(isTerminal: StandardStream.output.isTerminal)
    }

    /// Runs the tests once, and ends the process.
    func run() async -> Never {
        do {
            (try await runOnce() ? ExitCode.success : .failure).end()
        } catch let problem as Problem {
            Console.printError("luafunc: \(problem)")
            ExitCode.badApp.end()
        } catch {
            ExitCode.end(error)
        }
    }

    /// Runs the tests at once and after each save, until a signal ends the process.
    func watch() async -> Never {
        for signal in [SIGTERM, SIGINT, SIGHUP] { _ = SignalWatch(.main, signal: signal) { ExitCode.stopped.end() } }
        // The stream keeps one element, for a change that is saved while the tests run.
        let (saves, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        // The watcher reports a change at its beginning, for which the tests run the first time.
        let watcher = FileWatcher(
            .main, folders: { [loader] in loader.walk() },
            looking: { Console.printError("warn  saves may take up to a second to be noticed: \($0)") },
            changed: { continuation.yield() })
        for await _ in saves {
            do {
                _ = try await runOnce()
            } catch {
                Console.printError("luafunc: \(error)")
            }
            say("\(Console.clock)  waiting for a save; Ctrl-C ends")
        }
        watcher.close()
        ExitCode.stopped.end()
    }

    /// Returns whether all tests have passed, and enough lines have run.
    private func runOnce() async throws -> Bool {
        let app = try loader.load()
        var run = options.run
        // A mistake that ends the run is a warning of the app too, and must not be printed twice.
        run.settings = try TestRun.settings(of: app, environment: settings.values)
        for warning in app.warnings { Console.printError("warn  \(warning)") }
        let files: [String]
        do throws(TestChoiceError) {
            files = try TestFiles.find(in: app, options.chosen)
        } catch {
            throw UsageError(.other("\(error)"), command: "test")
        }
        if files.isEmpty {
            guard !app.names.isEmpty else {
                throw Problem(
                    app.root, "has no functions; a function is a folder, here or in functions/, with a function.json")
            }
            Console.printError(
                "\(app.root): has no tests; write test(\"name\", function() … end) in functions/NAME/NAME_test.lua")
            if options.format == .text, !options.isCovered { return true }
        }
        let lines = options.isCovered ? Coverage.record(for: app) : nil
        run.lines = lines
        let output = TestOutput(options.format.report(style.paint), files)
        let summary = await TestRun(app, files: files, options: run).run { output.add($0) }
        output.end(summary)
        if summary.tests == 0, summary.filtered > 0, let filter = run.filter {
            let count = summary.filtered
            let tests = count == 1 ? "the only test does not have" : "none of the \(count) tests has"
            Console.printError("luafunc: \(tests) '\(filter)' in its name")
            return false
        }
        let isEnough = try lines.map { try show(Coverage(of: app, $0)) } ?? true
        return summary.failed == 0 && isEnough
    }

    /// Returns whether enough lines have run.
    private func show(_ coverage: Coverage) throws -> Bool {
        if let file = options.lcov { try FileSystem.write([Array(coverage.lcov.utf8)], to: file) }
        say("\n" + coverage.table(options.format == .text ? style.paint : { $1 }))
        guard let least = options.leastCoverage, !coverage.reaches(percent: least) else { return true }
        Console.printError(
            "luafunc: \(Coverage.percent(coverage.covered, of: coverage.lines)) % of the lines have run, less than \(least) %"
        )
        return false
    }

    /// Prints what is not part of the results: only the format for people has room for it.
    private func say(_ text: String) {
        if options.format == .text { Console.printStyled(text) } else { Console.printStyledError(text) }
    }
}

/// Prints results in the order of their files. Runs report from any thread, but one file at a time.
private final class TestOutput: Sendable {
    private let state: Mutex<(report: any TestReport, order: TestOrder)>

    init(_ report: any TestReport, _ files: [String]) {
        var report = report
        Self.print(report.begin())
        state = Mutex((report, TestOrder(files)))
    }

    func add(_ result: TestFileResult) {
        state.withLock { state in
            for result in state.order.add(result) { Self.print(state.report.add(result)) }
        }
    }

    func end(_ summary: TestSummary) { state.withLock { Self.print($0.report.end(summary)) } }

    /// Reports escape what comes from outside.
    private static func print(_ text: String?) { if let text { Console.printStyled(text) } }
}

extension ConsoleStyle {
    fileprivate func paint(_ emphasis: TestEmphasis, _ text: String) -> String {
        switch emphasis {
        case .bold: bold(text)
        case .dim: dim(text)
        case .good: green(text)
        case .bad: red(text)
        case .doubtful: yellow(text)
        }
    }
}
