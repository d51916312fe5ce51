import EventLoop
import Glibc
import HTTP

/// A server for count.py whose response costs nothing. Its cost is the minimum that every request costs.
@main
struct Floor {
    static func main() throws {
        guard let loopback = IPAddress("127.0.0.1") else { return }
        EventLoop.main.bind()
        let server = try HTTPServer(.main, bind: SocketAddress(loopback, port: 0), responder: FixedAnswer())
        print(server.port)
        // Otherwise the port would stay in a buffer.
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
