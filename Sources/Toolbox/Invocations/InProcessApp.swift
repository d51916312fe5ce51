package import CustomHandler
package import DevHost
package import EventLoop
package import FunctionsModel
package import HTTP1
import Log
import Synchronization

/// An app whose functions run in this process, without a server.
package final class InProcessApp: Sendable {
    package let app: FunctionApp
    package let workers: WorkerGroup
    private let logs: InvocationLogs

    /// - Parameters:
    ///   - loop: the loop that runs the functions.
    ///   - options: its logger gets every entry as it comes.
    ///   - tests: whether the functions get the clock, the stubs and the settings of a test file.
    package init(
        _ app: FunctionApp, on loop: EventLoop, settings: [String: String], version: String,
        options: InvocationOptions, tests: Bool = false
    ) {
        self.app = app
        let (logs, live) = (InvocationLogs(), options.logger)
        self.logs = logs
        var options = options
        options.logger = Logger(level: live.level) { entry in
            logs.add(entry)
            live.pass(entry)
        }
        workers = WorkerGroup(loop: loop, settings: settings, version: version, tests: tests)
        workers.install(app, options: options)
    }

    /// The messages that an invocation has logged, without the reason of its failure. They are then forgotten. If they
    /// are longer than 16 MB, the later ones are missing, and the last message says so.
    package func takeLogs(of invocation: String) -> [String] { logs.take(invocation) }
}

extension InProcessApp: HandlerChannel {
    package func exchange(
        _ method: HTTPMethod, _ target: String, fields: HTTPFields, body: [UInt8]
    ) async throws -> HandlerAnswer {
        let response = try await workers.answer(method, target, fields: fields, body: body)
        return HandlerAnswer(
            status: response.status, fields: response.fields, body: response.body, isComplete: response.isComplete,
            failure: response.failure.map { failure in
                let kind: RunFailure.Kind =
                    switch failure.reason {
                    case .function: .function
                    case .limit: .limit
                    case .request: .host
                    }
                return RunFailure(message: failure.message, kind: kind, traceback: failure.traceback)
            })
    }
}

/// The log messages of the invocations that have not been asked for yet.
private final class InvocationLogs: Sendable {
    private struct Kept {
        var messages: [String] = []
        var bytes = 0
        /// How many messages are missing.
        var missing = 0

        mutating func add(_ message: String) {
            guard bytes < limit else {
                missing += 1
                return
            }
            messages.append(message)
            bytes += message.utf8.count
        }
    }

    private static let limit = 16 << 20
    private let kept = Mutex<[String: Kept]>([:])

    func add(_ entry: LogEntry) {
        guard !entry.isFailure, let id = entry.value(LogKey.invocation) else { return }
        kept.withLock { $0[id, default: Kept()].add(entry.message) }
    }

    func take(_ id: String) -> [String] {
        guard let kept = kept.withLock({ $0.removeValue(forKey: id) }) else { return [] }
        guard kept.missing > 0 else { return kept.messages }
        return kept.messages + [
            "luafunc keeps 16 MB of an invocation's log; \(kept.missing) later messages are missing here"
        ]
    }
}
