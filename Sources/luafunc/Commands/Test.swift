import EventLoop
import FunctionsModel
import Toolbox

extension Command {
    static let test = Command(
        name: "test", summary: "Run the tests of an app: *_test.lua beside functions and in lib/.",
        discussion: """
            A test calls a function as the host would:
              test("takes an order", function()
                local r = invoke("order", { body = { item = "hat" } })
                expect(r.response.statusCode):equals(201)
              end)
            Each file runs in fresh Lua VMs, with a clock that jumps while everything waits, and with stubs in place \
            of HTTP requests. Exits with 1 if a test fails.

            Example: luafunc test order --coverage
            """,
        options: [
            AppChoice.option, filter, format, watch, coverage, lcov, leastCoverage, timeLimit, LimitOptions.memory,
        ],
        rest: Rest(
            name: "what", help: "Functions, test files or folders of the app. By default, all tests run.",
            isBare: true, completion: .functions)
    ) { arguments in
        let settings = Settings.current
        let source = try AppChoice(arguments).source(settings)
        var options = TestSession.Options()
        options.chosen = arguments.rest
        options.format = arguments[format] ?? .text
        options.lcov = arguments[lcov]
        options.leastCoverage = arguments[leastCoverage]
        options.isCovered = arguments[coverage] || options.lcov != nil || options.leastCoverage != nil
        options.run.filter = arguments[filter]
        options.run.timeLimit = arguments[timeLimit] ?? options.run.timeLimit
        options.run.memoryLimit = LimitOptions(arguments).memory
        options.run.version = version
        let watches = arguments[watch]
        if watches, !source.changes {
            throw UsageError(.other("--watch needs an app in a folder: name one with --app"))
        }
        let loop = EventLoop.main
        loop.bind()
        loop.task { @MainLoop [options] in
            let session = TestSession(source, settings, options)
            if watches { await session.watch() } else { await session.run() }
        }
        loop.run()
        ExitCode.failure.end()
    }

    private static let filter = Option("filter", .text, "Run only the tests whose name contains this text.")
    private static let format = Option(
        "format", ValueOf<TestFormat>.choice, "The form of the results.", default: "text")
    private static let watch = Flag("watch", "Run the tests again at each save.")
    private static let coverage = Flag("coverage", "Show how many lines of each file have run.")
    private static let lcov = Option("lcov", .file, "Write the coverage in lcov's format.")
    private static let leastCoverage = Option(
        "coverage-min", ValueOf<Int>.number(0...100), "Fail if less than this percentage of the lines has run.")
    private static let timeLimit = Option(
        "time-limit", .time, "Real time that one test may take, such as 30s.", default: "10s")
}
