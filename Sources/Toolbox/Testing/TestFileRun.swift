import CustomHandler
import DevHost
import EventLoop
import FunctionsModel
import Log
import Lua

/// Runs one test file on a loop, with fresh VMs of its own.
struct TestFileRun: Sendable {
    let file: String
    let app: FunctionApp
    let options: TestRun.Options

    /// Must be called in a task of the loop, which runs no other file meanwhile.
    func run(on loop: EventLoop) async -> TestFileResult {
        var invocation = InvocationOptions(logger: .silent, showsErrors: false)
        if let limit = options.memoryLimit { invocation.memoryLimit = limit }
        invocation.lines = options.lines
        let inProcess = InProcessApp(
            app, on: loop, settings: options.settings, version: options.version, options: invocation, tests: true)
        let began = MonotonicTime.now
        var result = TestFileResult(file: file)
        let (names, loading) = await inProcess.workers.loadTests(file, limit: options.timeLimit) {
            stack, border throws(LuaError) in
            Self.addInvoke(to: stack, border, inProcess, loop)
        }
        result.logs = loading.logs
        await add(loading, names, inProcess.workers, to: &result)
        await inProcess.workers.shutdown()
        result.duration = MonotonicTime.now - began
        return result
    }

    private func add(
        _ loading: TestEnd, _ names: [String], _ workers: WorkerGroup, to result: inout TestFileResult
    ) async {
        switch loading.reason {
        case .failed(let failure):
            result.failure = self.failure(failure)
        case .skipped(let reason):
            result.results = [TestResult(file: file, name: file, outcome: .skipped(reason: reason))]
        // A framework such as luaunit has run its own tests.
        case .exited(let code) where names.isEmpty:
            let failure = failure(exit: code)
            result.results = [
                TestResult(
                    file: file, name: file, outcome: code == 0 ? .passed : .failed(failure), logs: loading.logs)
            ]
            result.logs = []
        case .exited(let code):
            if code != 0 { result.failure = failure(exit: code) }
            await runTests(names, workers, to: &result)
        case .passed:
            guard !names.isEmpty else {
                return result.failure = TestFailure(
                    message:
                        "the file has no tests; write test(\"name\", function() … end), or end a file of luaunit with "
                        + "os.exit(lu.LuaUnit.run())", file: file)
            }
            await runTests(names, workers, to: &result)
        }
    }

    private func runTests(_ names: [String], _ workers: WorkerGroup, to result: inout TestFileResult) async {
        for (number, name) in names.enumerated() {
            if let filter = options.filter, !name.contains(filter) {
                result.filtered += 1
            } else {
                result.results.append(await run(number, name, workers))
            }
        }
    }

    private func run(_ number: Int, _ name: String, _ workers: WorkerGroup) async -> TestResult {
        let began = MonotonicTime.now
        let end = await workers.runTest(number)
        let outcome: TestResult.Outcome =
            switch end.reason {
            case .passed, .exited: .passed
            case .failed(let failure): .failed(self.failure(failure))
            case .skipped(let reason): .skipped(reason: reason)
            }
        return TestResult(
            file: file, name: name, outcome: outcome, duration: MonotonicTime.now - began, logs: end.logs)
    }

    private func failure(exit code: Int) -> TestFailure {
        TestFailure(message: "the file ended with os.exit(\(code))", file: file)
    }

    /// A failure without a position is blamed on the file.
    private func failure(_ failure: InvocationFailure) -> TestFailure {
        var failure = TestFailure(failure, in: app)
        failure.file = failure.file ?? file
        return failure
    }

    /// Adds the global function `invoke(name, event)`.
    private static func addInvoke(
        to stack: LuaStack, _ border: TestBorder, _ inProcess: InProcessApp, _ loop: EventLoop
    ) {
        stack.push(function: "invoke") { stack throws(LuaError) in
            let call = try InvokeCall(on: stack, of: inProcess.app)
            let time = border.time
            let event = try call.event(in: inProcess.app, at: time)
            return border.wait(on: stack) { wait in
                loop.task {
                    let run = await call.run(event, inProcess, at: time)
                    let result = InvokeResult(function: call.function, run: run, logs: inProcess.takeLogs(of: run.id))
                    inProcess.workers.complete(wait) { stack, border throws(LuaError) in
                        try result.push(onto: stack, border)
                    }
                }
            }
        }
        border.define("invoke", on: stack)
    }
}

extension TestFailure {
    /// A failure of Lua code, with the lines around its position.
    init(_ failure: InvocationFailure, in app: FunctionApp) {
        let place = SourceExcerpt.place(failure.message)
        let excerpt = SourceExcerpt([failure.message] + failure.traceback, files: app.files)
        self.init(
            message: place?.rest ?? failure.message, file: excerpt?.file ?? place?.file,
            line: excerpt?.number ?? place?.line, traceback: failure.traceback,
            excerpt: excerpt?.text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) ?? [])
    }
}
