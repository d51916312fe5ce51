import EventLoop
import LoopTesting
import Testing

struct MainLoopTests {
    init() { MainLoopThread.start() }

    @MainLoop private final class Counter {
        private(set) var count = 0

        func count(to limit: Int) async throws {
            while count < limit {
                #expect(EventLoop.main.isCurrent)
                count += 1
                try await EventLoop.main.sleep(for: .nanoseconds(1))
            }
        }
    }

    @Test @MainLoop func `a test of the main loop runs on it, through waits`() async throws {
        #expect(EventLoop.main.isCurrent)
        let counter = Counter()
        try await counter.count(to: 3)
        #expect(counter.count == 3)
        #expect(EventLoop.main.isCurrent)
        MainLoop.assertIsolated()
    }

    @Test func `a call from another thread to isolated code runs on the main loop`() async throws {
        #expect(!EventLoop.main.isCurrent)
        let counter = Counter()
        try await counter.count(to: 2)
        #expect(await counter.count == 2)
    }

    @Test @MainLoop func `callbacks of the main loop keep its isolation`() async throws {
        let counter = Counter()
        let task = MainLoop.task {
            try await counter.count(to: 1)
            return counter.count
        }
        await withCheckedContinuation { continuation in
            EventLoop.main.schedule(after: .milliseconds(1)) {
                MainLoop.assertIsolated()
                continuation.resume()
            }
        }
        #expect(try await task.value == 1)
    }

    @Test func `a call that need not wait does not wait for a turn of the main loop`() async throws {
        let turns = MainLoop.task {
            let turn = EventLoop.main.turn
            await withCheckedContinuation { $0.resume() }
            await nothing()
            return EventLoop.main.turn - turn
        }
        #expect(try await turns.value == 0)
    }

    private nonisolated func nothing() async {}
}
