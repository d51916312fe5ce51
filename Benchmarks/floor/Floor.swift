import EventLoop
import Glibc
import HTTP

/// A server whose answer costs nothing, for count.py: what it takes is the floor under every request.
@main
struct Floor {
    static func main() throws {
        guard let loopback = IPAddress("127.0.0.1") else { return }
        EventLoop.main.bind()
        let server = try HTTPServer(.main, bind: SocketAddress(loopback, port: 0), responder: FixedAnswer())
        print(server.port)
        // Else it would wait in a buffer for ever.
        fflush(nil)
        EventLoop.main.run()
    }
}

private final class FixedAnswer: HTTPResponder {
    private let body = Array("{}".utf8)

    func respond(to request: HTTPRequest, through connection: HTTPConnection) {
        let body = body
        connection.respond(status: 200, contentType: "application/json", body: body.span.bytes)
    }
}
