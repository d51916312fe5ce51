import Foundation
import JSON
import TestHost
import TestSupport
import Testing

/// The built program, over a socket.
@Suite struct ServeTests {
    private static let cases = Task {
        try LuafuncProcess(["serve", "--port", "0", "--app", await Case.app.value.folder.path, "--until-stdin-ends"])
    }

    @Test(arguments: try Case.all)
    func `the caller gets what the function returns`(_ example: Case) async throws {
        let server = try await Self.cases.value
        let reply = try server.invoke(example.name, example.payload, headers: example.headers)
        let differences = try example.differences(
            status: reply.status, contentType: reply.headers["content-type"] ?? "", body: reply.body)
        #expect(differences.isEmpty)
    }

    // MARK: Bad input

    private static let app = Task {
        let files = try TemporaryApp([
            "functions/echo/function.json":
                #"{ "bindings": [ { "name": "msg", "type": "queueTrigger" }, { "name": "o", "type": "queue", "direction": "out" } ] }"#,
            "functions/echo/handler.lua": "return function(data) return { o = #data.msg } end",
            "functions/syntax/function.json": TemporaryApp.queueFunction,
            "functions/syntax/handler.lua": "return function(\n  local\nend",
            "functions/nothing/function.json": TemporaryApp.queueFunction,
            "functions/nothing/handler.lua": "return 7",
            "functions/loading/function.json": TemporaryApp.queueFunction,
            "functions/loading/handler.lua": "\nerror('no settings')",
            "functions/bindings/function.json": #"{ "bindings": [] }"#,
            "functions/fails/function.json": TemporaryApp.queueFunction,
            "functions/fails/handler.lua": "return function() print('before') error('no luck') end",
        ])
        return (
            try LuafuncProcess([
                "serve", "--port", "0", "--app", files.folder.path, "--body-limit", "65MB", "--memory-limit", "160MB",
                "--until-stdin-ends",
            ]), files
        )
    }

    private func request(
        _ path: String, _ body: [UInt8], method: String = "POST",
        headers: [String: String] = ["Content-Type": "application/json"]
    ) async throws -> HTTPReply {
        let server = try await Self.app.value.0
        let reply = try server.request(path, method: method, headers: headers, body: body)
        // Whatever came, the next request works.
        let next = try server.request("/echo", method: "POST", body: #"{"Data":{"msg":"\"abc\""}}"#.utf8)
        #expect(next.status == 200 && next.text == #"{"Outputs":{"o":"3"}}"#)
        return reply
    }

    @Test(arguments: [
        ("", "line 1, column 1: the text ends in the middle of a value"),
        ("{\"Data\":", "line 1, column 9: the text ends in the middle of a value"),
        ("[1]", "line 1, column 1: '[' where an invocation payload"),
        ("{\"Data\":{\"msg\":\"a\" \"b\"}}", "line 1, column 20: '\\\"' where ',' or '}' should be"),
        ("{}", "the invocation payload has no \\\"Data\\\""),
        ("{\"Data\":[]}", "'[' where an object for \\\"Data\\\" should be"),
        ("{\"Data\":{\"msg\":\"\\ud800\"}}", "half of a surrogate pair"),
    ])
    func `a body that is not a payload is refused with the position of the mistake`(_ body: String, _ sentence: String)
        async throws
    {
        let reply = try await request("/echo", Array(body.utf8))
        #expect(reply.status == 400 && reply.headers["content-type"] == "application/problem+json")
        #expect(reply.text.contains(sentence), "\(reply.text)")
    }

    @Test func `nesting of 200 levels is refused`() async throws {
        let nested = String(repeating: "[", count: 200) + String(repeating: "]", count: 200)
        let reply = try await request("/echo", Array("{\"Data\":{\"msg\":\(nested)}}".utf8))
        #expect(reply.status == 400 && reply.text.contains("nested deeper than 128 levels"))
    }

    @Test func `bytes that are not UTF-8 are refused`() async throws {
        let reply = try await request("/echo", Array("{\"Data\":{\"msg\":\"".utf8) + [0xff] + Array("\"}}".utf8))
        #expect(reply.status == 400 && reply.text.contains("bytes that are not UTF-8"))
    }

    @Test func `a body of 64 MB is accepted`() async throws {
        let text = String(repeating: "x", count: 64_000_000)
        let reply = try await request("/echo", Array("{\"Data\":{\"msg\":\"\(text)\"}}".utf8))
        // The queue gets "64000000", which the host would decode as base64 if it were plain text.
        #expect(reply.status == 200 && reply.text == #"{"Outputs":{"o":"NjQwMDAwMDA="}}"#, "\(reply.text.prefix(300))")
    }

    @Test func `a body over the limit is refused before it is read`() async throws {
        let server = try await Self.app.value.0
        let connection = try RawConnection(port: server.port)
        connection.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n")
        let reply = try #require(connection.response())
        #expect(reply.status == 413 && reply.text.contains("at most 65 MB; raise it with --body-limit"))
        #expect(connection.response() == nil)
    }

    @Test func `a chunked body over the limit is refused`() async throws {
        let files = try TemporaryApp([
            "f/function.json": TemporaryApp.queueFunction, "f/handler.lua": "return function() end",
        ])
        let server = try LuafuncProcess(["serve", "--port", "0", "--app", files.folder.path, "--body-limit", "1KB"])
        let connection = try RawConnection(port: server.port)
        connection.send("POST /f HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        connection.send("800\r\n" + String(repeating: "x", count: 0x800) + "\r\n0\r\n\r\n")
        #expect(connection.response()?.status == 413)
    }

    @Test func `a chunked body is accepted`() async throws {
        let server = try await Self.app.value.0
        let connection = try RawConnection(port: server.port)
        connection.send("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        for piece in ["{\"Data\":", "{\"msg\":\"\\\"he", "llo\\\"\"}}"] {
            connection.send(String(piece.utf8.count, radix: 16) + "\r\n" + piece + "\r\n")
        }
        connection.send("0\r\n\r\n")
        #expect(connection.response()?.text == #"{"Outputs":{"o":"5"}}"#)
    }

    @Test func `a client that waits for 100 Continue is told to continue`() async throws {
        let server = try await Self.app.value.0
        let body = #"{"Data":{"msg":"\"abc\""}}"#
        let connection = try RawConnection(port: server.port)
        connection.send(
            "POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: \(body.utf8.count)\r\n\r\n")
        #expect(connection.response()?.status == 100)
        connection.send(body)
        #expect(connection.response()?.text == #"{"Outputs":{"o":"3"}}"#)
    }

    @Test func `requests on one connection are answered in order`() async throws {
        let server = try await Self.app.value.0
        let connection = try RawConnection(port: server.port)
        for text in ["a", "bb", "ccc"] {
            let body = "{\"Data\":{\"msg\":\"\\\"\(text)\\\"\"}}"
            connection.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
        }
        for length in 1...3 { #expect(connection.response()?.text == "{\"Outputs\":{\"o\":\"\(length)\"}}") }
    }

    @Test(arguments: [
        ("GET", "/echo", "a function is invoked with POST /echo, not GET"),
        ("POST", "/ecko", "there is no function 'ecko'; invoke one with POST /<name> (did you mean 'echo'?)"),
        ("POST", "/", "there is no function ''"),
        ("POST", "/echo/x", "there is no function 'echo/x'"),
        ("DELETE", "/xyzzy", "there is no function 'xyzzy'; invoke one with POST /<name>\""),
    ])
    func `a wrong method or path lists the functions`(_ method: String, _ path: String, _ sentence: String) async throws
    {
        let reply = try await request(path, [], method: method)
        #expect(reply.status == 404 && reply.text.contains(sentence), "\(reply.text)")
        #expect(reply.text.contains(#""functions":["bindings","echo","fails","loading","nothing","syntax"]"#))
    }

    @Test(arguments: [[:], ["Content-Type": "text/plain"], ["Content-Type": "application/x-www-form-urlencoded"]])
    func `the content type does not matter, the body does`(_ headers: [String: String]) async throws {
        let reply = try await request(
            "/echo", Array(#"{"Extra":1,"Data":{"msg":"\"ab\"","x":[{}]}}"#.utf8), headers: headers)
        #expect(reply.status == 200 && reply.text == #"{"Outputs":{"o":"2"}}"#)
    }

    @Test func `a request that is cut off does no harm`() async throws {
        let server = try await Self.app.value.0
        for text in [
            "POST /echo HTTP/1.1\r\nContent-Le",
            "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{\"Data\"",
        ] {
            let connection = try RawConnection(port: server.port)
            connection.send(text)
            connection.finish()
            #expect(connection.response().map { $0.status == 400 } ?? true)
        }
        _ = try await request("/echo", Array(#"{"Data":{"msg":"\"ab\""}}"#.utf8))
    }

    @Test func `bytes that are not HTTP are refused`() async throws {
        let server = try await Self.app.value.0
        let connection = try RawConnection(port: server.port)
        connection.send("\u{16}\u{3}\u{1} hello\r\n\r\n")
        #expect(connection.response()?.status == 400)
        _ = try await request("/echo", Array(#"{"Data":{"msg":"\"ab\""}}"#.utf8))
    }

    @Test(arguments: [
        ("syntax", "functions/syntax/handler.lua:2: "),
        ("nothing", "functions/nothing/handler.lua: the script returns a number, but it must return the handler"),
        ("loading", "functions/loading/handler.lua:2: no settings"),
        ("bindings", "functions/bindings/function.json:1: at least one binding must be declared"),
    ])
    func `a broken function answers with its reason`(_ name: String, _ sentence: String) async throws {
        let reply = try await request("/\(name)", Array(#"{"Data":{}}"#.utf8))
        #expect(reply.status == 500 && reply.text.contains(sentence), "\(reply.text)")
        let toHost = try await request("/\(name)", Array(#"{"Data":{}}"#.utf8), headers: hostHeaders)
        #expect(toHost.status == 200 && toHost.headers["content-type"] == "text/plain; charset=utf-8")
        #expect(toHost.text.contains(sentence))
    }

    @Test func `a failure is a text for the host and a status for any other caller`() async throws {
        let toHost = try await request("/fails", Array(#"{"Data":{}}"#.utf8), headers: hostHeaders)
        #expect(
            toHost.text == """
                functions/fails/handler.lua:1: no luck
                stack traceback:
                \t[C]: in function 'error'
                \tfunctions/fails/handler.lua:1: in function <line 1>
                """)
        #expect(toHost.status == 200 && toHost.headers["content-type"] == "text/plain; charset=utf-8")
        let other = try await request("/fails", Array(#"{"Data":{}}"#.utf8))
        #expect(other.status == 500 && other.headers["content-type"] == "application/problem+json")
        let problem = try JSONTree.parse(other.body.span.bytes)
        #expect(problem["detail"]?.string == "functions/fails/handler.lua:1: no luck")
        #expect(problem["function"]?.string == "fails" && problem["logs"]?.elements?.first?.string == "before")
        #expect(problem["traceback"]?.elements?.count == 2)
    }

    @Test func `the readiness probe is answered`() async throws {
        let reply = try await request("/", [], method: "GET", headers: [:])
        #expect(reply.status == 200)
    }
}
