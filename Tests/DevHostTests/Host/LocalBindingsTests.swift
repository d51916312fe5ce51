import EventLoop
import Foundation
import FunctionsModel
import JSON
import LoopTesting
import TestSupport
import Testing

@testable import DevHost

/// A type of trigger that is declared here and nowhere else.
private struct PigeonTrigger: Trigger {
    static let type = BindingType("pigeonTrigger", properties: "loftName", needsBundle: false)

    private let loft: String

    init(_ binding: Binding) throws(PropertyError) { loft = try binding.property("loftName") { $0 } }

    var source: String? { "loft \(loft)" }

    func listener(for target: TriggerTarget) -> (any TriggerListener)? { Loft(target) }

    static func payload(byHand run: RunByHand, for trigger: TriggerBinding) -> InvocationPayload {
        trigger.payload(body: Array("by hand: \(run.input)".utf8))
    }
}

/// Gets one message as soon as it listens.
@MainLoop
private final class Loft: TriggerListener {
    private let target: TriggerTarget

    init(_ target: TriggerTarget) { self.target = target }

    func start() {
        EventLoop.main.task { @MainLoop [target] in
            let payload = target.function.triggerBinding.payload(body: Array("coo".utf8))
            return await target.invoke(payload, cause: "pigeon")
        }
    }

    func stop() {}
}

@Suite struct LocalBindingsTests {
    init() { MainLoopThread.start() }

    private static let files = [
        "f/function.json": #"{ "bindings": [ { "name": "note", "type": "pigeonTrigger", "loftName": "roof" } ] }"#
    ]

    @Test func `one declaration adds a trigger to all parts of the host`() async throws {
        let handler = try await PlayedHandler(PlayedHandler.answer("{}"))
        let handlerPort = await handler.port
        let host = try await HostInProcess(Self.files, handlerPort: handlerPort) { options in
            options.bindings = .known.with(PigeonTrigger.self)
        }
        let port = await host.port
        let end = try await host.end(of: "f")
        #expect(end.cause == "pigeon" && end.failure == nil)
        #expect(try #require(await handler.received.last?.text).contains(#""note":"\"coo\"""#))
        let reply = try RawConnection.request(
            "/admin/functions/f", port: port, body: Array(#"{ "input": "x" }"#.utf8))
        #expect(reply.status == 202)
        try await host.wait(for: "the run by hand") { event in
            if case .invocationEnded(let end) = event { end.cause == "by hand" } else { false }
        }
        #expect(try #require(await handler.received.last?.text).contains("by hand: x"))
        guard case .listening(let listing) = try #require(await host.events.first) else {
            Issue.record("the first event is not the list of functions")
            return
        }
        #expect(listing.functions.map(\.address) == ["loft roof"])
        try await host.stop()
        await handler.stop()
    }

    @Test func `luafunc check uses the declaration of a trigger too`() throws {
        let app = try TemporaryApp([
            "f/function.json": #"{ "bindings": [ { "name": "note", "type": "pigeonTrigger" } ] }"#
        ])
        let known = LocalBindings.known.with(PigeonTrigger.self)
        let loader = AppLoader(.folder(app.folder.path), settings: [:], requiresScripts: false, types: known.types)
        let function = try #require(try loader.load().functions["f"])
        #expect(
            BindingCheck(function, known).findings.map(\.problem.description) == [
                #"f/function.json:1: binding 'note': has no "loftName""#
            ])
        #expect(BindingCheck(function).findings.isEmpty)
    }
}
