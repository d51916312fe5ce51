import EventLoop
import HTTP1
import LoopTesting
import Testing

@testable import HTTP

@Suite struct RedirectTests {
    private func request(
        _ method: HTTPMethod = .get, _ url: String, _ fields: HTTPFields = [:], body: ClientRequest.Body = .none,
        limit: Int = 5, cycles: Bool = false
    ) throws -> ClientRequest {
        var request = try ClientRequest(method, url, fields: fields, body: body)
        request.redirects = .followed(limit: limit, allowsCycles: cycles)
        return request
    }

    /// Redirects `/` with the status, and answers every other path with `end`.
    private static func answer(_ status: Int, to location: String = "/end") -> @Sendable (RawExchange) -> Void {
        { exchange in
            if exchange.target != "/" { return exchange.respond("end") }
            exchange.respond("moved", status: "\(status) Moved", "Location: \(location)\r\n")
        }
    }

    @Test(
        arguments: [
            (301, .get, .get), (301, .post, .get), (301, .put, .put), (302, .head, .head), (302, .post, .get),
            (302, .delete, .delete), (303, .post, .get), (303, .put, .get), (303, .head, .head), (303, .get, .get),
            (307, .post, .post), (308, .post, .post), (308, .put, .put),
        ] as [(Int, HTTPMethod, HTTPMethod)])
    func `the method after a redirect depends on status and method`(
        _ status: Int, _ method: HTTPMethod, _ next: HTTPMethod
    ) async throws {
        let hasBody = method == .post || method == .put
        try await withClient(answer: { exchange in
            if exchange.target != "/" { return exchange.respond() }
            exchange.respond(method == .head ? "" : "moved", status: "\(status) Moved", "Location: /end\r\n")
        }) { client, server async throws in
            let fields: HTTPFields = hasBody ? ["Content-Type": "text/plain", "X-A": "1"] : ["X-A": "1"]
            let first = try request(
                method, server.url(), fields, body: hasBody ? .bytes(Array("body".utf8)) : .none)
            #expect("\(try await client.reply(first).url)" == server.url("/end"))
            let came = try #require(server.requests.last)
            #expect(came.hasPrefix("\(next) /end HTTP/1.1\r\n") && came.contains("X-A: 1\r\n"))
            let keepsBody = hasBody && next == method
            #expect(came.contains("Content-Type") == keepsBody && came.hasSuffix("body") == keepsBody)
            #expect(server.connections.count == 1)
        }
    }

    @Test(arguments: [300, 304, 305, 306, 399])
    func `other statuses are not redirects`(_ status: Int) async throws {
        try await withClient(answer: Self.answer(status)) { client, server async throws in
            #expect(try await client.reply(request(.get, server.url())).status == status)
        }
    }

    @Test func `a redirect without a location, or not to be followed, is a response`() async throws {
        try await withClient(answer: { $0.respond("x", status: "302 Found") }) { client, server async throws in
            #expect(try await client.reply(request(.get, server.url())).status == 302)
        }
        try await withClient(answer: Self.answer(302)) { client, server async throws in
            #expect(try await client.reply(server.url()).status == 302)
        }
    }

    @Test(arguments: [
        ("b/../c?d", "/c?d"), ("//localhost:PORT/x", "/x"), ("?q=1", "/?q=1"), ("http://LOCALHOST:PORT/y#z", "/y"),
        ("/ä b", "/%C3%A4%20b"), ("./e", "/e"),
    ])
    func `a location may be relative`(_ location: String, _ target: String) async throws {
        try await withClient(answer: { exchange in
            if exchange.number > 1 { return exchange.respond() }
            let place = location.replacing("PORT", with: exchange.host.split(separator: ":").last ?? "")
            exchange.respond(status: "302 Found", "Location: \(place)\r\n")
        }) { client, server async throws in
            #expect(try await client.reply(request(.get, server.url())).url.target == target)
        }
    }

    @Test(arguments: [
        "http://localhost:65536/", "http://localhost:-1/", "http://[", "http://[::1", "ftp://x/", "file:///etc/passwd",
        "http+unix://x/", "unix:/run/x.sock", "javascript:x", "http://", "http:///x", "http://a b/", "http://x:y/",
    ])
    func `a location that cannot be fetched is an error`(_ location: String) async throws {
        try await withClient(answer: Self.answer(302, to: location)) { client, server async throws in
            guard case .redirect(let reason) = await client.failure(of: try request(.get, server.url())) else {
                return #expect(Bool(false))
            }
            #expect(reason.hasPrefix("the server points to '\(location)': "))
        }
    }

    @Test(arguments: [
        ("http://user:pa/ss@h/", "http://h/"), ("http://user:p?ss@h:x/", "http://h:x/"), ("user:pass@h/", "h/"),
    ])
    func `the error about a location shows no part of a password`(_ location: String, _ shown: String) async throws {
        try await withClient(answer: Self.answer(302, to: location)) { client, server async throws in
            #expect(
                await client.failure(of: try request(.get, server.url()))
                    == .redirect(
                        "the server points to '\(shown)': its scheme, user, password, host or port is wrong"))
        }
    }

    @Test func `several different locations are an error`() async throws {
        try await withClient(answer: { $0.respond(status: "302 Found", "Location: /a\r\nLocation: /b\r\n") }) {
            client, server async throws in
            #expect(
                await client.failure(of: try request(.get, server.url()))
                    == .redirect("the server points to several places at once"))
        }
    }

    @Test func `a redirect loop is an error, unless it is allowed`() async throws {
        try await withClient(answer: { exchange in
            let end = exchange.connection.requestCount > 20
            exchange.respond(status: end ? "200 OK" : "302 Found", end ? "" : "Location: /loop\r\n")
        }) { client, server async throws in
            #expect(
                await client.failure(of: try request(.get, server.url("/loop")))
                    == .redirect("the server redirects in a loop, back to \(server.url("/loop"))"))
            let patient = try request(.get, server.url("/loop"), limit: 50, cycles: true)
            #expect(try await client.reply(patient).status == 200)
        }
    }

    @Test func `a form may redirect to its own page`() async throws {
        try await withClient(answer: { exchange in
            let isPost = exchange.head.hasPrefix("POST")
            exchange.respond(status: isPost ? "303 See Other" : "200 OK", isPost ? "Location: /\r\n" : "")
        }) { client, server async throws in
            #expect(try await client.reply(request(.post, server.url())).status == 200)
        }
    }

    @Test(arguments: [0, 3, 5])
    func `the number of redirects is limited`(_ limit: Int) async throws {
        try await withClient(answer: { exchange in
            let number = Int(exchange.target.dropFirst()) ?? 0
            exchange.respond(
                status: number < 5 ? "302 Found" : "200 OK", number < 5 ? "Location: /\(number + 1)\r\n" : "")
        }) { client, server async throws in
            let failure = await client.failure(of: try request(.get, server.url("/0"), limit: limit))
            if limit == 5 {
                #expect(failure == nil)
            } else {
                #expect(failure == .redirect("too many redirects (more than \(limit))"))
            }
            #expect(server.requests.count == limit + 1)
        }
    }

    @Test func `credentials are not sent to another origin`() async throws {
        try await onLoop { loop in
            let other = try RawServer(loop) { $0.respond("other") }
            let place = other.url("/d")
            let server = try RawServer(loop) { exchange in
                let next = exchange.target == "/" ? "/same" : place
                exchange.respond("abc", status: "307 Go", "Location: \(next)\r\n")
            }
            let client = HTTPClient(loop)
            let secrets: HTTPFields = [
                "Authorization": "secret", "COOKIE": "a=b", "Proxy-Authorization": "secret", "Host": "own:1",
                "X-A": "1",
            ]
            let reply = try await client.reply(request(.get, server.url(), secrets))
            #expect(reply.text == "other" && "\(reply.url)" == place)
            #expect(server.requests[1].hasPrefix("GET /same") && server.requests[1].contains("Authorization: secret"))
            #expect(server.requests[1].contains("COOKIE: a=b") && server.requests[1].contains("Host: own:1"))
            #expect(other.requests == ["GET /d HTTP/1.1\r\nHost: localhost:\(other.port)\r\nX-A: 1\r\n\r\n"])
            client.close()
            server.close()
            other.close()
        }
    }

    @Test(arguments: [307, 308])
    func `a streamed body is not sent twice, so the redirect is the response`(_ status: Int) async throws {
        try await withClient(answer: Self.answer(status)) { client, server async throws in
            let body = ClientRequest.Body.stream(length: 4) { call in
                call.write(Array("body".utf8).span.bytes)
                call.endBody()
            }
            let reply = try await client.reply(try request(.post, server.url(), body: body))
            #expect(reply.status == status && reply.fields.first("location") == "/end")
            #expect(server.requests.count == 1)
        }
    }

    /// The server redirects when it has the head.
    @Test func `the rest of a streamed body does not become part of the request after a redirect`() async throws {
        try await onLoop { loop in
            let server = try RawServer(loop) { exchange in
                exchange.respond("end \(exchange.body.count)")
            }
            var early: RawConnection?
            let redirecting = try TCPListener(loop, bind: SocketAddress(.loopback, port: 0))
            redirecting.accepted = { descriptor in
                guard let stream = try? TCPStream(loop, descriptor: descriptor) else { return }
                early = RawConnection(stream, over: stream) { _ in }
                early?.changed = { [unowned stream] in
                    let head = "HTTP/1.1 303 Go\r\nLocation: \(server.url("/end"))\r\nContent-Length: 0\r\n\r\n"
                    stream.write(Array(head.utf8).span.bytes)
                }
            }
            let client = HTTPClient(loop)
            var call: ClientCall?
            let body = ClientRequest.Body.stream(length: nil) { call = $0 }
            let recorder = CallRecorder(
                client, on: loop,
                try request(.post, "http://localhost:\(redirecting.address.port)/", body: body))
            while recorder.end == nil {
                call?.write(Array("more".utf8).span.bytes)
                await loop.nextPoll()
            }
            #expect(recorder.head?.status == 200 && recorder.text == "end 0" && call?.wantsBody == false)
            call?.endBody()
            #expect(server.requests.count == 1 && !server.requests[0].contains("more"))
            client.close()
            early?.stream.close()
            redirecting.close()
            server.close()
        }
    }

    @Test func `user and password of a URL stay with its origin`() async throws {
        try await onLoop { loop in
            let other = try RawServer(loop) { $0.respond("other") }
            let server = try RawServer(loop) { exchange in
                let place = exchange.target == "/" ? "http://\(exchange.host)/same" : other.url("/d")
                exchange.respond("abc", status: "302 Go", "Location: \(place)\r\n")
            }
            let client = HTTPClient(loop)
            let url = server.url().replacing("//", with: "//user:pass@")
            #expect(try await client.reply(request(.get, url)).text == "other")
            #expect(server.requests.allSatisfy { $0.contains("Authorization: Basic dXNlcjpwYXNz") })
            #expect(server.requests.count == 2 && !other.requests[0].contains("Authorization"))
            client.close()
            server.close()
            other.close()
        }
    }

    @Test func `an error about a redirect shows no password and no query`() async throws {
        try await withClient(answer: Self.answer(302, to: "ftp://user:secret@x/?code=secret")) {
            client, server async throws in
            #expect(
                await client.failure(of: try request(.get, server.url()))
                    == .redirect(
                        "the server points to 'ftp://x/?…': the scheme 'ftp' is not supported; use http or https"))
        }
    }

    @Test func `a redirect with an endless body does not delay the call`() async throws {
        try await withClient(
            { $0.discardTimeout = .milliseconds(20) },
            answer: { exchange in
                if exchange.target != "/" { return exchange.respond("end") }
                exchange.write("HTTP/1.1 302 Found\r\nLocation: /end\r\nContent-Length: 1000000\r\n\r\nabc")
            }
        ) { client, server async throws in
            #expect(try await client.reply(request(.get, server.url())).text == "end")
            #expect(server.connections.count == 2)
            try await server.waiter.wait(for: "the end of one") { server.openConnections == 1 }
        }
    }

    @Test func `only a short part of a redirect's body is read to keep the connection`() async throws {
        try await withClient(answer: { exchange in
            if exchange.target != "/" { return exchange.respond("end") }
            exchange.write("HTTP/1.1 302 Found\r\nLocation: /end\r\nTransfer-Encoding: chunked\r\n\r\n")
            exchange.connection.floods(with: "400\r\n\(String(repeating: "x", count: 1024))\r\n")
        }) { client, server async throws in
            #expect(try await client.reply(request(.get, server.url())).text == "end")
            try await server.waiter.wait(for: "the end of one") { server.openConnections == 1 }
        }
    }

    @Test func `a target given byte for byte is used only for the first request`() async throws {
        try await withClient(answer: { exchange in
            exchange.target == "/%zz" ? exchange.respond(status: "302 Found", "Location: /b\r\n") : exchange.respond()
        }) { client, server async throws in
            var first = try request(.get, server.url("/a"))
            first.target = "/%zz"
            #expect("\(try await client.reply(first).url)" == server.url("/b"))
        }
    }
}
