import LoopTesting
import TestSupport
import Testing

@testable import DevHost

@Suite struct TimerListenerTests {
    init() { MainLoopThread.start() }

    @Test func `a timer without a pause runs again and again, with one warning`() async throws {
        let handler = try await PlayedHandler(PlayedHandler.answer("{}"))
        let function = #"{ "bindings": [ { "name": "t", "type": "timerTrigger", "schedule": "00:00:00" } ] }"#
        let host = try await HostInProcess(["tick/function.json": function], handlerPort: await handler.port)
        try await host.wait(for: "three runs") { [host] _ in
            let ends = host.events.filter { event in if case .invocationEnded = event { true } else { false } }
            return ends.count > 2
        }
        let warnings = await host.events.compactMap { event in
            if case .warning(let text) = event, text.contains("pause") { text } else { nil }
        }
        #expect(
            warnings == [
                "tick: the next time of '00:00:00' is not after now, so the function runs again and again without pause, "
                    + "as in Azure"
            ])
        try await host.stop()
        await handler.stop()
    }
}
