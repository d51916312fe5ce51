import EventLoop
import Foundation
import HTTP
import LoopTesting
import TestSupport
import Testing

@testable import DevHost

/// The admin API over HTTP (host-contract §12 and §13).
@Suite struct AdminTests {
    init() { MainLoopThread.start() }

    private static let queue = #"{ "bindings": [ { "name": "msg", "type": "queueTrigger", "queueName": "work" } ] }"#

    /// The requests of one test, to a host with one played handler.
    private struct Setting {
        let host: HostInProcess
        let handler: PlayedHandler
        let port: Int
        var keys: Keys?

        /// - Parameter key: the key that each request sends.
        func ask(
            _ path: String, _ method: String = "GET", key: Keys.Kind? = nil, _ headers: [String: String] = [:],
            body: String = ""
        ) throws -> HTTPReply {
            var headers = headers
            if let key, let keys { headers["x-functions-key"] = keys[key] }
            return try RawConnection.request(path, method: method, port: port, headers: headers, body: Array(body.utf8))
        }

        func post(_ path: String, _ body: String, key: Keys.Kind? = nil) throws -> HTTPReply {
            try ask(path, "POST", key: key, ["Content-Type": "application/json"], body: body)
        }

        func stop() async throws {
            try await host.stop()
            await handler.stop()
        }
    }

    @MainLoop
    private static func start(
        _ files: [String: String], auth: Bool = false, settings: String? = nil,
        _ play: @escaping PlayedHandler.Play = PlayedHandler.answer("{}")
    ) async throws -> Setting {
        let handler = try PlayedHandler(play)
        var files = files
        files["local.settings.json"] = settings
        let host = try await HostInProcess(files, handlerPort: handler.port) { $0.checksKeys = auth }
        var setting = Setting(host: host, handler: handler, port: host.port)
        let file = host.app.folder.appending(path: ".luafunc/keys.json").path
        if auth { setting.keys = try Keys(file: file) }
        return setting
    }

    // MARK: Runs by hand

    @Test(arguments: [
        ("text/plain", #"{"input":"x"}"#, 415), ("", #"{"input":"x"}"#, 415), ("", "", 415),
        ("application/json", "", 400), ("application/json", "null", 400), ("application/json", "[]", 400),
        ("application/json", #""x""#, 400), ("application/json", #"{"input":{}}"#, 400),
        ("application/json", #"{"input":["a"]}"#, 400), ("application/json", #"{"input""#, 400),
        ("application/json; charset=utf-8", #"{"input":"x"}"#, 202), ("Application/JSON", #"{"INPUT":"x"}"#, 202),
        ("text/json", #"{"input":"x"}"#, 202), ("application/cloudevents+json", #"{"input":"x"}"#, 202),
    ])
    func `a run by hand needs JSON`(_ type: String, _ body: String, _ status: Int) async throws {
        let setting = try await Self.start(["q/function.json": Self.queue])
        let headers = type.isEmpty ? [:] : ["Content-Type": type]
        let reply = try setting.ask("/admin/functions/q", "POST", headers, body: body)
        #expect(reply.status == status && reply.body.isEmpty)
        if status == 202 {
            #expect(try await setting.host.end(of: "q").cause == "by hand")
        } else {
            try await setting.host.waitForLine(containing: "POST /admin/functions/q: \(status), ")
            #expect(await setting.handler.received.isEmpty)
        }
        try await setting.stop()
    }

    @Test(arguments: ["{}", #"{"input":null}"#])
    func `without an input the handler is not called`(_ body: String) async throws {
        let setting = try await Self.start(["q/function.json": Self.queue])
        #expect(try setting.post("/admin/functions/q", body).status == 202)
        try await setting.host.waitForLine(
            containing: #"q: the handler is not called: "input" is missing, so the host cannot bind the trigger"#)
        #expect(await setting.handler.received.isEmpty)
        try await setting.stop()
    }

    @Test(arguments: ["/admin/functions/work-1", "/ADMIN/Functions/WORK-1", "/admin/functions/w%6frk%2D1"])
    func `a function's name may be written in any case and with escapes`(_ path: String) async throws {
        let setting = try await Self.start(["work-1/function.json": Self.queue])
        #expect(try setting.post(path, #"{"input":"x"}"#).status == 202)
        #expect(try await setting.host.end(of: "work-1").failure == nil)
        #expect(try setting.post("/admin/functions/work%2F1", #"{"input":"x"}"#).status == 404)
        try await setting.stop()
    }

    @Test func `the binding's name is in the metadata of a run by hand`() async throws {
        let setting = try await Self.start(["q/function.json": Self.queue])
        _ = try setting.post("/admin/functions/q", #"{"input":"hello"}"#)
        _ = try await setting.host.end(of: "q")
        let payload = try #require(await setting.handler.received.first?.text)
        #expect(payload.contains(#""NextVisibleTime":"9999-12-31T23:59:59+00:00","msg":"\"hello\"","sys":"#))
        try await setting.stop()
    }

    // MARK: Keys

    @Test func `with keys the admin API needs the master key`() async throws {
        let setting = try await Self.start(["q/function.json": Self.queue], auth: true)
        let keyless = try setting.ask("/admin/host/status")
        #expect(keyless.status == 401 && keyless.headers["www-authenticate"] == "Bearer" && keyless.body.isEmpty)
        for key in [Keys.Kind.host, .eventGrid] {
            let reply = try setting.ask("/admin/host/status", key: key)
            #expect(reply.status == 403 && reply.headers["www-authenticate"] == nil)
        }
        #expect(try setting.ask("/admin/host/status", key: .master).status == 200)
        #expect(try setting.ask("/admin/host/nothing").status == 404)
        #expect(try setting.ask("/admin/vfs/host.json", key: .master).status == 403)
        let ping = try setting.ask("/admin/host/ping", "POST")
        #expect(ping.status == 200 && ping.headers["cache-control"] == "no-store,no-cache")
        try await setting.stop()
    }

    @Test func `keys can be looked up`() async throws {
        let setting = try await Self.start(["q/function.json": Self.queue], auth: true)
        let keys = try #require(setting.keys)
        let base = "http://127.0.0.1:\(setting.port)/admin"
        func list(_ path: String, _ name: String, _ kind: Keys.Kind) throws {
            #expect(
                try setting.ask("/admin\(path)", key: .master).text == """
                    {"keys":[{"name":"\(name)","value":"\(keys[kind])"}],"links":[{"rel":"self","href":"\(base)\(path)"}]}
                    """)
        }
        try list("/host/keys", "default", .host)
        try list("/functions/q/keys", "default", .host)
        try list("/host/systemkeys", "eventgrid_extension", .eventGrid)
        let one = try setting.ask("/admin/host/systemkeys/_master", key: .master).text
        #expect(one.hasPrefix(#"{"name":"_master","value":"\#(keys[.master])","#))
        #expect(try setting.ask("/admin/functions/none/keys", key: .master).status == 404)
        try await setting.stop()
    }

    @Test func `keys of an older luafunc are kept, and the new one is added`() throws {
        let folder = try TemporaryFolder()
        let file = "\(folder.path)/keys.json"
        try Data(#"{"masterKey":"m","functionKey":"f"}"#.utf8).write(to: URL(filePath: file))
        let keys = try Keys(file: file)
        #expect(keys[.master] == "m" && keys[.host] == "f" && keys[.eventGrid].count == 56)
        #expect(try Keys(file: file)[.eventGrid] == keys[.eventGrid])
    }

    @Test func `a disabled function runs only with the master key`() async throws {
        func function(_ level: String) -> String {
            """
            { "bindings": [ { "name": "req", "type": "httpTrigger", "authLevel": "\(level)" },
                            { "name": "res", "type": "http", "direction": "out" } ] }
            """
        }
        let setting = try await Self.start(
            ["open/function.json": function("anonymous"), "shut/function.json": function("function")], auth: true,
            settings: """
                { "Values": { "AzureWebJobs.open.Disabled": "true", "AzureWebJobs.shut.Disabled": "true" } }
                """, PlayedHandler.answer(#"{ "Outputs": { "res": {} } }"#))
        #expect(try setting.ask("/api/open").status == 404)
        #expect(try setting.ask("/api/shut").status == 401)
        #expect(try setting.ask("/api/shut", key: .host).status == 404)
        #expect(try setting.ask("/api/shut", key: .master).status == 200)
        #expect(try setting.ask("/api/open", key: .master).status == 200)
        try await setting.stop()
    }

    // MARK: Other calls

    @Test func `a function is described as the real host describes it`() async throws {
        let setting = try await Self.start([
            "Big/function.json": """
            { "bindings": [ { "name": "req", "type": "httpTrigger", "route": "Shop/{Id}" } ] }
            """,
            "Big/handler.lua": "", "bad/function.json": "{",
        ])
        let base = "http://127.0.0.1:\(setting.port)"
        let folder = setting.host.app.folder.path
        #expect(
            try setting.ask("/admin/functions/big").text == """
                {"name":"Big","script_root_path_href":"\(base)/admin/vfs\(folder)/Big/",\
                "script_href":"\(base)/admin/vfs\(folder)/Big/handler.lua",\
                "config_href":"\(base)/admin/vfs\(folder)/Big/function.json",\
                "test_data_href":"\(base)/admin/vfs\(folder)/.luafunc/data/Big.dat","href":"\(base)/admin/functions/Big",\
                "invoke_url_template":"\(base)/api/shop/{id}","language":null,\
                "config":{"bindings":[{"name":"req","type":"httpTrigger","route":"Shop/{Id}"}]},"files":null,\
                "test_data":"","isDisabled":false,"isDirect":false,"isProxy":false}
                """)
        let list = try setting.ask("/admin/functions").text
        #expect(list.contains(#"{"name":"bad","#) && list.contains(#""config":{},"#) && list.contains(#""name":"Big""#))
        #expect(try setting.ask("/admin/functions/bad/status").text.hasPrefix(#"{"errors":["bad/function.json:"#))
        try await setting.stop()
    }

    @Test func `synctriggers, restart, extensions and log are answered`() async throws {
        let setting = try await Self.start(["q/function.json": Self.queue])
        let sync = try setting.ask("/admin/host/synctriggers", "POST")
        #expect(sync.status == 500 && sync.text == #"{"status":"Invalid environment for SyncTriggers operation."}"#)
        let base = "http://127.0.0.1:\(setting.port)"
        #expect(
            try setting.ask("/admin/host/extensions").text
                == #"{"extensions":[],"links":[{"rel":"self","href":"\#(base)/admin/host/extensions"}]}"#)
        #expect(
            try setting.ask("/admin/host/drain/status").text
                == #"{"state":"Disabled","outstandingInvocations":0,"outstandingRetries":0}"#)
        #expect(try setting.post("/admin/host/log", #"[{"level":2,"message":"careful"}]"#).status == 200)
        try await setting.host.waitForLine(containing: "careful")
        #expect(try setting.post("/admin/host/log", "{}").status == 400)
        try await setting.host.wait(for: "the handler") { if case .handlerReady = $0 { true } else { false } }
        #expect(try setting.ask("/admin/host/restart", "POST").status == 200)
        try await setting.stop()
    }
}

extension PlayedHandler.Received {
    var text: String { String(decoding: body, as: UTF8.self) }
}
