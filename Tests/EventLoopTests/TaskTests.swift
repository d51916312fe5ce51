import Glibc
import LoopTesting
import Testing

@testable import EventLoop

struct TaskTests {
    @Test func `a task stays on its loop through calls, waits and other tasks`() async throws {
        try await onLoop { loop in
            let thread = pthread_self()
            func isHere() -> Bool { loop.isCurrent && pthread_equal(pthread_self(), thread) != 0 }
            #expect(isHere())
            try await loop.sleep(for: .milliseconds(1))
            #expect(isHere())
            #expect(await nested(3, loop))
            #expect(isHere())
            await withCheckedContinuation { $0.resume() }
            #expect(isHere())
            await withTaskGroup(of: Bool.self) { group in
                for _ in 0..<3 { group.addTask { await nested(2, loop) } }
                for await isThere in group { #expect(isThere) }
            }
            #expect(isHere())
            let other = loop.task {
                try await loop.sleep(for: .milliseconds(1))
                return loop.isCurrent
            }
            #expect(try await other.value)
            #expect(isHere())
            _ = await Neighbour().name()
            #expect(isHere())
        }
    }

    private func nested(_ depth: Int, _ loop: EventLoop) async -> Bool {
        guard depth > 0 else {
            try? await loop.sleep(for: .milliseconds(1))
            return loop.isCurrent
        }
        let isThere = await nested(depth - 1, loop)
        return isThere && loop.isCurrent
    }

    /// An actor without a loop. It runs wherever the calling task runs.
    private actor Neighbour {
        func name() -> String { "next door" }
    }

    @Test func `a call that need not wait does not wait for a turn`() async throws {
        try await onLoop { loop in
            let turn = loop.turn
            await withCheckedContinuation { $0.resume() }
            await withTaskCancellationHandler {
                await nothing()
            } onCancel: {
            }
            #expect(loop.turn == turn)
        }
    }

    private func nothing() async {}

    @Test func `two loops wait for each other's tasks`() async throws {
        try await onLoop { first in
            let name = try await onLoop { second in
                #expect(second.isCurrent)
                let onFirst = first.task {
                    try await first.sleep(for: .milliseconds(1))
                    return first.isCurrent
                }
                let wasFirst = try await onFirst.value
                #expect(wasFirst)
                #expect(second.isCurrent)
                return "second"
            }
            #expect(name == "second")
            #expect(first.isCurrent)
        }
    }

    // MARK: Sleep

    @Test func `a cancelled sleep ends immediately`() async throws {
        try await onLoop { loop in
            let sleeper = loop.task { try await loop.sleep(for: .seconds(1000)) }
            while loop.sleepers.isEmpty { await loop.nextPoll() }
            sleeper.cancel()
            await #expect(throws: CancellationError.self) { try await sleeper.value }
            #expect(loop.sleepers.isEmpty)
            #expect(loop.openHandles == [])
        }
    }

    @Test func `a sleep can be cancelled from another thread`() async throws {
        try await onLoop { loop in
            let sleeper = loop.task { try await loop.sleep(for: .seconds(1000)) }
            while loop.sleepers.isEmpty { await loop.nextPoll() }
            try Thread.start(named: "canceller") { sleeper.cancel() }
            await #expect(throws: CancellationError.self) { try await sleeper.value }
        }
    }

    @Test func `a task that was cancelled before does not begin to sleep`() async throws {
        try await onLoop { loop in
            let sleeper = loop.task {
                while !Task.isCancelled { await loop.nextPoll() }
                try await loop.sleep(for: .seconds(1000))
            }
            sleeper.cancel()
            await #expect(throws: CancellationError.self) { try await sleeper.value }
            let awake = loop.task { try await loop.sleep(for: .zero) }
            try await awake.value
            awake.cancel()
            #expect(loop.sleepers.isEmpty)
        }
    }

    @Test func `the task with the shorter sleep wakes first, whichever began earlier`() async throws {
        try await onLoop { loop in
            let long = loop.task { try await loop.sleep(for: .seconds(1000)) }
            while loop.sleepers.isEmpty { await loop.nextPoll() }
            try await loop.task { try await loop.sleep(for: .milliseconds(1)) }.value
            #expect(loop.sleepers.count == 1)
            long.cancel()
            await #expect(throws: CancellationError.self) { try await long.value }
        }
    }

    // MARK: The tests' own loop

    @Test func `a handle that a test leaves open fails it`() async throws {
        await #expect(throws: OpenHandles.self) {
            try await onLoop(patience: .milliseconds(20)) { loop in Timer(loop).start(after: .seconds(1000)) }
        }
    }

    @Test func `the error of a test is the error that is reported`() async throws {
        struct Mistake: Error {}
        await #expect(throws: Mistake.self) { try await onLoop { _ in throw Mistake() } }
        let answer = try await onLoop { _ in 7 }
        #expect(answer == 7)
    }

    @Test func `a wait for an event that does not come ends`() async throws {
        await #expect(throws: WaitedTooLong.self) {
            try await onLoop { loop in
                try await Waiter(loop).wait(for: "nothing", within: .milliseconds(1)) { false }
            }
        }
    }
}
