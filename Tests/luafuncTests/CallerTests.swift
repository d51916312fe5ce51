import Foundation
import TestSupport
import Testing

/// Tests who can bypass the host and reach the built program, what a script can do to readers of its output, and what
/// outlives the program.
@Suite struct CallerTests {
    private static let bundle = #"{ "version": "2.0", "extensionBundle": {} }"#
    private static let queue = """
        { "bindings": [ { "name": "msg", "type": "queueTrigger", "queueName": "orders", "connection": "" } ] }
        """
    private static let payload = Array(#"{"Data":{"msg":"\"x\""},"Metadata":{}}"#.utf8)

    // MARK: The handler's port

    @Test(arguments: [
        "", #""customHandler": { "enableForwardingHttpRequest": true },"#,
        #""customHandler": { "enableProxyingHttpRequest": true },"#,
    ])
    func `under start, the handler's port answers only the host`(_ wire: String) throws {
        let app = try TemporaryApp([
            "host.json": #"{ \#(wire) "version": "2.0", "extensionBundle": {} }"#,
            "tell/function.json": TemporaryApp.httpFunction,
            "tell/handler.lua": """
            local json = require "json"
            return function(data, context)
                return os.getenv("FUNCTIONS_CUSTOMHANDLER_PORT") .. " " .. json.encode(data.req.Headers)
            end
            """,
            "work/function.json": Self.queue, "work/handler.lua": "return function() print 'fired' end",
        ])
        let host = try StartedApp(app)
        let told = try host.request("/api/tell", headers: ["X-Luafunc-Secret": "mine", "X-Own": "1"])
        let handlerPort = try #require(Int(told.text.prefix { $0 != " " }), "\(told)")
        // With payloads, the caller's own header belongs to the caller, and the secret is in no table.
        #expect(told.text.contains("X-Own") && told.text.firstMatch(of: #/[0-9a-f]{64}/#) == nil, "\(told.text)")
        if !wire.isEmpty { #expect(!told.text.lowercased().contains("secret"), "\(told.text)") }
        for headers in [
            hostHeaders, ["Origin": "http://evil.example"], ["X-Luafunc-Secret": String(repeating: "0", count: 64)],
        ] {
            for (method, path) in [("POST", "/work"), ("POST", "/tell"), ("GET", "/"), ("GET", "/api/tell")] {
                let reply = try RawConnection.request(
                    path, method: method, port: handlerPort, headers: headers, body: Self.payload)
                #expect(reply.status == 403 && reply.text.contains("luafunc start"), "\(method) \(path) \(reply)")
            }
        }
        #expect(try host.request("/api/tell").status == 200)
        try host.fire("work", "hello")
        // The first such line belongs to the only call that came through the host.
        #expect(host.process.waitForLine(containing: "by hand "))
        #expect(host.process.line(containing: "fired") == "            fired")
    }

    @Test func `under the host's port variable a page's payload is refused, and the host's is not`() async throws {
        let app = try TemporaryApp([
            "host.json": Self.bundle, "work/function.json": Self.queue, "work/handler.lua": "return function() end",
        ])
        let server = try LuafuncProcess(
            [], environment: ["FUNCTIONS_CUSTOMHANDLER_PORT": "0", "FUNCTIONS_APP_ROOT_PATH": app.folder.path])
        func status(_ headers: [String: String]) throws -> Int {
            try server.request("/work", method: "POST", headers: headers, body: Self.payload).status
        }
        #expect(try status(hostHeaders) == 200)
        #expect(try status(["Origin": "null"]) == 403 && status(["Sec-Fetch-Mode": "no-cors"]) == 403)
        let connection = try RawConnection(port: server.port)
        connection.send("POST /work HTTP/1.1\r\nHost: evil.example:\(server.port)\r\nContent-Length: 0\r\n\r\n")
        #expect(connection.response()?.status == 403)
        let byHand = try LuafuncProcess(["serve", "--port", "0", "--app", app.folder.path])
        let headers = ["Origin": "http://page.example"]
        #expect(try byHand.request("/work", method: "POST", headers: headers, body: Self.payload).status == 200)
    }

    // MARK: Lines

    private static func forgingApp() throws -> TemporaryApp {
        try TemporaryApp([
            "host.json": bundle, "f/function.json": TemporaryApp.httpFunction,
            "f/handler.lua": #"""
            return function()
                print("a\r\n2026-01-01T00:00:00.000Z error f: forged\27[2J\194\155m")
                print "after"
                return "x"
            end
            """#,
            "g/function.json": TemporaryApp.httpFunction,
            "g/handler.lua": #"return function() error("b\r\n12:00:00  f  forged\27[2J", 0) end"#,
        ])
    }

    @Test func `a script's output cannot forge a line or control the terminal`() throws {
        let host = try StartedApp(try Self.forgingApp())
        #expect(try host.request("/api/f").status == 200)
        #expect(
            host.process.line(containing: "forged")
                == #"            a\r\n2026-01-01T00:00:00.000Z error f: forged\u001b[2J\u009bm"#)
        #expect(host.process.line() == "            after")
        #expect(try host.request("/api/g").status == 500)
        let line = try #require(host.process.line(containing: "forged"))
        #expect(line.hasPrefix("            ") && line.contains(#"\u001b[2J"#) && !line.contains("\u{1b}"), "\(line)")
    }

    @Test func `a printed text is one line of the handler's log`() throws {
        let app = try Self.forgingApp()
        let payload = #"{"Data":{}}"#.utf8
        let text = try LuafuncProcess(["serve", "--port", "0", "--app", app.folder.path])
        // For the host, the line would be in the response.
        #expect(try text.request("/f", method: "POST", body: payload).status == 200)
        let line = try #require(text.line(containing: "forged"))
        #expect(line.hasSuffix(#": a\r\n2026-01-01T00:00:00.000Z error f: forged\u001b[2J\u009bm"#), "\(line)")
        #expect(line.contains(" info f "))
        let json = try LuafuncProcess(["serve", "--port", "0", "--log-format", "json", "--app", app.folder.path])
        #expect(try json.invoke("f", payload).status == 200)
        let object = try JSONSerialization.jsonObject(with: Data(try #require(json.line(containing: "forged")).utf8))
        let message = (object as? [String: String])?["message"]
        #expect(message == "a\r\n2026-01-01T00:00:00.000Z error f: forged\u{1b}[2J\u{9b}m")
    }

    @Test func `lines of another handler cannot control the terminal`() throws {
        let app = try TemporaryApp(["f/function.json": TemporaryApp.httpFunction])
        let host = try StartedApp(app, ["--", "/bin/sh", "-c", #"printf 'x\033[2Jy\n'; exec sleep 1000"#])
        #expect(host.process.line(containing: "[2J")?.hasSuffix(#"  x\u001b[2Jy"#) == true)
    }

    @Test func `a line of many megabytes does not stop the logs or the function`() throws {
        let app = try TemporaryApp([
            "host.json": Self.bundle, "f/function.json": TemporaryApp.httpFunction,
            "f/handler.lua": "return function() print(('x'):rep(10 << 20)) print 'after' return 'done' end",
        ])
        let host = try StartedApp(app)
        for _ in 0..<3 {
            #expect(try host.request("/api/f").text == "done")
            let line = try #require(host.process.line(containing: "xxx"))
            #expect(line.hasSuffix("x … (cut)") && line.utf8.count < 140_000)
            #expect(host.process.line() == "            after")
        }
        let other = try StartedApp(
            try TemporaryApp(["f/function.json": TemporaryApp.httpFunction]),
            ["--", "/bin/sh", "-c", "head -c 20000000 /dev/zero | tr '\\0' y; echo; echo after; exec sleep 1000"])
        let line = try #require(other.process.line(containing: "yyy"))
        #expect(line.hasSuffix("y … (cut)") && line.utf8.count < 1_100_000)
        #expect(other.process.line(containing: "after") != nil)
    }

    @Test func `a stalled terminal delays no caller of start`() throws {
        let app = try TemporaryApp([
            "host.json": Self.bundle, "f/function.json": TemporaryApp.httpFunction,
            "f/handler.lua": "return function() for i = 1, 1000 do print(('x'):rep(1000)) end return 'done' end",
        ])
        let host = try StartedApp(app)
        // No one reads these megabytes of lines.
        for _ in 0..<8 { #expect(try host.request("/api/f").text == "done") }
        let process = host.process
        // The thread keeps the process until its output ends.
        defer { process.send(signal: SIGTERM) }
        Thread.detachNewThread { while process.line() != nil {} }
        #expect(
            host.process.waitForErrorLine(
                containing: " log lines were dropped: the reader of luafunc's output is too slow"))
    }

    // MARK: Files

    @Test func `a failed write on a full disk leaves nothing behind`() throws {
        let app = try TemporaryApp([
            "host.json": Self.bundle,
            "f/function.json": """
            { "bindings": [ { "name": "req", "type": "httpTrigger" }, { "name": "res", "type": "http", "direction": "out" },
              { "name": "out", "type": "queue", "direction": "out", "queueName": "{Query.queue}", "connection": "" },
              { "name": "other", "type": "table", "direction": "out", "tableName": "t", "connection": "" } ] }
            """,
            "f/handler.lua": """
            return function(data)
                local text = ("x"):rep(tonumber(data.req.Query.size))
                if data.req.Query.queue == "none-none" then return { res = "ok", other = { text = text } } end
                return { res = "ok", out = text }
            end
            """,
        ])
        // Files are limited to eight kilobytes. Beyond that, the system sends a signal that ends a program that does
        // not expect it.
        let process = try LuafuncProcess(
            [
                "-c", #"ulimit -f 16; exec "$0" "$@""#, Repository.luafunc.path, "start", "--port", "0", "--app",
                app.folder.path,
            ],
            program: URL(filePath: "/bin/sh"))
        func status(_ query: String) throws -> Int {
            try process.request("/api/f?\(query)").status
        }
        func names(_ folder: String) -> [String] {
            (try? FileManager.default.contentsOfDirectory(atPath: "\(app.folder.path)/.luafunc/\(folder)")) ?? []
        }
        #expect(try status("queue=orders&size=40000") == 500)
        #expect(process.waitForLine(containing: "cannot write "))
        #expect(names("queues/.unfinished").isEmpty && names("queues/orders").isEmpty)
        #expect(try status("queue=orders&size=10") == 200)
        #expect(names("queues/orders").count == 1)
        #expect(try status("queue=none-none&size=10") == 200)
        #expect(try status("queue=none-none&size=40000") == 500)
        #expect(try status("queue=none-none&size=20") == 200)
        let log = try String(contentsOfFile: "\(app.folder.path)/.luafunc/outputs.jsonl", encoding: .utf8)
        let lines = log.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(
            lines.count == 3 && lines[0].hasSuffix("}") && lines[1].hasPrefix("{\"time\"") && lines[2].isEmpty, "\(log)"
        )
    }

    @Test func `an app folder that is deleted and created again is watched again`() throws {
        func files(_ answer: String) -> [String: String] {
            [
                "host.json": Self.bundle, "f/function.json": TemporaryApp.httpFunction,
                "f/handler.lua": "return function() return '\(answer)' end",
            ]
        }
        let app = try TemporaryApp(files("one"))
        let host = try StartedApp(app)
        #expect(try host.request("/api/f").text == "one")
        try FileManager.default.removeItem(at: app.folder)
        #expect(host.process.waitForLine(containing: "is not a folder that can be read"))
        // The folder is replaced in one step, so that the function is never missing.
        let second = try TemporaryApp(files("two"))
        try FileManager.default.moveItem(at: second.folder, to: app.folder)
        // The host may have seen the function disappear before its folder; then the function is added.
        #expect(host.process.waitForLine(containing: "d f in "))
        #expect(try host.request("/api/f").text == "two")
        try app.write(files("three"))
        #expect(host.process.waitForLine(containing: "reloaded f"))
        #expect(try host.request("/api/f").text == "three")
    }

    // MARK: Processes

    @Test func `killing the host ends its handler, whatever program that is`() async throws {
        let app = try TemporaryApp(["f/function.json": TemporaryApp.httpFunction])
        let pipe = app.folder.appending(path: "pipe").path
        try #require(mkfifo(pipe, 0o600) == 0)
        let process = try LuafuncProcess(
            [
                "start", "--port", "0", "--app", app.folder.path, "--", "/bin/sh", "-c",
                "exec 3>\(pipe); exec sleep 1000",
            ],
            waits: false)
        // The pipe opens once the program has opened it, and ends with the program.
        let reader = try #require(FileHandle(forReadingAtPath: pipe))
        process.send(signal: SIGKILL)
        var end = pollfd(fd: reader.fileDescriptor, events: Int16(POLLIN), revents: 0)
        #expect(poll(&end, 1, 120_000) == 1 && end.revents & Int16(POLLHUP) != 0)
        #expect(await process.end().code == -SIGKILL)
    }

    // MARK: The promises

    @Test(arguments: [("docs/security.md", 20), ("docs/limits.md", 10)])
    func `each promise in the documentation names existing tests`(_ page: String, _ least: Int) throws {
        let promises = try String(contentsOf: Repository.root.appending(path: page), encoding: .utf8)
        var names = Set(promises.matches(of: #/``(.+?)``/#).map { String($0.1) })
        #expect(names.count > least)
        let tests = Repository.root.appending(path: "Tests")
        for file in FileManager.default.enumerator(at: tests, includingPropertiesForKeys: nil) ?? .init() {
            guard let file = file as? URL, file.pathExtension == "swift" else { continue }
            let text = try String(contentsOf: file, encoding: .utf8)
            names = names.filter { !text.contains("func `\($0)`(") }
        }
        #expect(names.isEmpty, "\(names)")
    }
}
