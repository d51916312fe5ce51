import EventLoop
import Glibc
import LoopTesting
import Testing

struct SignalWatchTests {
    @Test func `each open watch of a signal is called`() async throws {
        try await onLoop { loop in
            let waiter = Waiter(loop)
            var first = 0
            var second = 0
            let watches = [
                SignalWatch(loop, signal: SIGUSR1) {
                    first += 1
                    waiter.changed()
                },
                SignalWatch(loop, signal: SIGUSR1) {
                    second += 1
                    waiter.changed()
                },
            ]
            kill(getpid(), SIGUSR1)
            try await waiter.wait(for: "the signal") { first == 1 && second == 1 }
            watches[0].close()
            watches[0].close()
            kill(getpid(), SIGUSR1)
            try await waiter.wait(for: "the second signal") { second == 2 }
            #expect(first == 1)
            watches[1].close()
        }
    }

    @Test func `a callback can close its watch`() async throws {
        try await onLoop { loop in
            let waiter = Waiter(loop)
            var calls = 0
            var watch: SignalWatch?
            watch = SignalWatch(loop, signal: SIGUSR2) {
                calls += 1
                watch?.close()
                waiter.changed()
            }
            kill(getpid(), SIGUSR2)
            try await waiter.wait(for: "the signal") { calls == 1 }
        }
    }
}
