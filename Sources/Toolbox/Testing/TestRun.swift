import EventLoop
package import FunctionsModel
package import Lua
import Synchronization

/// Runs test files, each in fresh VMs, several of them at the same time.
package struct TestRun: Sendable {
    package struct Options: Sendable {
        /// Only tests whose full name contains this text run; nil for all.
        package var filter: String?
        /// The number of files that run at the same time; nil for one for each core.
        package var parallel: Int?
        /// Records the lines that run; nil without coverage.
        package var lines: LineRecord?
        /// The real time that one test may take.
        package var timeLimit: Duration = .seconds(10)
        package var memoryLimit: Int?
        /// The settings of local.settings.json and of the environment.
        package var settings: [String: String] = [:]
        /// luafunc's version.
        package var version = "0"

        package init() {}
    }

    package let app: FunctionApp
    /// Paths relative to the app.
    package let files: [String]
    package let options: Options

    package init(_ app: FunctionApp, files: [String], options: Options) {
        self.app = app
        self.files = files
        self.options = options
    }

    /// Runs the files. `report` gets the result of each, one at a time, in the order in which they end.
    package func run(report: @escaping @Sendable (TestFileResult) -> Void) async -> TestSummary {
        let began = MonotonicTime.now
        let count = max(1, min(options.parallel ?? Cores.available, files.count))
        let (loops, shared) = (TestLoops.take(count), Shared(files))
        await withTaskGroup(of: Void.self) { group in
            for loop in loops {
                group.addTask(executorPreference: loop) {
                    while let file = shared.next() {
                        let result = await TestFileRun(file: file, app: app, options: options).run(on: loop)
                        shared.add(result, report)
                    }
                }
            }
        }
        TestLoops.giveBack(loops)
        var summary = shared.summary
        summary.duration = MonotonicTime.now - began
        return summary
    }

    /// What the loops share.
    private final class Shared: Sendable {
        private let waiting: Mutex<ArraySlice<String>>
        private let done = Mutex(TestSummary())

        init(_ files: [String]) { waiting = Mutex(files[...]) }

        func next() -> String? { waiting.withLock { $0.popFirst() } }

        func add(_ result: TestFileResult, _ report: (TestFileResult) -> Void) {
            done.withLock { done in
                done.add(result)
                report(result)
            }
        }

        var summary: TestSummary { done.withLock { $0 } }
    }
}

/// Event loops with their threads, which runs borrow. A run has its loops alone, because a clock that several files shared
/// would see no file idle.
private enum TestLoops {
    private static let idle = Mutex<[EventLoop]>([])

    /// - Returns: fewer than `count` loops, but at least one, if the system has no more threads.
    static func take(_ count: Int) -> [EventLoop] {
        var loops = idle.withLock { idle in
            let taken = Array(idle.suffix(count))
            idle.removeLast(taken.count)
            return taken
        }
        while loops.count < count {
            let loop = EventLoop()
            do throws(StreamError) {
                try Thread.start(named: "tests") { loop.run() }
            } catch {
                if loops.isEmpty { loops.append(.main) }
                break
            }
            loops.append(loop)
        }
        return loops
    }

    static func giveBack(_ loops: [EventLoop]) {
        idle.withLock { $0 += loops.filter { $0 !== EventLoop.main } }
    }
}
