import Glibc
import Testing

@testable import Log

/// Tests how lines reach their reader.
@Suite struct SinkTests {
    /// Longer than any test may take on a busy machine.
    private let patience = Duration.seconds(60)

    @Test func `before the thread runs, a line is written when the call returns`() throws {
        let pipe = try OpenPipe()
        let sink = LogSink(output: pipe.writing, errors: pipe.writing)
        sink.print("one\ntwo")
        #expect(pipe.readAll() == "one\ntwo\n")
        #expect(sink.flush(limit: .zero))
    }

    @Test func `lines of both streams keep their order`() throws {
        let pipe = try OpenPipe()
        let sink = LogSink(output: pipe.writing, errors: pipe.writing)
        sink.detach()
        let lines = (0..<500).map { "line \($0)" }
        for (number, line) in lines.enumerated() { sink.print(line, to: number % 3 == 0 ? .errors : .output) }
        #expect(sink.flush(limit: patience))
        #expect(pipe.readAll() == lines.map { $0 + "\n" }.joined())
    }

    @Test func `lines of several threads do not mix`() async throws {
        let pipe = try OpenPipe()
        let sink = LogSink(output: pipe.writing, errors: pipe.writing)
        sink.detach()
        await withTaskGroup(of: Void.self) { group in
            for name in ["a", "b", "c", "d"] {
                group.addTask { for _ in 0..<50 { sink.print(String(repeating: name, count: 100)) } }
            }
        }
        #expect(sink.flush(limit: patience))
        let lines = pipe.readAll().split(separator: "\n")
        #expect(lines.count == 200 && lines.allSatisfy { $0.count == 100 && Set($0).count == 1 })
    }

    @Test func `a stalled reader delays no one and is told how many lines were lost`() throws {
        let pipe = try OpenPipe()
        let sink = LogSink(output: pipe.writing, errors: pipe.writing, capacity: 10_000)
        sink.detach()
        let filling = pipe.fill()
        // This is more than the queue holds. Each call returns although no one reads.
        let line = String(repeating: "x", count: 999)
        let count = 100
        for _ in 0..<count { sink.print(line) }
        #expect(!sink.flush(limit: .milliseconds(1)))
        // The reader continues. Each line is read or counted as lost, in one notice or several.
        _ = pipe.read(filling)
        var kept = 0
        var lost = 0
        while kept + lost < count {
            let next = pipe.readLine()
            if next == line {
                kept += 1
            } else {
                let words = next.split(separator: " ")
                try #require(next.hasSuffix(" dropped: the reader of luafunc's output is too slow"))
                try #require(words[1] == "warn")
                lost += try #require(Int(words[2]))
            }
        }
        #expect(kept >= 10 && lost > 0)
        sink.print("after")
        #expect(pipe.read(6) == "after\n")
        #expect(sink.flush(limit: patience))
    }

    @Test func `the notice of lost lines is JSON if the lines are`() {
        var queue = LogQueue(capacity: 10)
        var batch = LogQueue(capacity: 10)
        for _ in 0..<2 { queue.append(Array("{\"a\":1}\n".utf8), to: .output, format: .json) }
        queue.take(into: &batch)
        #expect(String(decoding: batch.bytes, as: UTF8.self) == "{\"a\":1}\n")
        queue.take(into: &batch)
        #expect(
            String(decoding: batch.bytes, as: UTF8.self).hasSuffix(
                #""level":"warn","message":"1 log line was dropped: the reader of luafunc's output is too slow"}"#
                    + "\n"))
        queue.take(into: &batch)
        #expect(batch.isEmpty)
    }

    @Test func `a line longer than the queue is written if nothing waits`() throws {
        let pipe = try OpenPipe()
        let sink = LogSink(output: pipe.writing, errors: pipe.writing, capacity: 10)
        sink.detach()
        let line = String(repeating: "x", count: 5000)
        sink.print(line)
        #expect(pipe.read(5001) == line + "\n")
    }

    @Test func `waiting lines are written even if the sink is released`() throws {
        let pipe = try OpenPipe()
        var sink: LogSink? = LogSink(output: pipe.writing, errors: pipe.writing)
        sink?.detach()
        for number in 0..<100 { sink?.print("\(number)") }
        sink = nil
        #expect(pipe.read(290) == (0..<100).map { "\($0)\n" }.joined())
    }

    @Test func `a closed reader is not an error`() throws {
        signal(SIGPIPE, SIG_IGN)
        var ends: [Int32] = [-1, -1]
        try #require(pipe(&ends) == 0)
        close(ends[0])
        let errors = try OpenPipe()
        let sink = LogSink(output: ends[1], errors: errors.writing)
        sink.print("lost")
        sink.detach()
        sink.print("lost")
        sink.print("heard", to: .errors)
        #expect(sink.flush(limit: patience))
        #expect(errors.readAll() == "heard\n")
        close(ends[1])
    }

    @Test func `a non-blocking descriptor gets every line`() throws {
        let pipe = try OpenPipe()
        _ = fcntl(pipe.writing, F_SETFL, O_NONBLOCK)
        let sink = LogSink(output: pipe.writing, errors: pipe.writing)
        sink.detach()
        let text = String(repeating: "x", count: 300_000)
        sink.print(text)
        #expect(pipe.read(300_001) == text + "\n")
    }
}
