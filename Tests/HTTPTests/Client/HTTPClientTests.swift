import EventLoop
import HTTP
import HTTP1
import LoopTesting
import Testing

struct HTTPClientTests {
    private func ask(
        _ loop: EventLoop, _ client: HTTPClient, _ request: ClientRequest, limit: Int = 1 << 20
    ) async throws -> (status: Int, body: String) {
        let response = try await client.execute(request)
        let body = try await response.collect(upTo: limit)
        return (response.status, String(decoding: body, as: UTF8.self))
    }

    @Test func `requests to one server share a connection, which is kept`() async throws {
        try await onLoop { loop in
            let server = try RawServer(loop) { _ in .bytes("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello") }
            let client = HTTPClient(loop)
            let url = try URL("http://127.0.0.1:\(server.port)/a?b=c d")
            for _ in 1...3 {
                let (status, body) = try await ask(loop, client, ClientRequest(.get, url))
                #expect(status == 200 && body == "hello")
            }
            #expect(server.accepted == 1)
            #expect(server.requests.first == "GET /a?b=c%20d HTTP/1.1\r\nHost: 127.0.0.1:\(server.port)")
            client.close()
            server.close()
        }
    }

    @Test func `a kept connection that the server has closed is no error for a request that may be repeated`()
        async throws
    {
        try await onLoop { loop in
            var count = 0
            let server = try RawServer(loop) { _ in
                count += 1
                return count == 2 ? .none : .bytes("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            }
            let client = HTTPClient(loop)
            let url = try URL("http://127.0.0.1:\(server.port)/")
            for _ in 1...2 { #expect(try await ask(loop, client, ClientRequest(.get, url)).body == "ok") }
            #expect(server.requests.count == 3 && server.accepted == 2)
            count = 1
            await #expect(throws: HTTPClientError.self) { try await ask(loop, client, ClientRequest(.post, url)) }
            client.close()
            server.close()
        }
    }

    @Test func `redirects are followed, and what is secret stays with its origin`() async throws {
        try await onLoop { loop in
            let other = try RawServer(loop) { _ in .bytes("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone") }
            let server = try RawServer(loop) { request in
                request.hasPrefix("POST /a ")
                    ? .bytes("HTTP/1.1 303 See Other\r\nLocation: b/../c\r\nContent-Length: 3\r\n\r\nabc")
                    : .bytes(
                        "HTTP/1.1 307 Go\r\nLocation: http://127.0.0.1:\(other.port)/d\r\nContent-Length: 0\r\n\r\n")
            }
            let client = HTTPClient(loop)
            var request = ClientRequest(
                .post, try URL("http://127.0.0.1:\(server.port)/a"),
                fields: ["Authorization": "secret", "Cookie": "a=b", "Content-Type": "text/plain"],
                body: .bytes(Array("body\r\n\r\n".utf8.dropLast(4))))
            request.redirects = .followed(limit: 5, allowsCycles: false)
            let response = try await client.execute(request)
            #expect(response.url.description == "http://127.0.0.1:\(other.port)/d")
            #expect(try await response.collect(upTo: 10) == Array("done".utf8))
            #expect(server.requests.last?.hasPrefix("bodyGET /c HTTP/1.1") == true)
            #expect(server.requests.last?.contains("Authorization: secret") == true)
            #expect(server.requests.last?.contains("Content-Type") == false)
            #expect(other.requests == ["GET /d HTTP/1.1\r\nHost: 127.0.0.1:\(other.port)"])
            client.close()
            server.close()
            other.close()
        }
    }
}
