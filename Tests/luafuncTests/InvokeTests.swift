import Foundation
import JSON
import TestSupport
import Testing

/// `luafunc invoke`, as a user runs it.
@Suite struct InvokeTests {
    private let app: TemporaryApp

    init() throws {
        let queue = """
            { "bindings": [ { "name": "message", "type": "queueTrigger", "queueName": "work" },
                { "name": "$return", "type": "queue", "direction": "out", "queueName": "results" } ] }
            """
        app = try TemporaryApp([
            "local.settings.json": #"{ "Values": { "GREETING": "hello", "QUEUE": "work" } }"#,
            "functions/greet/function.json": queue.replacing("\"work\"", with: "\"%QUEUE%\""),
            "functions/greet/handler.lua": """
            local log = require "log"
            return function(data)
                print("got \\27[31m", data.message)
                log.warn "careful"
                return os.getenv "GREETING" .. " " .. data.message
            end
            """,
            "functions/web/function.json": TemporaryApp.httpFunction,
            "functions/web/handler.lua": """
            return function(data)
                local req = data.req
                return { statusCode = 201, headers = { ["x-q"] = req:query "name", ["x-a"] = req:header "x-a" },
                    body = { method = req.Method, body = req.Body } }
            end
            """,
            "functions/fails/function.json": queue,
            "functions/fails/handler.lua": "local x\\nreturn function(data)\\n  return x.y\\nend".replacing(
                "\\n", with: "\n"),
            "functions/loops/function.json": queue,
            "functions/loops/handler.lua": "return function() while true do end end",
            "functions/bytes/function.json": queue,
            "functions/bytes/handler.lua": #"return function() return "a\0\255" end"#,
            "functions/broken/function.json": "{",
        ])
    }

    private func run(
        _ words: [String], environment: [String: String] = [:]
    ) async throws -> (code: Int32, output: String, errors: String) {
        await
            (try LuafuncProcess(
                ["invoke"] + words + ["--app", app.folder.path], environment: environment, waits: false)).end()
    }

    /// Runs a command line of a shell in which `luafunc` is the built program.
    private func shell(_ line: String) async throws -> (code: Int32, output: String, errors: String) {
        let line = "luafunc() { '\(Repository.luafunc.path)' \"$@\" --app '\(app.folder.path)'; }; \(line)"
        return await
            (try LuafuncProcess(
                ["-c", line], environment: ["TERM": "xterm"], program: URL(filePath: "/bin/bash"), waits: false)).end()
    }

    @Test func `the result is JSON on standard output, and the logs are on standard error`() async throws {
        let end = try await run(["greet", "--input", "Ada"])
        #expect(end.code == 0)
        #expect(
            end.output
                == #"{"Outputs":{},"Logs":["got \#("\\")u001b[31m\tAda","careful"],"ReturnValue":"hello Ada"}"# + "\n")
        let lines = end.errors.split(separator: "\n").map(String.init)
        try #require(lines.count == 3, "\(lines)")
        #expect(lines[0] == "got \\u001b[31m\tAda" && lines[1] == "warn  careful")
        #expect(lines[2].hasPrefix("greet succeeded after "))
        #expect(try await run(["greet"], environment: ["GREETING": "hi"]).output.contains(#""hi {\"id\":\"sample\"}""#))
    }

    @Test func `a caller's request is made from options, and its response is shown`() async throws {
        let end = try await run([
            "web", "--method", "post", "--query", "name=Ada&n=1", "--header", "X-A: 1", "--header=Accept: */*",
            "--body", "text", "--format", "text",
        ])
        #expect(end.code == 0)
        let head = end.output.split(separator: "\n\n", maxSplits: 1).map(String.init)
        try #require(head.count == 2)
        #expect(head[0].hasPrefix("HTTP/1.1 201\n") && head[0].contains("x-q: Ada") && head[0].contains("x-a: 1"))
        #expect(
            head[1] == "{\n  \"method\": \"POST\",\n  \"body\": \"text\"\n}\n"
                || head[1] == "{\n  \"body\": \"text\",\n  \"method\": \"POST\"\n}\n")
        let forwarded = try await run(["web", "--wire", "forwarded", "--query", "n=1", "--query", "name=Ada L"])
        #expect(
            forwarded.output.hasPrefix(#"{"statusCode":201,"headers":{"#)
                && forwarded.output.contains(#""x-q":"Ada L""#), "\(forwarded)")
    }

    @Test func `a failure ends with 1, and standard error has the traceback and the lines of the script`() async throws
    {
        let end = try await run(["fails"])
        let error = try JSONTree.parse(end.output.utf8Span.span.bytes)["error"]
        #expect(end.code == 1 && error?["kind"]?.string == "function")
        #expect(
            error?["message"]?.string?.hasPrefix("functions/fails/handler.lua:3: attempt to index") == true
                && error?["traceback"]?.elements?.first?.string
                    == "functions/fails/handler.lua:3: in function <line 2>",
            "\(end.output)")
        for text in [
            "functions/fails/handler.lua:3: attempt to index a nil value (upvalue 'x')", "stack traceback:",
            "  functions/fails/handler.lua:3: in function <line 2>", ">    3 |   return x.y", "fails failed after ",
        ] {
            #expect(end.errors.contains(text), "\(text) is missing in \(end.errors)")
        }
        // The failure's own log line would say the same once more.
        #expect(end.errors.components(separatedBy: "attempt to index").count == 2)
        let loop = try await run(["loops", "--time-limit", "300ms"])
        #expect(loop.code == 1 && loop.errors.contains("raise --time-limit"), "\(loop.errors)")
    }

    @Test func `what the host sees are the bytes in the queue`() async throws {
        let end = try await run(["bytes", "--what-the-host-sees", "--format", "text"])
        #expect(
            end.output == "$return  queue\n3 bytes\n00000000  61 00 ff                                        a..\n")
        let json = try await run(["bytes", "--what-the-host-sees"])
        #expect(
            json.output.hasPrefix(
                #"{"status":"succeeded","outputs":{"$return":{"type":"queue","messages":[{"base64":"YQD/"}]}},"#))
        let failure = try await run(["fails", "--what-the-host-sees"])
        #expect(failure.code == 1 && failure.output.hasPrefix(#"{"status":"failed","outputs":{},"#))
    }

    @Test func `a payload comes from a file or standard input, and is sent as it is`() async throws {
        let payload = #"{"Data":{"message":"\"from stdin\""},"Metadata":{}}"#
        let end = try await shell("echo '\(payload)' | luafunc invoke greet --data -")
        #expect(end.code == 0 && end.output.contains(#""ReturnValue":"hello from stdin""#), "\(end)")
        try app.write(["payload.json": payload])
        let others = #"{"Data":{"message":""},"Metadata":{"sys":{"MethodName":"web"}}}"#
        let foreign = try await shell("echo '\(others)' | luafunc invoke greet --data -")
        #expect(foreign.code == 64, "\(foreign)")
        #expect(foreign.errors.contains("--data: was recorded for the function 'web', not for 'greet'"), "\(foreign)")
        let file = try await run(["greet", "--data", app.folder.appending(path: "payload.json").path])
        #expect(file.output.contains(#""ReturnValue":"hello from stdin""#))
        let text = try await shell("printf 'a\\nb' | luafunc invoke greet --input -")
        #expect(text.output.contains(#""ReturnValue":"hello a\nb""#), "\(text)")
    }

    @Test(arguments: [
        (["oder"], 65, "there is no function 'oder'; there are broken, bytes, fails, greet, loops, web"),
        (["gret"], 65, "did you mean 'greet'?"), (["broken"], 65, "functions/broken/function.json"),
        ([], 64, "Missing argument '<name>'"), (["greet", "--method", "GET"], 64, "'greet' has no caller"),
        (["greet", "--wire", "forwarded"], 64, "the host forwards only requests of functions"),
        (["web", "--header", "no"], 64, "'no' is not a header"), (["web", "--path", "x"], 64, "'x' is not a path"),
        (["web", "--method", "a b"], 64, "'a b' is not a method"),
        (["greet", "--data", "/nosuch"], 64, "it cannot be read: No such file or directory"),
        (["greet", "--data", "/dev/null"], 64, "--data: is not JSON"),
        (["greet", "--data", "/dev/null", "--input", "x"], 64, "--data is the whole event; leave out --input"),
        (["web", "--body", "a", "--input", "b"], 64, "give one of them"),
        (["web", "--query", "a=1\tb"], 64, "'a=1\tb' is not a query such as a=1&b=2"),
        (["web", "--query", "a=#1"], 64, "with spaces as %20 and # as %23"),
        (["web", "--method", "GET", "--method=PUT"], 64, "--method is given twice"),
        (["web", "--path", "/api/other"], 1, "no function takes GET /api/other; this one is at /api/web"),
    ])
    func `a wrong command line says what is wrong`(_ words: [String], _ code: Int32, _ text: String) async throws {
        let end = try await run(words)
        #expect(end.code == code && end.errors.contains(text), "\(end)")
        #expect(code == 1 ? end.output.contains(#""kind":"host""#) : end.output.isEmpty, "\(end)")
    }

    @Test func `without an app it ends with 65`() async throws {
        let end = await (try LuafuncProcess(["invoke", "f", "--app", "/nosuch"], waits: false)).end()
        #expect(end.code == 65 && end.errors.contains("/nosuch: is not a folder that can be read"))
    }

    @Test func `on a terminal the result is for people, in colours`() async throws {
        let end = try await shell(
            "script -qec \"'\(Repository.luafunc.path)' invoke greet --input Ada --app '\(app.folder.path)'\" /dev/null </dev/null"
        )
        #expect(end.code == 0)
        #expect(end.output.contains("\u{1b}[1m$return\u{1b}[0m\u{1b}[2m  queue\u{1b}[0m\r\nhello Ada\r\n"), "\(end)")
        #expect(end.output.contains("\u{1b}[33mwarn  careful\u{1b}[0m\r\n"))
    }

    @Test func `an interrupt ends a run, and its lines came as they were logged`() async throws {
        try app.write([
            "functions/loops/handler.lua": """
            local task = require "task"
            return function() print "begun" while true do task.sleep(0.01) end end
            """
        ])
        let process = try LuafuncProcess(["invoke", "loops", "--app", app.folder.path], waits: false)
        #expect(process.waitForErrorLine(containing: "begun"))
        process.send(signal: SIGINT)
        #expect(await process.end().code == -SIGINT)
    }

    @Test func `start records what invoke sends again, and pack leaves it out`() async throws {
        let folder = app.folder.appending(path: "recordings")
        try FileManager.default.removeItem(at: app.folder.appending(path: "functions/broken"))
        let started = try StartedApp(app, ["--record", folder.path])
        let headers = ["Authorization": "s3cret", "X-A": "kept", "Content-Type": "text/plain"]
        #expect(
            try started.request("/api/web?name=Ada&code=s3cret", method: "POST", headers: headers, body: "b").status
                == 201)
        try started.fire("greet", "Ada")
        _ = try started.invocation(of: "greet")
        started.process.send(signal: SIGTERM)
        _ = await started.process.end()
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        try #require(names.count == 3 && names[1].hasPrefix("greet-") && names[2].hasPrefix("web-"), "\(names)")
        let web = try await run(["web", "--data", folder.appending(path: names[2]).path])
        #expect(web.output.contains(#""x-q":"Ada""#) && web.output.contains(#""x-a":"kept""#), "\(web)")
        let greet = try await run(["greet", "--data", folder.appending(path: names[1]).path])
        #expect(greet.output.contains(#""ReturnValue":"hello Ada""#), "\(greet)")
        let zip = app.folder.appending(path: "app.zip").path
        let packed = await
            (try LuafuncProcess(
                ["pack", "--app", app.folder.path, "--zip", zip], waits: false)).end()
        let content = try Data(contentsOf: URL(filePath: zip))
        #expect(packed.code == 0, "\(packed)")
        #expect(content.range(of: Data("recordings".utf8)) == nil && content.range(of: Data("greet/".utf8)) != nil)
    }

    @Test func `a folder that cannot be recorded in stops start`() async throws {
        let end = await
            (try LuafuncProcess(
                ["start", "--port", "0", "--app", app.folder.path, "--record", "\(app.folder.path)/host.json/x"],
                waits: false)).end()
        #expect(end.code == 1 && end.errors.contains("nothing can be recorded in"), "\(end)")
    }
}
