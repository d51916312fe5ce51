import EventLoop
import Foundation
import FunctionsModel
import LoopTesting
import TestSupport
import Testing

@testable import DevHost

/// The development host in this process. The process of its handler only sleeps; the server on the port in host.json
/// answers.
@MainLoop
final class HostInProcess {
    let app: TemporaryApp
    private(set) var events: [HostEvent] = []
    private let waiter = Waiter(EventLoop.main)
    private(set) var host: DevHost?
    private var running: Task<Void, any Error>?
    private(set) var port = 0

    /// - Parameters:
    ///   - handlerPort: the port of the server that answers.
    ///   - hostFile: further members of host.json.
    ///   - options: further members of its `customHandler`.
    convenience init(
        _ files: [String: String], handlerPort: Int, hostFile: String = "", options: String = "",
        program: [String]? = ["/bin/sleep", "1000"], change: (inout DevHost.Options) -> Void = { _ in }
    ) async throws {
        let text = """
            { "version": "2.0", "extensionBundle": {}, "customHandler": { "port": \(handlerPort) \(options) } \(hostFile) }
            """
        let app = try TemporaryApp(files.merging(["host.json": text]) { own, _ in own })
        try await self.init(app, program: program, change: change)
    }

    /// - Parameter program: the handler's process; nil for the one in host.json.
    init(
        _ app: TemporaryApp, program: [String]?, change: (inout DevHost.Options) -> Void = { _ in }
    ) async throws {
        self.app = app
        let folder = app.folder.path
        var settings = DevHost.Options(
            .folder(folder), folder: folder, handler: program.map { .program($0) } ?? .described,
            environment: ["PATH": "/usr/bin:/bin"])
        settings.port = 0
        // A loaded machine may need long for a test's next step.
        settings.warmUpPatience = .seconds(600)
        change(&settings)
        let host = try await DevHost(settings) { [weak self] event in
            self?.events.append(event)
            self?.waiter.changed()
        }
        self.host = host
        port = host.server.port
        running = EventLoop.main.task { try await host.run() }
    }

    /// Waits for an event, which may already have happened.
    func wait(for what: String, _ isMeant: @escaping @MainLoop (HostEvent) -> Bool) async throws {
        try await waiter.wait(for: what) { [unowned self] in events.contains { isMeant($0) } }
    }

    /// The services of the host, which runs.
    var storage: LocalStorage {
        get throws { try #require(host).storage }
    }

    /// Waits until the services of the host are in a state, and nothing that changes them runs.
    func waitForServices(_ what: String, _ isMeant: @escaping @MainLoop (LocalStorage) -> Bool) async throws {
        let storage = try storage
        let key = storage.listen { [waiter] in waiter.changed() }
        defer { storage.leave(key) }
        try await waiter.wait(for: what) { isMeant(storage) }
    }

    /// Waits for the end of an invocation of this function.
    func end(of function: String) async throws -> InvocationEnd {
        var found: InvocationEnd?
        try await wait(for: "the end of \(function)") { event in
            if case .invocationEnded(let end) = event, end.function == function { found = end }
            return found != nil
        }
        return try #require(found)
    }

    /// The ends of all invocations so far.
    var ends: [InvocationEnd] {
        events.compactMap { if case .invocationEnded(let end) = $0 { end } else { nil } }
    }

    /// Waits until this many invocations have ended since the start.
    func wait(forEnds count: Int) async throws {
        try await waiter.wait(for: "\(count) invocations") { [unowned self] in ends.count >= count }
    }

    /// Waits for a warning or an error that contains this text.
    func waitForLine(containing text: String) async throws {
        try await waiter.wait(for: text) { [unowned self] in hasTold(text) }
    }

    /// Puts a message into a storage queue, as another program would.
    func sendMessage(_ text: String, to queue: String) throws {
        let storage = try #require(host?.storage)
        _ = try storage.queues.send(Array(text.utf8), to: queue)
        storage.wake()
    }

    /// Whether a warning or an error contains this text.
    func hasTold(_ text: String) -> Bool {
        events.contains { event in
            switch event {
            case .warning(let line), .error(let line), .handlerEnded(let line, _): line.contains(text)
            default: false
            }
        }
    }

    /// The handler's output.
    var lines: [HandlerLine] { events.compactMap { if case .handlerLine(let line) = $0 { line } else { nil } } }

    /// How often a process of the handler became ready.
    var readyCount: Int { events.count { if case .handlerReady = $0 { true } else { false } } }

    /// The error with which the host ends by itself.
    func failure() async -> (any Error)? {
        do {
            try await running?.value
            return nil
        } catch {
            return error
        }
    }

    func stop() async throws {
        running?.cancel()
        try await running?.value
        host = nil
    }
}
