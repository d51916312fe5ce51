import EventLoop
import Foundation
import FunctionsModel
import LoopTesting
import TestSupport
import Testing

@testable import DevHost

/// Recorded starts of the handler (Tests/Golden/host/e10) and of the host with other host.json files (e12).
@Suite(.serialized) struct StartRowTests {
    init() { MainLoopThread.start() }

    private static let call = Array("GET /api/h1 HTTP/1.1\r\nHost: 127.0.0.1:7101\r\n\r\n".utf8)

    // MARK: The handler

    @Test func `the handler starts, or does not, as under the real host`() async throws {
        var tally = GoldenTally(
            "host/e10",
            exceptions: [
                "E10-exe-notfound":
                    "The real host says that it has started and never answers; luafunc says what is missing and ends."
            ])
        for row in try HostRow.all("e10") {
            let differences =
                switch row.name {
                case "E10-args", "E10-relative-exe": try await program(row)
                case "E10-exe-notfound": try await missing()
                case "E10-exit-at-start-0": try await exit(row, code: 0)
                case "E10-exit-at-start-1": try await exit(row, code: 1)
                case "E10-garbage-close": try await ready(row, probe: .close)
                case "E10-garbage-text": try await ready(row, probe: .bytes(Array("no HTTP\r\n\r\n".utf8)))
                case "E10-never-listens": try await silent(row)
                default: try await late(row)
                }
            tally.count(row.name, difference: differences.isEmpty ? nil : differences.joined(separator: "\n"))
        }
        tally.report()
    }

    private static func host(
        _ description: String = #"{ "defaultExecutablePath": "/bin/sleep", "arguments": [ "1000" ] }"#, port: Int,
        timeout: String = "00:00:30"
    ) -> [String: String] {
        [
            "h1/function.json": """
            { "bindings": [ { "name": "req", "type": "httpTrigger", "authLevel": "anonymous" },
                            { "name": "res", "type": "http", "direction": "out" } ] }
            """,
            "host.json": """
            { "version": "2.0", "customHandler": { "description": \(description), "port": \(port),
              "initializationTimeout": "\(timeout)" } }
            """,
        ]
    }

    private func recordedLines(_ row: HostRow) -> [String] {
        row.effect.matches(of: #/(?:fail|warn) Host\.Function\.Console\[0\] (.*)/#).map { String($0.1) }
    }

    /// A program that prints its arguments, and another that lies in the app.
    private func program(_ row: HostRow) async throws -> [String] {
        let handler = try ScriptedHandler()
        let isRelative = row.name == "E10-relative-exe"
        let description =
            isRelative
            ? #"{ "defaultExecutablePath": "bin/run" }"#
            : #"{ "defaultExecutablePath": "/bin/sh", "arguments": [ "run", "\"two words\"", "%X%", "%Y%" ] }"#
        var files = Self.host(description, port: handler.port)
        files[isRelative ? "bin/run" : "run"] =
            "#!/bin/sh\nfor a in \"$0\" \"$@\"; do echo \"$a\"; done\nexec sleep 1000\n"
        let app = try TemporaryApp(files)
        if isRelative {
            let path = app.folder.appending(path: "bin/run").path
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        }
        let host = try await HostInProcess(app, program: nil) { $0.environment["X"] = "x" }
        handler.prepare([.bytes(try #require(row.bytes("handlerAnswered")))])
        let response = try RawMessage.response(to: Self.call, port: await host.port)
        let expected = isRelative ? ["\(app.folder.path)/bin/run"] : ["run", "two words", "x"]
        try await host.wait(for: "the arguments") { [host] _ in host.lines.count >= expected.count }
        let lines = await host.lines.map(\.text)
        try await host.stop()
        handler.stop()
        var found = response?.startLine == "HTTP/1.1 200 OK" ? [] : ["it answers \(response?.startLine ?? "nothing")"]
        if lines != expected { found.append("arguments: \(lines)") }
        return found
    }

    /// The real host goes on; what luafunc says instead is part of the exception.
    private func missing() async throws -> [String] {
        let host = try await HostInProcess(
            Self.host(#"{ "defaultExecutablePath": "nosuchprogram" }"#, port: 9), handlerPort: 9, program: nil)
        let failure = try #require(await host.failure() as? DevHost.Failure)
        #expect(
            failure.description == """
                'nosuchprogram' cannot be started: No such file or directory. In Azure the host would report a \
                successful start and then answer no calls; check the program's path, and that it may be executed
                """)
        return ["the host ends"]
    }

    private func exit(_ row: HostRow, code: Int) async throws -> [String] {
        let port = try await MainLoop.task { try HandlerProcess.freePort() }.value
        let words = "echo one >&2; echo WARN two >&2; echo three >&2; echo four >&2; echo five >&2; exit \(code)"
        let host = try await HostInProcess(
            Self.host(port: port, timeout: "00:00:00.2"), handlerPort: port, program: ["/bin/sh", "-c", words])
        let failure = try #require(await host.failure() as? DevHost.Failure)
        let end =
            code == 0 ? "exited with code 0, the third time" : "exited with code 1: three,four,five, the third time"
        var found = failure.description.contains(end) ? [] : ["it ends with \(failure.description)"]
        let waits = await host.events.count { event in
            if case .handlerEnded(let text, _) = event {
                text.contains("before it listened on port \(port)")
            } else {
                false
            }
        }
        if waits != (code == 0 ? 3 : 0) { found.append("it waits \(waits) times") }
        let lines = await host.lines.map(\.text)
        // The recording ends before the third run has.
        if !lines.starts(with: recordedLines(row).prefix(lines.count)) { found.append("lines: \(lines)") }
        return found
    }

    private func ready(_ row: HostRow, probe: ScriptedHandler.Answer) async throws -> [String] {
        let host = try await RecordedHost(app: "rec", functions: ["h1"], probe: probe)
        let found = try await host.differences(row, request: Self.call)
        try await host.stop()
        return found
    }

    private func silent(_ row: HostRow) async throws -> [String] {
        let port = try await MainLoop.task { try HandlerProcess.freePort() }.value
        let host = try await HostInProcess(Self.host(port: port, timeout: "00:00:00.2"), handlerPort: port)
        let response = try RawMessage.response(to: Self.call, port: await host.port)
        _ = await host.failure()
        let told = await host.events.count { event in
            if case .handlerEnded(let text, _) = event { text.contains("does not listen on port") } else { false }
        }
        let recorded = row.effect.matches(of: #/System\.TimeoutException: Initializing HttpWorker timed out\./#).count
        var found = response?.startLine.contains("200") == true ? ["it answers"] : []
        if told != 3 || recorded < 3 { found.append("it does not listen \(told) times, recorded \(recorded)") }
        return found
    }

    /// The handler answers the probe late, and the call waits.
    private func late(_ row: HostRow) async throws -> [String] {
        let host = try await RecordedHost(app: "rec", functions: ["h1"], probe: .hold)
        async let differences = host.differences(row, request: Self.call)
        try await host.host.wait(for: "the call") { if case .invocationStarted = $0 { true } else { false } }
        await host.handler.answerHeld(Array("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".utf8))
        let found = try await differences
        try await host.stop()
        return found
    }

    // MARK: host.json

    private static let handler = #""description": { "defaultExecutablePath": "/bin/sleep", "arguments": [ "1000" ] }"#

    /// The file of each row, without its braces; PORT stands for the handler's port.
    private static let files: KeyValuePairs = [
        "E12-badjson": #""version": "2.0", "customHandler": { \#(handler) "#,
        "E12-badtimeout": #""version": "2.0", "functionTimeout": "soon", "customHandler": { \#(handler) }"#,
        "E12-comments": "// c\n\"version\": \"2.0\", /* c */ \"customHandler\": { \(handler), \"port\": PORT, }, ",
        "E12-emptypath": #""version": "2.0", "customHandler": { "description": { "defaultExecutablePath": "" } }"#,
        "E12-httpworker": #""version": "2.0", "httpWorker": { \#(handler), "port": PORT }"#,
        "E12-nocustom": #""version": "2.0""#,
        "E12-nodesc": #""version": "2.0", "customHandler": {}"#,
        "E12-nodesc2": #""version": "2.0", "customHandler": { "enableForwardingHttpRequest": false }"#,
        "E12-noversion": #""customHandler": { \#(handler) }"#,
        "E12-timeout-1": #""version": "2.0", "functionTimeout": "-1", "customHandler": { \#(handler), "port": PORT }"#,
        "E12-timeout1day":
            #""version": "2.0", "functionTimeout": "1.00:00:00", "customHandler": { \#(handler), "port": PORT }"#,
        "E12-timeout500ms": #""version": "2.0", "functionTimeout": "00:00:00.5", "customHandler": { \#(handler) }"#,
        "E12-uc1": #""version": "2.0", "FUNCTIONTIMEOUT": "00:05:00", "customHandler": { \#(handler), "port": PORT }"#,
        "E12-uc2":
            #""version": "2.0", "CUSTOMHANDLER": { \#(handler), "port": PORT, "ENABLEFORWARDINGHTTPREQUEST": true }"#,
        "E12-uc3": #""VERSION": "2.0", "customHandler": { \#(handler) }"#,
        "E12-ucase": #""VERSION": "2.0", "CUSTOMHANDLER": { \#(handler.uppercased()) }"#,
        "E12-unknownkey":
            #""version": "2.0", "what": 1, "customHandler": { \#(handler), "port": PORT, "type": "none" }"#,
        "E12-version3": #""version": "3.0", "customHandler": { \#(handler) }"#,
        "E12-versionnum": #""version": 2.0, "customHandler": { \#(handler) }"#,
    ]

    @Test func `the host starts with a host.json, or refuses it, as the real host`() async throws {
        var tally = GoldenTally("host/e12")
        for row in try HostRow.all("e12") {
            let text = try #require(Self.files.first { $0.key == row.name }?.value)
            let differences = try await start(row, "{ \(text) }")
            tally.count(row.name, difference: differences.isEmpty ? nil : differences.joined(separator: "\n"))
        }
        tally.report()
    }

    private func start(_ row: HostRow, _ text: String) async throws -> [String] {
        let handler = try ScriptedHandler()
        defer { handler.stop() }
        var files = Self.host(port: handler.port)
        files["host.json"] = text.replacing("PORT", with: "\(handler.port)")
        let isRefused = row.effect.hasPrefix("HTTP/1.1 503")
        let host: HostInProcess
        do {
            host = try await HostInProcess(files, handlerPort: handler.port, program: nil)
        } catch {
            return isRefused ? [] : ["it is refused: \(error)"]
        }
        if isRefused {
            try await host.stop()
            return ["it is not refused"]
        }
        handler.prepare([.bytes(try #require(row.bytes("handlerAnswered")))])
        let response = try #require(try RawMessage.response(to: Self.call, port: await host.port))
        let received = try #require(handler.received.first.flatMap { RawMessage($0) })
        try await host.stop()
        var found: [String] = []
        let sent = try #require(row.exchanges.first.flatMap { RawMessage($0.sent) })
        if received.startLine != sent.startLine { found.append("it sends \(received.startLine)") }
        let status = response.startLine.split(separator: " ")[1]
        if !row.effect.hasPrefix("HTTP/1.1 \(status)") { found.append("it answers \(response.startLine)") }
        return found
    }
}
