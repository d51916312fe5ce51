import LoopTesting
import Testing

@testable import EventLoop

@Suite struct SleepTests {
    init() { MainLoopThread.start() }

    /// Such a task once started its timer on a thread of Dispatch, where the loop did not notice it.
    @Test @MainLoop func `a task that did not begin on the loop sleeps there`() async throws {
        for _ in 0..<50 {
            try await EventLoop.main.sleep(for: .zero)
            #expect(EventLoop.main.isCurrent)
        }
    }

    @Test @MainLoop func `a cancelled task wakes immediately`() async {
        let sleeper = EventLoop.main.task { try await EventLoop.main.sleep(for: .seconds(1 << 30)) }
        sleeper.cancel()
        await #expect(throws: CancellationError.self) { try await sleeper.value }
    }

    @Test @MainLoop func `a sleep ends when it is cancelled`() async {
        let sleeper = EventLoop.main.task { try await EventLoop.main.sleep(for: .seconds(1 << 30)) }
        while EventLoop.main.sleepers.isEmpty { await EventLoop.main.nextPoll() }
        sleeper.cancel()
        await #expect(throws: CancellationError.self) { try await sleeper.value }
    }
}
