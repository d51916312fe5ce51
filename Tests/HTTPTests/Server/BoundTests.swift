import EventLoop
import Testing

@testable import HTTP

/// Tests the limits of what a server buffers for callers and accepts from them.
@Suite struct BoundTests {
    private static let large = [UInt8](repeating: 0x78, count: 200_000)

    private static func connection(_ held: HeldOutput, on loop: EventLoop? = nil) -> TestConnection {
        TestConnection(held: held, on: loop, { _ in }) { _, connection in
            connection.respond(HTTPResponse(status: 200, contentType: "text/plain", body: large))
        }
    }

    @Test func `a connection whose caller reads nothing holds one response, however many it asks for`() {
        let held = HeldOutput(limit: .max)
        let caller = Self.connection(held)
        caller.stream.room = 0
        caller.stream.receive(String(repeating: "GET / HTTP/1.1\r\nHost: x\r\n\r\n", count: 3000))
        #expect(caller.responder.requests.count == 1)
        #expect(held.bytes > 200_000 && held.bytes < 201_000)
        caller.stream.take()
        caller.turn()
        #expect(caller.responder.requests.count == 2)
        caller.stream.reset()
        caller.turn()
        #expect(held.bytes == 0)
    }

    @Test func `while too many responses are unread, no new request begins`() {
        let held = HeldOutput(limit: 100_000)
        let slow = Self.connection(held)
        let other = Self.connection(held, on: slow.loop)
        slow.stream.room = 0
        slow.stream.receive("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
        other.stream.receive("GET /other HTTP/1.1\r\nHost: x\r\n\r\n")
        other.turn()
        #expect(other.responder.requests == [] && other.stream.output.isEmpty)
        slow.stream.take()
        slow.turn()
        #expect(other.responder.requests == ["GET /other"])
        #expect(other.stream.text.hasPrefix("HTTP/1.1 200 "))
        #expect(held.bytes == 0)
    }

    @Test func `a caller that disconnects makes room for waiting ones`() {
        let held = HeldOutput(limit: 100_000)
        let slow = Self.connection(held)
        let other = Self.connection(held, on: slow.loop)
        slow.stream.room = 0
        slow.stream.receive("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
        other.stream.receive("GET /other HTTP/1.1\r\nHost: x\r\n\r\n")
        slow.stream.reset()
        slow.turn()
        #expect(other.responder.requests == ["GET /other"])
    }

    @Test func `a request that waits too long for room gets 503 with Retry-After, and its connection stays`() {
        let held = HeldOutput(limit: 100_000)
        let slow = Self.connection(held)
        let other = Self.connection(held, on: slow.loop)
        other.responder.patience = .milliseconds(1)
        slow.stream.room = 0
        slow.stream.receive("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
        other.stream.receive("GET /other HTTP/1.1\r\nHost: x\r\n\r\n")
        let clock = Timer(slow.loop)
        clock.fired = { [unowned clock, loop = slow.loop] in
            if other.stream.output.isEmpty { clock.start(after: .milliseconds(1)) } else { loop.stop() }
        }
        clock.start(after: .milliseconds(1))
        slow.loop.run()
        clock.close()
        let text = other.stream.taken()
        #expect(text.hasPrefix("HTTP/1.1 503 ") && text.contains("Retry-After: 5\r\n"), "\(text)")
        #expect(other.responder.requests == [])
        slow.stream.take()
        slow.turn()
        #expect(other.responder.requests == [])
        other.stream.receive("GET /again HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(other.responder.requests == ["GET /again"])
    }

    // MARK: Bodies

    private static let length = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 300000\r\n\r\n"
    private static let chunked =
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        + String(repeating: "1000\r\n" + String(repeating: "x", count: 4096) + "\r\n", count: 40) + "0\r\n\r\n"

    @Test func `a body over the responder's limit is refused before it is read`() {
        let caller = TestConnection()
        caller.responder.limit = BodyLimit(bytes: 100_000)
        caller.stream.receive(Self.length)
        #expect(caller.stream.text.hasPrefix("HTTP/1.1 413 "))
        #expect(caller.stream.text.contains("at most 100000 bytes"))
        #expect(caller.responder.requests == [])
    }

    @Test func `a body in chunks is refused as soon as it is too large`() {
        let caller = TestConnection()
        caller.responder.limit = BodyLimit(bytes: 100_000)
        caller.stream.receive(Self.chunked)
        #expect(caller.stream.text.hasPrefix("HTTP/1.1 413 "))
        #expect(caller.responder.requests == [])
    }

    @Test(arguments: [length + String(repeating: "x", count: 300_000), chunked])
    func `a body that is to be dropped is read to its end and not kept`(_ request: String) {
        var cut: [Bool] = []
        let caller = TestConnection({ _ in }) { request, connection in
            cut.append(request.isCut && request.body.isEmpty && request.body.capacity == 0)
            connection.respond(HTTPResponse(status: 200, text: "answered"))
        }
        caller.responder.limit = BodyLimit(bytes: 100_000, excess: .dropped)
        let bytes = Array(request.utf8)
        for start in stride(from: 0, to: bytes.count, by: 10_000) {
            caller.stream.receive(Array(bytes[start..<min(bytes.count, start + 10_000)]))
            #expect(caller.connection?.request.body.count ?? 0 <= 100_000)
        }
        #expect(cut == [true])
        #expect(caller.stream.text.hasSuffix("answered"))
        // The next request on the connection gets its whole body.
        caller.stream.receive("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx")
        #expect(cut == [true, false])
    }

    @Test func `a body within the responder's limit is kept completely`() {
        var sizes: [Int] = []
        let caller = TestConnection({ _ in }) { request, connection in
            sizes.append(request.body.count)
            connection.respond(HTTPResponse(status: 200))
        }
        caller.responder.limit = BodyLimit(bytes: 300_000)
        caller.stream.receive(Self.length + String(repeating: "x", count: 300_000))
        caller.stream.receive(Self.chunked)
        #expect(sizes == [300_000, 163_840])
    }
}
