import Foundation
import JSON
import TestSupport
import Testing

/// Where the lines of an invocation go. Each reaches the host's log once.
@Suite struct LogTests {
    private static let id = "6b0cbf0e-8f7e-4a53-9f0c-0a8f0d1f3c11"
    private static let levels = """
        local log = require "log"
        return function() print("out") log.debug("detail") log.warn("careful") log.error("bad") end
        """

    /// An app with one function, `f`, that the built program serves.
    private struct Server {
        let app: TemporaryApp
        let process: LuafuncProcess

        init(
            _ handler: String, _ options: [String] = [], functionJSON: String = TemporaryApp.queueFunction
        ) throws {
            app = try TemporaryApp([
                "host.json": #"{ "version": "2.0", "extensionBundle": {} }"#,
                "functions/f/function.json": functionJSON, "functions/f/handler.lua": handler,
            ])
            process = try LuafuncProcess(["serve", "--port", "0", "--app", app.folder.path] + options)
        }

        /// The text of the response to the host.
        func invoke() throws -> String { try process.invoke("f", #"{"Data":{}}"#.utf8).text }

        func end() async -> (output: String, errors: String) {
            process.send(signal: SIGTERM)
            let end = await process.end()
            return (end.output, end.errors)
        }
    }

    @Test func `each line is live with its level and the id of its invocation, and the host gets no copies`()
        async throws
    {
        let server = try Server(Self.levels, ["--log-level", "debug"])
        #expect(try server.invoke() == "{}")
        let (output, errors) = await server.end()
        let lines = output.split(separator: "\n").filter { $0.contains(Self.id) }.map { $0.dropFirst(25) }
        #expect(lines == ["info f \(Self.id): out", "debug f \(Self.id): detail"])
        #expect(errors.split(separator: "\n").count == 2)
        #expect(errors.contains("warn f \(Self.id): careful\n") && errors.contains("error f \(Self.id): bad\n"))
    }

    @Test func `a caller other than the host gets copies, and the log has every line`() async throws {
        let server = try Server(Self.levels)
        let reply = try server.process.request("/f", method: "POST", body: #"{"Data":{}}"#.utf8)
        #expect(reply.text == #"{"Logs":["out","careful","bad"]}"#)
        let (output, errors) = await server.end()
        #expect(output.contains(": out\n") && errors.contains(": careful\n") && errors.contains(": bad\n"))
    }

    @Test func `JSON lines are all live, with level, function and invocation as fields`() async throws {
        let server = try Server(Self.levels, ["--log-format", "json", "--log-level", "debug"])
        #expect(try server.invoke() == "{}")
        let (output, errors) = await server.end()
        let lines = try (output + errors).split(separator: "\n").map {
            try JSONTree.parse(String($0).utf8Span.span.bytes)
        }.filter { $0["invocationId"]?.string == Self.id && $0["function"]?.string == "f" && $0["time"] != nil }
        let texts = lines.map { "\($0["level"]?.string ?? "") \($0["message"]?.string ?? "")" }
        #expect(texts == ["info out", "debug detail", "warn careful", "error bad"])
    }

    @Test func `the lines of a failed invocation are live, and so is the reason with its source line`() async throws {
        let server = try Server("return function()\n  print 'before'\n  error 'no luck'\nend")
        let text = try server.invoke()
        #expect(text.hasPrefix("functions/f/handler.lua:3: no luck\n") && !text.contains("before"))
        let (output, errors) = await server.end()
        #expect(output.components(separatedBy: "info f \(Self.id): before\n").count == 2)
        #expect(errors.contains("error f \(Self.id): functions/f/handler.lua:3: no luck"))
    }

    @Test func `a line is written at once, so that it outlives the process`() async throws {
        let server = try Server("return function() print 'first' while true do end end")
        let connection = try RawConnection(port: server.process.port)
        let fields = hostHeaders.map { "\($0): \($1)\r\n" }.joined()
        connection.send("POST /f HTTP/1.1\r\nHost: x\r\n\(fields)Content-Length: 11\r\n\r\n{\"Data\":{}}")
        #expect(server.process.line(containing: "first")?.contains("info f \(Self.id): first") == true)
        server.process.send(signal: SIGKILL)
        #expect(await server.process.end().code == -SIGKILL)
    }

    @Test func `a body that is dropped is a warning`() throws {
        let server = try Server(
            "return function() return { statusCode = 204, body = 'x' } end", functionJSON: TemporaryApp.httpFunction)
        #expect(try server.invoke() == #"{"Outputs":{"res":{"statusCode":204,"body":""}}}"#)
        #expect(
            server.process.waitForErrorLine(
                containing: "warn f \(Self.id): Outputs.res.body: a response with status 204 has no body, so it is "
                    + "dropped; leave it out"))
    }

    @Test func `a second result is a warning`() throws {
        let server = try Server("return function() return 'x', 1 end", functionJSON: TemporaryApp.httpFunction)
        #expect(try server.invoke() == #"{"Outputs":{"res":{"statusCode":200,"body":"x"}}}"#)
        #expect(
            server.process.waitForErrorLine(
                containing: "warn f \(Self.id): the handler returned 2 values; only the first one counts. For a "
                    + "status, return { statusCode = …, body = … }"))
    }

    @Test func `start shows each printed line once, and the Logs that a script returns`() throws {
        let host = try StartedApp([
            "functions/f/function.json": TemporaryApp.httpFunction,
            "functions/f/handler.lua":
                "return function() print 'printed' return { Outputs = { res = 'x' }, Logs = { 'returned' } } end",
        ])
        for _ in 1...2 { #expect(try host.request("/api/f").text == "x") }
        let lines = try host.lines(upTo: "returned") + host.lines(upTo: "returned")
        #expect(lines.count { $0 == "            printed" } == 2)
        #expect(lines.count { $0 == "            returned" } == 2)
    }
}
