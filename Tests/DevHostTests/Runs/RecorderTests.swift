import EventLoop
import Foundation
import FunctionsModel
import HTTP
import HTTP1
import JSON
import LoopTesting
import TestSupport
import Testing

@testable import DevHost

/// What `luafunc start --record` keeps.
@Suite struct RecorderTests {
    init() { MainLoopThread.start() }

    @Test(arguments: [
        ("/api/x?code=abc&a=1", "/api/x?code=***&a=1"), ("/api/x?a=1&CODE=a,b#f", "/api/x?a=1&CODE=***#f"),
        ("/x?c%6Fde=abc", "/x?c%6Fde=***"), ("/x?code", "/x?code"), ("/x?code=", "/x?code=***"),
        ("https://a.example/?access_token=t b", "https://a.example/?access_token=*** b"),
        ("a=1&decode=x", "a=1&decode=x"), ("/x?sig=1%2B&se=2", "/x?sig=***&se=2"), ("code=abc", "code=abc"),
        (#"for="x?code=a";by=b"#, #"for="x?code=***";by=b"#),
    ])
    func `secrets in a query are masked`(_ text: String, _ masked: String) {
        #expect(SecretMask.url(text) == masked)
    }

    @Test func `headers with secrets are masked, others stay`() {
        let secret = [
            "Authorization", "COOKIE", "Set-Cookie", "x-functions-key", "X-API-Key", "Proxy-Authorization",
            "X-MS-TOKEN-AAD-ID-TOKEN", "x-csrf-token", "Ocp-Apim-Subscription-Key", "X-Client-Secret",
        ]
        for name in secret { #expect(SecretMask.value("s3cret", ofHeader: name) == "***", "\(name)") }
        for name in ["Accept", "X-Hub-Signature-256", "Host", "traceparent", "X-Keyboard"] {
            #expect(SecretMask.value("s3cret", ofHeader: name) == "s3cret", "\(name)")
        }
        #expect(SecretMask.value("http://h/api?code=s3cret", ofHeader: "Referer") == "http://h/api?code=***")
    }

    private static let http = """
        { "name": "req", "type": "httpTrigger" }, { "name": "res", "type": "http", "direction": "out" }
        """
    private static let headers = [
        "Authorization": "Bearer s3cret", "Cookie": "a=s3cret", "x-functions-key": "s3cret",
        "Referer": "http://h/?code=s3cret", "X-Original-URL": "/api/f?code=s3cret", "X-Plain": "kept",
    ]

    @Test(arguments: ["", #", "enableForwardingHttpRequest": true"#, #", "enableProxyingHttpRequest": true"#])
    func `calls are kept without secrets, for their owner alone, and can be sent again`(_ options: String) async throws
    {
        let home = try TemporaryApp([:])
        let folder = home.folder.appending(path: "deep/recordings").path
        let handler = try await PlayedHandler(PlayedHandler.answer("{}"))
        let host = try await HostInProcess(
            ["f/function.json": #"{ "bindings": [ \#(Self.http) ] }"#], handlerPort: await handler.port,
            options: options
        ) { $0.recordings = folder }
        let body = #"{"password":"in the body","n":1.50}"#
        _ = try RawConnection.request(
            "/api/f?code=s3cret&access_token=s3cret&a=1", method: "POST", port: await host.port,
            headers: Self.headers.merging(["Content-Type": "application/json"]) { own, _ in own },
            body: Array(body.utf8))
        try await host.stop()
        await handler.stop()
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        try #require(names.count == 2 && names[0] == ".gitignore")
        #expect(names[1].wholeMatch(of: /f-\d{8}T\d{6}-0001\.json/) != nil, "\(names)")
        func mode(_ path: String) throws -> Int? {
            try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        }
        #expect(try mode(folder) == 0o700)
        #expect(try mode("\(folder)/\(names[1])") == 0o600)
        #expect(try String(contentsOfFile: "\(folder)/.gitignore", encoding: .utf8) == "*\n")
        let file = try Data(contentsOf: URL(filePath: "\(folder)/\(names[1])"))
        let text = String(decoding: file, as: UTF8.self)
        #expect(!text.contains("s3cret"), "\(text)")
        #expect(text.contains("kept") && text.contains("1.50") && text.contains("***"))

        // The same app runs the recording.
        let event = try FunctionEvent.recorded(Array(file))
        let app = try RunApp(["f": Self.http])
        let wire = event.recordedWire ?? .payload
        #expect((wire == .payload) == options.isEmpty)
        let result = await FunctionRun(of: try app.function("f"), in: app.app.serving(wire))
            .run(event, through: SameAnswer())
        #expect(result.failure == nil)
        let sent = try #require(result.sent)
        if wire == .payload {
            #expect(sent.target == "/f" && sent.body == Array(file))
        } else {
            #expect(sent.target == "/api/f?code=***&access_token=***&a=1" && sent.body == Array(body.utf8))
            #expect(sent.fields.last(HostHeader.invocationID) == result.id)
        }
    }

    @Test func `a folder with other files is refused, and so is one that cannot be made`() async throws {
        let home = try TemporaryApp(["full/a.txt": "", "file": "", "marked/.gitignore": "*\n", "marked/x.json": "{}"])
        func make(_ name: String) async throws {
            let path = home.folder.appending(path: name).path
            _ = try await EventLoop.main.task { @MainLoop in try Recorder(path) { _ in } }.value
        }
        for (name, reason) in [
            ("full", "has other files than recordings"), ("file/x", "nothing can be recorded in"),
            ("file", "nothing can be recorded in"),
        ] {
            let error = await #expect(throws: DevHost.Failure.self) { try await make(name) }
            #expect(error?.description.contains(reason) == true, "\(name): \(error.map { "\($0)" } ?? "")")
        }
        try await make("marked")
        try await make("new")
    }

    @Test func `a failure to write is one warning, and so is a full folder`() async throws {
        let home = try TemporaryApp(["full/.gitignore": "*\n"])
        for number in 0..<1000 { try home.write(["full/\(number).json": ""]) }
        let app = try RunApp(["f": #"{ "name": "v", "type": "queueTrigger", "queueName": "q" }"#])
        let function = try app.function("f")
        let root = home.folder
        let warnings = try await EventLoop.main.task { @MainLoop in
            var warnings: [String] = []
            for name in ["full", "gone"] {
                let folder = root.appending(path: name)
                let recorder = try Recorder(folder.path) { if case .warning(let text) = $0 { warnings.append(text) } }
                if name == "gone" { try FileManager.default.removeItem(at: folder) }
                for _ in 0..<3 { recorder.keep(PayloadCall(function, body: [], id: "", zone: .utc)) }
            }
            return warnings
        }.value
        try #require(warnings.count == 2)
        #expect(warnings[0].contains("has 1000 recordings") && warnings[1].contains("No such file"), "\(warnings)")
    }

    @Test(arguments: [
        ("{", "is not JSON"), ("[]", "is neither a payload"), (#"{"Data":1}"#, "is neither a payload"),
        (#"{"method":"GET"}"#, "is neither a payload"), ("\u{FEFF}", "is not JSON"),
    ])
    func `other texts are no recordings`(_ text: String, _ reason: String) {
        let error = #expect(throws: EventError.self) { try FunctionEvent.recorded(Array(text.utf8)) }
        #expect(error?.description.contains(reason) == true, "\(error.map { "\($0)" } ?? "")")
    }
}
