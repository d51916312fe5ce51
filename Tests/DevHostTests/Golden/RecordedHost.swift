import Foundation
import JSON
import LoopTesting
import TestSupport
import Testing

@testable import DevHost

/// The stand-in host with one of the apps of the recordings (Tests/Golden/host/apps.json) and a handler that answers
/// as recorded.
struct RecordedHost {
    let host: HostInProcess
    let handler: ScriptedHandler

    /// - Parameters:
    ///   - functions: the functions to load; nil for all of the app.
    ///   - program: the process that the host starts, which does not answer.
    ///   - probe: the answer to the readiness probe; nil for 404.
    ///   - change: changes the app's files before the start.
    init(
        app: String, functions: Set<String>? = nil, program: [String] = ["/bin/sleep", "1000"],
        probe: ScriptedHandler.Answer? = nil, options: @escaping @Sendable (inout DevHost.Options) -> Void = { _ in },
        change: (inout [String: String]) throws -> Void = { _ in }
    ) async throws {
        MainLoopThread.start()
        let handler = try probe.map { try ScriptedHandler(probe: $0) } ?? ScriptedHandler()
        var files = try Self.files(app: app, handlerPort: handler.port)
        if let functions {
            files = files.filter { $0.key == "host.json" || functions.contains(String($0.key.dropLast(14))) }
        }
        try change(&files)
        self.handler = handler
        host = try await HostInProcess(files, handlerPort: handler.port, program: program) { options(&$0) }
    }

    func stop() async throws {
        try await host.stop()
        handler.stop()
    }

    private static func files(app: String, handlerPort: Int) throws -> [String: String] {
        let path = Repository.root.appending(path: "Tests/Golden/host/apps.json")
        let apps = Array(try Data(contentsOf: path))
        // The members keep their order, which the admin API shows. A file with comments is a string.
        let parts = try #require(try JSONTree.parse(apps.span.bytes)[app])
        var files: [String: String] = [:]
        for part in parts.members ?? [] where part.name != "host.json" {
            files["\(part.name)/function.json"] = part.tree.string ?? part.tree.text
        }
        let hostText = try #require(parts["host.json"]).text
        var hostJSON = try #require(try JSONSerialization.jsonObject(with: Data(hostText.utf8)) as? [String: Any])
        var handler = hostJSON["customHandler"] as? [String: Any] ?? [:]
        // The process that the stand-in starts only sleeps.
        handler["description"] = nil
        handler["port"] = handlerPort
        hostJSON["customHandler"] = handler
        // The recorded host had its extensions installed.
        hostJSON["extensionBundle"] = [String: String]()
        files["host.json"] = String(decoding: try JSONSerialization.data(withJSONObject: hostJSON), as: UTF8.self)
        return files
    }

    /// Sends exactly these bytes to the host; returns its response.
    func call(_ bytes: [UInt8]) async throws -> RawMessage {
        let port = await host.port
        // A thread of its own, because one of Swift's few would stand still.
        let response = try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(with: Result { try RawMessage.response(to: bytes, port: port) })
            }
        }
        return try #require(response)
    }

    /// Plays an HTTP row: sends what the caller sent (or `request`), lets the handler answer as recorded, and compares
    /// what the handler and the caller got.
    func differences(_ row: HostRow, request: [UInt8]? = nil) async throws -> [String] {
        handler.prepare(row.exchanges.map { $0.answer.map { .bytes($0) } ?? .close })
        let request = try #require(request ?? row.bytes("callerSent"))
        let response = try await call(request)
        var found = differencesAtHandler(row)
        if let bytes = row.bytes("callerGot") {
            let isHead = request.starts(with: Array("HEAD ".utf8))
            let recorded = try #require(RawMessage(bytes, isEnd: true, hasNoBody: isHead))
            found += response.differences(fromRecorded: recorded)
        }
        return found
    }

    /// Compares what the handler received since the answers were prepared.
    func differencesAtHandler(_ row: HostRow, masking: (String) -> String = { $0 }) -> [String] {
        let (received, expected) = (handler.received, row.exchanges)
        var found: [String] = []
        if received.count != expected.count {
            found.append("the handler got \(received.count) requests, recorded \(expected.count)")
        }
        for (own, recorded) in zip(received, expected) {
            guard let own = RawMessage(own), let recorded = RawMessage(recorded.sent) else { continue }
            found += Masks.differences(own, recorded, masking: masking).map { "to the handler: \($0)" }
        }
        return found
    }
}
