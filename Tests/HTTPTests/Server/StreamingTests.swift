import EventLoop
import HTTP1
import Testing

@testable import HTTP

/// Tests bodies that are received or sent piece by piece.
@Suite struct StreamingTests {
    private func connection(_ request: String, fields: HTTPFields = [:]) -> (TestConnection, HTTPConnection?) {
        let test = TestConnection { _ in
        } _: { request, connection in
            connection.respond(
                HTTPResponse(status: request.path == "/204" ? 204 : 200, fields: fields, body: .streamed))
        }
        test.stream.receive(request)
        return (test, test.connection)
    }

    private func write(_ text: String, _ connection: HTTPConnection?) {
        let bytes = Array(text.utf8)
        connection?.write(bytes.span.bytes)
    }

    // MARK: Out

    @Test func `a body is sent piece by piece, and the connection stays open`() {
        let (test, connection) = connection("GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(test.stream.taken() == "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        write("one", connection)
        #expect(test.stream.taken() == "3\r\none\r\n")
        write("", connection)
        #expect(test.stream.taken() == "")
        write(String(repeating: "x", count: 16), connection)
        connection?.end(isComplete: true)
        #expect(test.stream.taken().hasPrefix("10\r\nxxxxxxxxxxxxxxxx\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n"))
        #expect(test.responder.requests == ["GET /a", "GET /b"])
    }

    @Test func `an HTTP 1.0 caller gets the pieces without chunks`() {
        let (test, connection) = connection("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        write("one", connection)
        write("two", connection)
        connection?.end(isComplete: true)
        #expect(test.stream.text == "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nonetwo" && test.stream.isFinished)
    }

    @Test func `a body of known length needs no chunks and has exactly that length`() {
        let (test, connection) = connection("GET /a HTTP/1.1\r\nHost: x\r\n\r\n", fields: ["Content-Length": "5"])
        write("one", connection)
        write("two", connection)
        connection?.end(isComplete: true)
        #expect(test.stream.taken() == "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nonetw" && !test.stream.isFinished)
        test.stream.receive("GET /b HTTP/1.1\r\nHost: x\r\n\r\n")
        write("one", connection)
        connection?.end(isComplete: true)
        #expect(test.stream.taken().hasSuffix("\r\n\r\none") && test.stream.isFinished)
    }

    @Test func `a body that is cut off has no last chunk`() {
        let (test, connection) = connection("GET /a HTTP/1.1\r\nHost: x\r\n\r\n")
        write("one", connection)
        connection?.end(isComplete: false)
        #expect(test.stream.text.hasSuffix("3\r\none\r\n") && test.stream.isFinished)
    }

    @Test(arguments: [true, false])
    func `a streamed response to HEAD is its head and ends the connection`(_ isEnded: Bool) {
        let (test, connection) = connection("HEAD /a HTTP/1.1\r\nHost: x\r\n\r\n")
        var leavings = 0
        connection?.onDisconnect = { leavings += 1 }
        #expect(connection?.isClosed == true && leavings == 0)
        write("one", connection)
        if isEnded { connection?.end(isComplete: true) }
        #expect(
            test.stream.text.hasPrefix("HTTP/1.1 200 OK\r\n") && test.stream.text.hasSuffix("connection: close\r\n\r\n")
        )
        #expect(test.stream.isFinished)
        test.turn()
        // A writer that has not finished is told that the caller has disconnected.
        #expect(leavings == (isEnded ? 0 : 1))
    }

    @Test(
        arguments: [
            ("GET /a HTTP/1.1", [:], "transfer-encoding: chunked\r\n\r\n3\r\none\r\n0\r\n\r\n", false),
            ("GET /a HTTP/1.0", [:], "connection: close\r\n\r\none", true), ("HEAD /a HTTP/1.1", [:], "\r\n", false),
            ("HEAD /a HTTP/1.1", ["Content-Length": "9"], "content-length: 9\r\n\r\n", false),
        ] as [(String, HTTPFields, String, Bool)])
    func `a whole body may go out in chunks`(_ line: String, _ fields: HTTPFields, _ rest: String, _ isLast: Bool) {
        let test = TestConnection { _ in
        } _: {
            $1.respond(HTTPResponse(status: 200, fields: fields, body: .chunked(Array("one".utf8))))
        }
        test.stream.receive("\(line)\r\nHost: x\r\n\r\n")
        #expect(test.stream.text == "HTTP/1.1 200 OK\r\n" + rest && test.stream.isFinished == isLast)
    }

    @Test func `a streamed response whose status forbids a body has none`() {
        let (test, connection) = connection("GET /204 HTTP/1.1\r\nHost: x\r\n\r\n")
        write("one", connection)
        connection?.end(isComplete: true)
        #expect(test.stream.text == "HTTP/1.1 204 No Content\r\n\r\n" && !test.stream.isFinished)
    }

    @Test func `a caller that does not read makes the writer wait`() {
        let (test, connection) = connection("GET /a HTTP/1.1\r\nHost: x\r\n\r\n")
        test.stream.room = 1000
        var pieces = 0
        func go() {
            while connection?.isWritable == true, pieces < 100 {
                write(String(repeating: "x", count: 10_000), connection)
                pieces += 1
            }
            if pieces < 100 { connection?.onWritable = { go() } }
        }
        go()
        #expect(pieces == 7)
        test.stream.take(50_000)
        #expect(pieces == 7)
        test.stream.take(10_000)
        #expect(pieces > 7 && pieces < 20)
        while pieces < 100 { test.stream.take() }
        connection?.end(isComplete: true)
        test.stream.take()
        #expect(test.stream.text.hasSuffix("x\r\n0\r\n\r\n"))
        #expect(test.stream.output.count { $0 == UInt8(ascii: "x") } == 1_000_000)
    }

    @Test func `a writer that is called during a read has to wait too`() {
        var pieces = 0
        let test = TestConnection { _ in
        } _: { _, connection in
            connection.respond(HTTPResponse(status: 200, body: .streamed))
            let piece = [UInt8](repeating: 0x78, count: 10_000)
            while connection.isWritable, pieces < 100 {
                connection.write(piece.span.bytes)
                pieces += 1
            }
        }
        test.stream.room = 0
        test.stream.receive("GET /a HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(pieces < 20)
    }

    @Test func `the responder is told that a caller disconnected in the middle of a body`() {
        let (test, connection) = connection("GET /a HTTP/1.1\r\nHost: x\r\n\r\n")
        var leavings = 0
        connection?.onDisconnect = { leavings += 1 }
        test.stream.reset()
        #expect(leavings == 1 && connection?.isClosed == true)
        write("one", connection)
        connection?.end(isComplete: true)
        #expect(leavings == 1)
    }

    // MARK: In

    /// A responder that accepts streams, and what it was told.
    private final class Heard {
        var pieces: [String] = []
        var end: Bool?
        var leavings = 0
    }

    private func receiver(setsHooks: Bool = true) -> (TestConnection, Heard) {
        let heard = Heard()
        let test = TestConnection {
            $0.bodyLimit = 3
        } _: { request, connection in
            #expect(request.isStreamed && request.body.isEmpty)
            if setsHooks { Self.listen(connection, heard) }
        }
        test.responder.streams = true
        return (test, heard)
    }

    private static func listen(_ connection: HTTPConnection?, _ heard: Heard) {
        connection?.onBody = { piece in
            heard.pieces.append(piece.withUnsafeBytes { String(decoding: $0, as: UTF8.self) })
        }
        connection?.onBodyEnd = { heard.end = $0 }
        connection?.onDisconnect = { heard.leavings += 1 }
    }

    @Test(arguments: [
        "Content-Length: 6\r\n\r\n|one|two", "Transfer-Encoding: chunked\r\n\r\n|3\r\none\r\n|3\r\ntwo\r\n|0\r\n\r\n",
    ])
    func `a body is passed on as it arrives, and the response may come first`(_ text: String) {
        let (test, heard) = receiver()
        let pieces = text.split(separator: "|").map(String.init)
        test.stream.receive("POST /a HTTP/1.1\r\nHost: x\r\n" + pieces[0])
        #expect(test.responder.requests == ["POST /a"])
        test.stream.receive(pieces[1])
        #expect(heard.pieces == ["one"] && heard.end == nil)
        test.connection?.respond(HTTPResponse(status: 200, body: .streamed))
        for piece in pieces[2...] { test.stream.receive(piece) }
        #expect(heard.pieces == ["one", "two"] && heard.end == true)
        test.connection?.end(isComplete: true)
        #expect(test.stream.text.hasSuffix("0\r\n\r\n"))
    }

    @Test func `a body that arrives with its head is passed on after the responder has returned`() {
        let (test, heard) = receiver()
        test.stream.receive(
            "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\nonetwoGET /b HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(heard.pieces == ["onetwo"] && heard.end == true)
        #expect(test.responder.requests == ["POST /a"])
    }

    @Test func `a body waits until it is requested`() {
        let (test, heard) = receiver(setsHooks: false)
        test.stream.receive("POST /a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 200000\r\n\r\n")
        #expect(test.stream.text == "HTTP/1.1 100 Continue\r\n\r\n")
        for _ in 0..<20 { if test.stream.isReading { test.stream.receive([UInt8](repeating: 0x78, count: 10_000)) } }
        #expect(!test.stream.isReading && heard.pieces.isEmpty)
        Self.listen(test.connection, heard)
        #expect(heard.pieces.isEmpty)
        test.connection?.resumeBody()
        test.turn()
        #expect(heard.pieces.map(\.count) == [70_000] && test.stream.isReading && heard.end == nil)
        test.connection?.pauseBody()
        test.stream.receive([UInt8](repeating: 0x78, count: 65_000))
        #expect(heard.pieces.count == 1)
        test.connection?.resumeBody()
        test.turn()
        test.stream.receive([UInt8](repeating: 0x78, count: 65_000))
        #expect(heard.pieces.map(\.count) == [70_000, 65_000, 65_000] && heard.end == true)
    }

    @Test(arguments: ["Content-Length: 6\r\n\r\none", "Transfer-Encoding: chunked\r\n\r\n3\r\none\r\n"])
    func `a body that is cut off is reported, and its caller gets an error`(_ text: String) {
        let (test, heard) = receiver()
        test.stream.receive("POST /a HTTP/1.1\r\nHost: x\r\n" + text)
        test.stream.endInput()
        #expect(heard.pieces == ["one"] && heard.end == false && heard.leavings == 1)
        #expect(test.stream.text.hasPrefix("HTTP/1.1 400 "))
    }

    @Test func `invalid chunks cut off the body and a response that has begun`() {
        let (test, heard) = receiver()
        test.stream.receive("POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n")
        test.connection?.respond(HTTPResponse(status: 200, body: .streamed))
        test.stream.receive("zz\r\n")
        test.turn()
        #expect(heard.end == false && heard.leavings == 1 && test.stream.isFinished)
        #expect(test.stream.text.hasPrefix("HTTP/1.1 200 ") && !test.stream.text.hasSuffix("0\r\n\r\n"))
    }

    @Test func `a reset by the caller cuts off the body`() {
        let (test, heard) = receiver()
        test.stream.receive("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\none")
        test.stream.reset()
        #expect(heard.end == false && heard.leavings == 1)
    }

    @Test func `a response before the body is complete ends the connection`() {
        let (test, heard) = receiver()
        test.stream.receive("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\none")
        test.connection?.respond(HTTPResponse(status: 401, text: "no"))
        #expect(test.stream.text.hasPrefix("HTTP/1.1 401 ") && test.stream.text.contains("connection: close\r\n"))
        test.stream.receive("two")
        #expect(test.stream.isFinished && heard.pieces == ["one"])
    }
}
