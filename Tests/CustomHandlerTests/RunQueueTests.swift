import EventLoop
import Testing

@testable import CustomHandler

/// Tests the order in which work runs, on a loop that the test runs turn by turn.
@Suite struct RunQueueTests {
    /// A queue that records the work that was done, in order. Pools identify the pieces of work.
    private final class Queue {
        let loop = EventLoop()
        let queue: RunQueue
        var done: [Int] = []
        var work: (Int) -> Void = { _ in }
        private let pools: [FunctionPool]

        init(_ folder: TemporaryPool) {
            loop.bind()
            queue = RunQueue(loop)
            pools = (0..<200).map { _ in folder.pool() }
            queue.work = { [unowned self] continuation in
                guard case .serve(let pool) = continuation, let number = pools.firstIndex(where: { $0 === pool }) else {
                    return
                }
                done.append(number)
                work(number)
            }
        }

        deinit { loop.close() }

        func perform(_ number: Int) { queue.perform(.serve(pools[number])) }
        func enqueue(_ number: Int) { queue.enqueue(.serve(pools[number])) }
        func turn() { _ = loop.step(waits: false) }
    }

    private let folder: TemporaryPool
    init() throws { folder = try TemporaryPool() }

    @Test func `work runs immediately if no other work runs`() {
        let queue = Queue(folder)
        queue.perform(1)
        #expect(queue.done == [1])
    }

    @Test func `work that other work causes runs after it, never inside it`() {
        let queue = Queue(folder)
        var depth = 0
        queue.work = { number in
            depth += 1
            #expect(depth == 1)
            if number == 1 {
                queue.perform(2)
                queue.enqueue(3)
                #expect(!queue.queue.canRun)
            }
            depth -= 1
        }
        queue.perform(1)
        #expect(queue.done == [1, 2, 3])
    }

    @Test func `queued work waits for the next poll`() {
        let queue = Queue(folder)
        queue.enqueue(1)
        #expect(queue.done == [])
        queue.turn()
        #expect(queue.done == [1])
    }

    @Test func `new work runs before queued work, and what it causes runs after that`() {
        let queue = Queue(folder)
        queue.work = { if $0 == 2 { queue.enqueue(3) } }
        queue.enqueue(1)
        queue.perform(2)
        #expect(queue.done == [2])
        queue.turn()
        #expect(queue.done == [2, 1, 3])
    }

    @Test func `nothing runs between the end of a turn and the next poll`() {
        let queue = Queue(folder)
        var ends = 0
        queue.queue.preempted = { ends += 1 }
        queue.work = { if $0 == 1 { queue.queue.endTurn() } }
        queue.perform(1)
        queue.perform(2)
        #expect(queue.done == [1])
        queue.turn()
        #expect(queue.done == [1], "the loop polls after this piece of work")
        queue.turn()
        #expect(queue.done == [1, 2])
        #expect(ends == 1)
    }

    @Test func `a turn ends only once`() {
        let queue = Queue(folder)
        var ends = 0
        queue.queue.preempted = { ends += 1 }
        queue.queue.endTurn()
        queue.queue.endTurn()
        #expect(ends == 1 && !queue.queue.mayRun)
    }

    @Test func `the loop polls after 64 pieces of work`() {
        let queue = Queue(folder)
        for number in 0..<200 { queue.enqueue(number) }
        var counts: [Int] = []
        while queue.done.count < 200 {
            queue.turn()
            counts.append(queue.done.count)
        }
        #expect(counts == [64, 128, 192, 200])
        #expect(queue.done == Array(0..<200))
    }
}
