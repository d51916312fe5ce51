import HTTP1
import TestSupport
import Testing

@testable import HTTP

/// Tests random orders of events: a caller sends, reads, ends or breaks the connection; a responder answers sooner,
/// later, in pieces or not at all.
@Suite struct RandomTests {
    private static let requests = [
        "GET /a HTTP/1.1\r\nHost: x\r\n\r\n", "HEAD /b HTTP/1.1\r\nHost: x\r\n\r\n",
        "POST /c HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello",
        "POST /d HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc",
        "PUT /e HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nwiki\r\n5;a=b\r\npedia\r\n0\r\nT: r\r\n\r\n",
        "GET /f HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", "\r\n",
    ]
    private static let last = [
        "GET /g HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "GET /h HTTP/1.0\r\n\r\n", "nonsense\r\n\r\n",
        "POST /i HTTP/1.1\r\nHost: x\r\nContent-Length: 99999\r\n\r\n", "CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n",
        "POST /j HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", "GET /k HTTP/1.1\r\n\r\n",
    ]

    /// The requests that one connection's responder has to answer.
    private final class Answering {
        var open: HTTPConnection?
        var isStreaming = false
        var leavings = 0
        var ends = 0
    }

    @Test(arguments: 0..<200)
    func `no order of events breaks a connection`(_ seed: Int) {
        var numbers = Numbers(state: UInt64(seed))
        let answering = Answering()
        let answersAtOnce = Bool.random(using: &numbers)
        let test = TestConnection {
            $0.bodyLimit = 1000
        } _: { request, connection in
            #expect(answering.open == nil, "one request at a time")
            answering.ends = 0
            connection.onDisconnect = { answering.leavings += 1 }
            if request.isStreamed {
                connection.onBody = { #expect($0.byteCount > 0 && answering.ends == 0) }
                connection.onBodyEnd = { _ in answering.ends += 1 }
            }
            answering.isStreaming = false
            if answersAtOnce { return connection.respond(HTTPResponse(status: 200, text: request.path)) }
            answering.open = connection
        }
        test.responder.streams = Bool.random(using: &numbers)
        test.responder.hostLeaves = Bool.random(using: &numbers)
        var input: [UInt8] = []
        for _ in 0..<Int.random(in: 1...20, using: &numbers) {
            input += Array((Self.requests.randomElement(using: &numbers) ?? "").utf8)
        }
        input += Array((Self.last.randomElement(using: &numbers) ?? "").utf8)
        if Bool.random(using: &numbers) { test.stream.room = 0 }

        for _ in 0..<300 where !test.hasEnded {
            switch Int.random(in: 0..<24, using: &numbers) {
            case 0..<10:
                let count = min(input.count, Int.random(in: 1...80, using: &numbers))
                guard count > 0, test.stream.isReading else { continue }
                test.stream.receive(Array(input.prefix(count)))
                input.removeFirst(count)
            case 10..<16: answer(answering, test, &numbers)
            case 16, 17: test.stream.take(Int.random(in: 1...100_000, using: &numbers))
            case 18: test.connection?.pauseBody()
            case 19, 20: test.connection?.resumeBody()
            case 21: test.turn()
            case 22 where Int.random(in: 0..<20, using: &numbers) == 0: test.connection?.drain()
            case 23 where Int.random(in: 0..<20, using: &numbers) == 0: test.stream.endInput()
            default: break
            }
            if test.stream.isFinished { #expect(test.connection?.isClosed != false) }
            #expect((test.connection?.input.count ?? 0) <= HTTPConnection.watermark + 80)
        }
        if Bool.random(using: &numbers) { test.stream.reset() } else { test.stream.endInput() }
        test.connection?.resumeBody()
        for _ in 0..<50 where !test.hasEnded {
            answer(answering, test, &numbers)
            test.turn()
            test.stream.take()
        }
        #expect(test.hasEnded && answering.leavings <= test.responder.requests.count)
    }

    private func answer(_ answering: Answering, _ test: TestConnection, _ numbers: inout Numbers) {
        guard let connection = answering.open else { return }
        let piece = [UInt8](repeating: 0x78, count: Int.random(in: 1...30_000, using: &numbers))
        switch Int.random(in: 0..<4, using: &numbers) {
        case 0 where !answering.isStreaming:
            answering.open = nil
            connection.respond(HTTPResponse(status: 200, contentType: "a/b", body: piece))
        case 1 where !answering.isStreaming:
            answering.isStreaming = true
            connection.respond(HTTPResponse(status: 200, body: .streamed))
        case 2 where answering.isStreaming && connection.isWritable: connection.write(piece.span.bytes)
        case 3 where answering.isStreaming:
            answering.open = nil
            connection.end(isComplete: Bool.random(using: &numbers))
        default: break
        }
    }
}
