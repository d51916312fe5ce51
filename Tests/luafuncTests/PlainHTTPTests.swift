import Foundation
import TestSupport
import Testing

/// Tests callers' own requests to the built program, byte by byte.
@Suite struct PlainHTTPTests {
    private static let files: [String: String] = [
        "host.json": #"{ "version": "2.0", "customHandler": { "enableForwardingHttpRequest": true } }"#,
        "functions/echo/function.json": function(route: "echo/{*rest}"),
        "functions/echo/handler.lua": """
        return function(data)
            local req = data.req
            return { headers = { ["x-rest"] = req.Params.rest, ["x-url"] = req.Url }, body = req.Method .. " " .. req:bytes() }
        end
        """,
        "functions/split/function.json": function(),
        "functions/split/handler.lua":
            #"return function() return { headers = { ["x-a"] = "1\r\nx-b: 2" }, body = "b" } end"#,
        "functions/tasks/function.json": function(),
        "functions/tasks/handler.lua": """
        local task = require "task"
        return function()
            local response = { headers = { ["x-a"] = "early" }, body = function() end }
            task.spawn(function() task.sleep(0.01) response.headers["x-a"] = "late" end)
            return response
        end
        """,
        "functions/stream/function.json": function(timeLimit: "1s"),
        "functions/stream/handler.lua": """
        local task = require "task"
        return function(data, metadata, context)
            local kind = data.req:query "kind"
            return { headers = { ["x-kind"] = kind }, body = function(write)
                local closed <close> = setmetatable({}, { __close = function() print "the body is closed" end })
                if kind == "quiet" then for i = 1, 8 do write("piece " .. i) task.sleep(0.15) end return end
                write "one"
                if kind == "error" then error "broken off" end
                if kind == "flood" then while true do write(("x"):rep(65536)) end end
                if kind == "forever" then while true do task.sleep(0.005) write "more" end end
                if kind == "silent" then task.sleep(60) end
                write "two"
            end }
        end
        """,
    ]

    private static func function(route: String? = nil, timeLimit: String = "60s") -> String {
        let route = route.map { ", \"route\": \"\($0)\"" } ?? ""
        return """
            { "bindings": [ { "name": "req", "type": "httpTrigger"\(route) }, { "name": "res", "type": "http", "direction": "out" } ],
              "lua": { "timeLimit": "\(timeLimit)" } }
            """
    }

    private static let server = Task { try Served() }

    /// The app's folder lives as long as its server.
    private struct Served {
        let app: TemporaryApp
        let process: LuafuncProcess

        init() throws {
            app = try TemporaryApp(files)
            process = try LuafuncProcess(["serve", "--port", "0", "--app", app.folder.path, "--until-stdin-ends"])
        }
    }

    private func connection() async throws -> RawConnection {
        try RawConnection(port: try await Self.server.value.process.port)
    }

    private func request(_ text: String) async throws -> HTTPReply? {
        let connection = try await connection()
        connection.send(text)
        return connection.response()
    }

    // MARK: Requests

    @Test func `requests that arrive together are answered in their order`() async throws {
        let connection = try await connection()
        connection.send(
            "GET /api/echo/a HTTP/1.1\r\nHost: x\r\n\r\nPUT /api/echo/b HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi"
                + "GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n")
        let replies = [connection.response(), connection.response(), connection.response()]
        #expect(replies.map { $0?.status } == [200, 200, 404])
        #expect(replies[0]?.text == "GET " && replies[1]?.text == "PUT hi" && replies[1]?.headers["x-rest"] == "b")
    }

    @Test func `a client that waits for 100 Continue gets it`() async throws {
        let connection = try await connection()
        connection.send("POST /api/echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        #expect(connection.response()?.status == 100)
        connection.send("ok")
        #expect(connection.response()?.text == "POST ok")
    }

    @Test(arguments: [
        ("Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", 400),
        ("Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", 400),
        ("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        ("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", 400),
        ("Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400), ("Content-Length : 5\r\n\r\nhello", 400),
        ("Content-Length: -1\r\n\r\n", 400), ("Content-Length: 5x\r\n\r\nhello", 400), ("X\u{1}: 1\r\n\r\n", 400),
        ("Host: y\r\n\r\n", 400), ("Transfer-Encoding: gzip\r\n\r\n", 400),
        ("X: \(String(repeating: "a", count: 70_000))\r\n\r\n", 431),
        (String(repeating: "X: 1\r\n", count: 300) + "\r\n", 431), ("Content-Length: 999999999999\r\n\r\n", 413),
    ])
    func `an ambiguous or invalid request is refused, and its connection is closed`(
        _ rest: String, status: Int
    ) async throws {
        let connection = try await connection()
        connection.send("POST /api/echo HTTP/1.1\r\nHost: x\r\n" + rest)
        let reply = try #require(connection.response())
        #expect(reply.status == status && reply.headers["connection"] == "close")
        #expect(reply.headers["content-type"] == "application/problem+json" && reply.text.contains("\"detail\""))
        connection.send("GET /api/echo HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(connection.response() == nil)
    }

    @Test(arguments: [
        ("GET /api/echo HTTP/1.1\r\n\r\n", 400), ("GET /api/echo HTTP/1.0\r\n\r\n", 200),
        ("GET * HTTP/1.1\r\nHost: x\r\n\r\n", 400), ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
        ("nonsense\r\n\r\n", 400),
        ("GET /api/echo/%00 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    ])
    func `the response to an invalid request says what is wrong`(_ text: String, status: Int) async throws {
        #expect(try await request(text)?.status == status)
    }

    @Test(arguments: [
        ("/api/echo/a%20b/C%2Fd", "a b/C%2Fd"), ("/api/x/../echo/a/./b", "a/b"), ("/API/Echo/%zz%4", "%zz%4"),
        ("/../../api/echo/x", "x"), ("/api/%65cho/y", "y"), ("http://other:81/api/echo/z", "z"),
    ])
    func `a path is read as the host reads it`(_ target: String, rest: String) async throws {
        let reply = try await request("GET \(target) HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(reply?.status == 200 && reply?.headers["x-rest"] == rest)
    }

    @Test func `the URL is the one that the caller requested`() async throws {
        let whole = try await request("GET http://other:81/api/echo?a=1 HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(whole?.headers["x-url"] == "http://other:81/api/echo?a=1")
        // If the host forwards requests, this header belongs to the caller.
        let forwarded = try await request(
            "GET /api/echo HTTP/1.1\r\nHost: x\r\nX-Forwarded-Host: evil.example\r\nX-Forwarded-Proto: https\r\n\r\n")
        #expect(forwarded?.headers["x-url"] == "https://x/api/echo")
    }

    @Test func `a body in chunks arrives whole`() async throws {
        let reply = try await request(
            "POST /api/echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
        #expect(reply?.text == "POST abcde")
    }

    @Test func `a large body arrives unchanged, whatever its bytes`() async throws {
        let connection = try await connection()
        let bytes = (0..<5_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8) }
        connection.send(
            "POST /api/echo HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\nContent-Length: 5000000\r\n\r\n")
        connection.send(bytes)
        #expect(connection.response()?.body == Array("POST ".utf8) + bytes)
    }

    @Test func `a client that has closed its half still gets the response`() async throws {
        let connection = try await connection()
        connection.send("GET /api/echo HTTP/1.1\r\nHost: x\r\n\r\n")
        connection.finish()
        #expect(connection.response()?.text == "GET ")
        // The server closes its half too; otherwise the connection would stay open forever.
        #expect(connection.response() == nil)
    }

    /// Another process holds the connections: Foundation's `Process` cannot wait where descriptors have higher numbers than
    /// 1,023.
    @Test func `a thousand idle connections do not delay a request`() async throws {
        let script = """
            ulimit -n 2048
            for ((count = 0; count < 1000; count++)); do
                exec {connection}<>/dev/tcp/127.0.0.1/\(try await Self.server.value.process.port) || exit
                connections+=($connection)
            done
            echo open
            read
            for connection in "${connections[@]: -3}"; do
                printf 'GET /api/echo HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n' >&$connection
                read -r line <&$connection
                echo "$line"
            done
            """
        let idle = try LuafuncProcess(["-c", script], program: URL(filePath: "/bin/bash"), waits: false)
        #expect(idle.line() == "open")
        #expect(try await request("GET /api/echo HTTP/1.1\r\nHost: x\r\n\r\n")?.status == 200)
        idle.endInput()
        for _ in 0..<3 { #expect(idle.line()?.hasPrefix("HTTP/1.1 200 ") == true) }
        #expect(await idle.end().code == 0)
    }

    // MARK: Responses

    @Test func `a header value with a line break is refused`() async throws {
        let reply = try await request("GET /api/split HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(reply?.status == 500 && reply?.headers["x-b"] == nil)
    }

    @Test func `the response to HEAD has a length and no body`() async throws {
        let connection = try await connection()
        connection.send("HEAD /api/echo HTTP/1.1\r\nHost: x\r\n\r\n")
        let head = connection.head()
        #expect(head?.status == 200 && head?.headers["content-length"] == "5")
        connection.send("GET /api/echo HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(connection.response()?.text == "GET ")
    }

    @Test func `the response to HEAD waits for the tasks, and a stream begins beside them`() async throws {
        for (method, value) in [("HEAD", "late"), ("GET", "early")] {
            let connection = try await connection()
            connection.send("\(method) /api/tasks HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(connection.head()?.headers["x-a"] == value)
        }
    }

    // MARK: Streams

    private func stream(
        _ kind: String, version: String = "1.1", of server: Served? = nil
    ) async throws -> RawConnection {
        let connection = if let server { try RawConnection(port: server.process.port) } else { try await connection() }
        connection.send("GET /api/stream?kind=\(kind) HTTP/\(version)\r\nHost: x\r\n\r\n")
        return connection
    }

    @Test func `a body is sent piece by piece, and the connection stays open`() async throws {
        let connection = try await stream("plain")
        let head = connection.head()
        #expect(head?.headers["transfer-encoding"] == "chunked" && head?.headers["x-kind"] == "plain")
        #expect(connection.chunk() == Array("one".utf8) && connection.chunk() == Array("two".utf8))
        #expect(connection.chunk() == [])
        connection.send("GET /api/echo HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(connection.response()?.status == 200)
    }

    @Test func `an HTTP 1.0 client gets the pieces without chunks`() async throws {
        let connection = try await stream("plain", version: "1.0")
        let head = connection.head()
        #expect(head?.headers["transfer-encoding"] == nil && head?.headers["connection"] == "close")
        #expect(connection.rest() == Array("onetwo".utf8))
    }

    @Test func `the time limit of a stream applies to pauses, not to its length`() async throws {
        let connection = try await stream("quiet")
        let text = (1...8).map { "piece \($0)" }.joined()
        #expect(connection.response()?.text == text)
    }

    @Test(arguments: ["error", "silent"])
    func `a body that is cut off can be distinguished from a complete one`(_ kind: String) async throws {
        let connection = try await stream(kind)
        #expect(connection.head()?.status == 200 && connection.chunk() == Array("one".utf8))
        #expect(connection.chunk() == nil)
    }

    @Test func `a caller that does not read makes the writer wait without using memory`() async throws {
        let server = try Served()
        let connection = try await stream("flood", of: server)
        #expect(connection.head()?.status == 200)
        // The test reads nothing until the time limit for pauses has ended the writer.
        #expect(server.process.waitForErrorLine(containing: "the time limit of "))
        let bytes = connection.rest().count
        #expect(bytes > 65_536 && bytes < 64 << 20)
    }

    @Test func `a caller that disconnects ends the invocation`() async throws {
        let server = try Served()
        do {
            let connection = try await stream("forever", of: server)
            #expect(connection.head()?.status == 200 && connection.chunk() == Array("one".utf8))
        }
        #expect(server.process.waitForLine(containing: "the caller disconnected before the response was complete"))
        #expect(server.process.waitForLine(containing: "the body is closed"))
    }

    @Test func `a caller that resets the connection in a body does not affect the next one`() async throws {
        for _ in 0..<10 {
            let connection = try await stream("flood")
            #expect(connection.head()?.status == 200 && connection.chunk() != nil)
            connection.reset()
            let next = try await stream("plain")
            #expect(next.response()?.text == "onetwo")
        }
    }

    @Test func `HEAD on a stream is answered, and the connection is closed`() async throws {
        let connection = try await connection()
        connection.send("HEAD /api/stream?kind=plain HTTP/1.1\r\nHost: x\r\n\r\n")
        let head = connection.head()
        #expect(head?.status == 200 && head?.headers["x-kind"] == "plain" && head?.headers["connection"] == "close")
        #expect(connection.rest().isEmpty)
    }

    @Test func `the host counts as disconnected as soon as it closes its half`() async throws {
        let server = try Served()
        let connection = try RawConnection(port: server.process.port)
        connection.send(
            "GET /api/stream?kind=plain HTTP/1.1\r\nHost: x\r\nX-Azure-Functions-HostVersion: 4\r\n\r\n")
        #expect(connection.response()?.text == "onetwo")
        connection.send(
            "GET /api/stream?kind=forever HTTP/1.1\r\nHost: x\r\nX-Azure-Functions-HostVersion: 4\r\n\r\n")
        #expect(connection.head()?.status == 200)
        connection.finish()
        #expect(server.process.waitForLine(containing: "the caller disconnected before the response was complete"))
    }
}
