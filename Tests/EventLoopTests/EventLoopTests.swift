import Glibc
import LoopTesting
import Testing

@testable import EventLoop

/// Tests of a loop that the test runs turn by turn, counting the turns.
struct EventLoopTests {
    private func withLoop(_ body: (EventLoop) throws -> Void) rethrows {
        let loop = EventLoop()
        loop.bind()
        try body(loop)
        // This runs the last callbacks of closed handles.
        for _ in 0..<2 { _ = loop.step(waits: false) }
        #expect(loop.openHandles == [])
        loop.close()
    }

    @Test func `work that a timer queues does not wait for the next event`() {
        withLoop { loop in
            var worked: UInt64?
            // Without the rule, the poll blocks until this one.
            let event = Timer(loop) { Issue.record("the work had to wait") }
            event.start(after: .seconds(10))
            // The timer must not be closed before the poll, because libuv does not block in a poll while a handle is
            // closing.
            let timer = Timer(loop) { loop.perform { worked = loop.turn } }
            timer.start(after: .zero)
            _ = loop.step()
            #expect(loop.turn == 1)
            #expect(worked == nil)
            _ = loop.step(waits: false)
            #expect(worked == 1)
            event.close()
            timer.close()
        }
    }

    @Test func `a task that a callback resumes does not wait for the next event`() {
        withLoop { loop in
            let waiting = Shared<CheckedContinuation<Void, Never>?>(nil)
            let isDone = Shared(false)
            loop.task {
                await withCheckedContinuation { continuation in waiting.change { $0 = continuation } }
                isDone.change { $0 = true }
            }
            _ = loop.step(waits: false)
            // Without the rule, the poll blocks until this one.
            let event = Timer(loop) { Issue.record("the task had to wait") }
            event.start(after: .seconds(10))
            let timer = Timer(loop) { waiting.value?.resume() }
            timer.start(after: .zero)
            _ = loop.step()
            #expect(!isDone.value)
            _ = loop.step(waits: false)
            #expect(isDone.value)
            event.close()
            timer.close()
        }
    }

    @Test func `a hundred sockets that are readable at once are one turn`() throws {
        try withLoop { loop in
            let reader = Reader(loop)
            var writers: [TCPStream] = []
            for _ in 0..<100 {
                let pair = try ConnectedPair.streams(loop)
                pair.server.delegate = reader
                pair.server.resumeReading()
                pair.client.write("while true do end")
                writers.append(pair.client)
                reader.streams.append(pair.server)
            }
            _ = loop.step()
            #expect(reader.turns == [UInt64](repeating: 1, count: 100))
            for stream in writers + reader.streams { stream.close() }
        }
    }

    @Test func `between two pieces of work there is a turn`() {
        withLoop { loop in
            var turns: [UInt64] = []
            for _ in 0..<5 {
                loop.perform {
                    turns.append(loop.turn)
                    loop.perform { turns.append(loop.turn) }
                }
            }
            for _ in 0..<10 { _ = loop.step(waits: false) }
            #expect(turns == Array(0..<10))
        }
    }

    @Test func `data of a new connection is read before the next piece of work`() throws {
        try withLoop { loop in
            let reader = Reader(loop)
            let listener = try TCPListener(loop, bind: SocketAddress(.loopback, port: 0))
            listener.accepted = { descriptor in
                guard let stream = try? TCPStream(loop, descriptor: descriptor) else { return }
                stream.delegate = reader
                stream.resumeReading()
                reader.streams.append(stream)
            }
            let caller = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            #expect(listener.address.withSystemAddress { connect(caller, $0, $1) } == 0)
            #expect(send(caller, "GET", 3, 0) == 3)
            var piecesBefore: [Int] = []
            for piece in 0..<3 { loop.perform { piecesBefore.append(reader.turns.isEmpty ? piece : -1) } }
            for _ in 0..<3 { _ = loop.step(waits: false) }
            #expect(piecesBefore == [0, -1, -1])
            listener.close()
            for stream in reader.streams { stream.close() }
            close(caller)
        }
    }

    @Test func `sockets are read between two pieces of work`() throws {
        try withLoop { loop in
            let reader = Reader(loop)
            let pair = try ConnectedPair.streams(loop)
            pair.server.delegate = reader
            pair.server.resumeReading()
            var isWorking = true
            func work() { if isWorking { loop.perform(work) } }
            work()
            _ = loop.step()
            #expect(reader.turns == [])
            pair.client.write("x")
            _ = loop.step()
            #expect(reader.turns == [2])
            isWorking = false
            pair.client.close()
            pair.server.close()
        }
    }

    private final class Reader: ByteStreamDelegate {
        private let loop: EventLoop
        var streams: [TCPStream] = []
        private(set) var turns: [UInt64] = []

        init(_ loop: EventLoop) { self.loop = loop }

        func streamReceived(_ bytes: RawSpan) { turns.append(loop.turn) }
        func streamInputEnded() {}
        func streamDrained() {}
        func streamClosed(_ error: StreamError?) {}
    }

    // MARK: Other threads

    @Test func `work that other threads submit runs on the loop, in order`() async throws {
        try await onLoop { loop in
            let notes = Shared<[[Int]]>([[], [], [], []])
            for thread in 0..<4 {
                try Thread.start(named: "submitter") {
                    for number in 0..<1000 {
                        loop.submit {
                            #expect(loop.isCurrent)
                            notes.change { $0[thread].append(number) }
                        }
                    }
                }
            }
            while notes.value.contains(where: { $0.count < 1000 }) { await loop.nextPoll() }
            #expect(notes.value == [[Int]](repeating: Array(0..<1000), count: 4))
        }
    }

    @Test func `stop ends run after the current work, and run can be called again`() {
        withLoop { loop in
            var order: [Int] = []
            loop.perform { order.append(1) }
            loop.stop()
            loop.run()
            #expect(order == [])
            loop.perform {
                order.append(2)
                loop.stop()
            }
            loop.run()
            #expect(order == [1, 2])
        }
    }

    @Test func `work that is submitted to a closed loop is dropped`() {
        let loop = EventLoop()
        loop.bind()
        loop.close()
        loop.submit { Issue.record("a closed loop works") }
        loop.stop()
    }
}
