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
    private var host: DevHost?
    private var running: Task<Void, any Error>?
    private(set) var port = 0

    /// - Parameters:
    ///   - handlerPort: the port of the server that answers.
    ///   - hostFile: further members of host.json.
    ///   - options: further members of its `customHandler`.
    init(
        _ files: [String: String], handlerPort: Int, hostFile: String = "", options: String = "",
        program: [String] = ["/bin/sleep", "1000"], change: (inout DevHost.Options) -> Void = { _ in }
    ) async throws {
        let text = """
            { "version": "2.0", "extensionBundle": {}, "customHandler": { "port": \(handlerPort) \(options) } \(hostFile) }
            """
        app = try TemporaryApp(files.merging(["host.json": text]) { own, _ in own })
        let folder = app.folder.path
        var settings = DevHost.Options(
            .folder(folder), folder: folder, handler: .program(program), environment: ["PATH": "/usr/bin:/bin"])
        settings.port = 0
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

    /// Waits for the end of an invocation of this function.
    func end(of function: String) async throws -> InvocationEnd {
        var found: InvocationEnd?
        try await wait(for: "the end of \(function)") { event in
            if case .invocationEnded(let end) = event, end.function == function { found = end }
            return found != nil
        }
        return try #require(found)
    }

    /// Waits for a warning or an error that contains this text.
    func waitForLine(containing text: String) async throws {
        try await wait(for: text) { event in
            switch event {
            case .warning(let line), .error(let line), .handlerEnded(let line, _): line.contains(text)
            default: false
            }
        }
    }

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
