import EventLoop
import Foundation
import HTTP
import LoopTesting
import TestSupport
import Testing

@testable import DevHost

/// `PUT` and `DELETE` of functions through the admin API, also by attackers.
@Suite struct AdminWriteTests {
    init() { MainLoopThread.start() }

    private static let queue = #"{ "bindings": [ { "name": "msg", "type": "queueTrigger", "queueName": "work" } ] }"#

    private func withHost(
        _ files: [String: String], auth: Bool = true, prepare: (TemporaryApp) throws -> Void = { _ in },
        _ body:
            @concurrent (HostInProcess, _ ask: @Sendable (String, String, String) throws -> HTTPReply) async throws ->
            Void
    ) async throws {
        let handler = try await PlayedHandler(PlayedHandler.answer("{}"))
        let host = try await HostInProcess(files, handlerPort: await handler.port) { $0.checksKeys = auth }
        try prepare(host.app)
        var headers = ["Content-Type": "application/json"]
        if auth {
            headers["x-functions-key"] = try Keys(file: host.app.folder.path + "/.luafunc/keys.json")[.master]
        }
        let port = await host.port
        try await body(host) { [headers] method, name, text in
            try RawConnection.request(
                "/admin/functions/\(name)", method: method, port: port, headers: headers, body: Array(text.utf8))
        }
        try await host.stop()
        await handler.stop()
    }

    private func names(in folder: Foundation.URL) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted()
    }

    @Test func `files are changed only with the master key`() async throws {
        try await withHost(["q/function.json": Self.queue], auth: false) { host, ask async throws in
            for method in ["PUT", "DELETE"] {
                let reply = try ask(method, "q", #"{"config":{"bindings":[]}}"#)
                #expect(reply.status == 403)
                #expect(
                    reply.text == """
                        \(method) changes the app's own files, as in Azure, so it needs the master key: start with --auth \
                        and send the key in x-functions-key

                        """)
            }
            let file = host.app.folder.appending(path: "q/function.json")
            #expect(try String(contentsOf: file, encoding: .utf8) == Self.queue)
        }
    }

    @Test(arguments: ["", "functions/"])
    func `PUT writes a function, replaces its files, and DELETE removes it`(_ parent: String) async throws {
        try await withHost(["\(parent)old/function.json": Self.queue, "\(parent)old/more/x.txt": "x"]) {
            host, ask async throws in
            let folder = host.app.folder.appending(path: parent)
            let made = try ask("PUT", "new", #"{"config":{"bindings":[]},"files":{"handler.lua":"return 1"}}"#)
            #expect(made.status == 201)
            #expect(made.headers["location"] == "http://127.0.0.1:\(await host.port)/admin/functions/new")
            #expect(made.text.hasPrefix(#"{"name":"new","#) && made.text.contains(#""config":{"bindings":[]}"#))
            #expect(names(in: folder.appending(path: "new")) == ["function.json", "handler.lua"])
            // Without files only function.json changes.
            #expect(try ask("PUT", "OLD", #"{"config":{"bindings":[],"disabled":true}}"#).status == 201)
            #expect(names(in: folder.appending(path: "old")) == ["function.json", "more"])
            #expect(try ask("PUT", "old", #"{"files":{"function.json":"{}","a.lua":""}}"#).status == 201)
            #expect(names(in: folder.appending(path: "old")) == ["a.lua", "function.json"])
            #expect(try ask("DELETE", "old", "").status == 204)
            #expect(!names(in: folder).contains("old"))
        }
    }

    @Test(arguments: [
        "../x", "../\u{301}x", "..", ".", "", "a/b", "/etc/x", "a\u{0}b", "more/../../x",
    ])
    func `no file name leads out of the function's folder`(_ file: String) async throws {
        try await withHost(["q/function.json": Self.queue]) { host, ask async throws in
            let name = String(decoding: try JSONEncoder().encode(file), as: UTF8.self)
            let reply = try ask("PUT", "f", #"{"config":{"bindings":[]},"files":{\#(name):"text"}}"#)
            #expect(reply.status == 400, "\(file)")
            #expect(!names(in: host.app.folder).contains("f"))
        }
    }

    @Test(arguments: [
        "..", "%2e%2e", "..%2fescaped", "%2E%2E%2Fescaped", "a%2f..%2f..%2fescaped", "a%00b", "host", "1a", "a.b",
        "%5c..%5cescaped", "a%20b",
    ])
    func `no function name leads out of the app`(_ name: String) async throws {
        try await withHost(["q/function.json": Self.queue]) { host, ask async throws in
            let before = names(in: host.app.folder)
            let made = try ask("PUT", name, #"{"config":{"bindings":[]}}"#)
            #expect([400, 404].contains(made.status), "\(name): \(made.status)")
            #expect(try ask("DELETE", name, "").status == 404)
            #expect(names(in: host.app.folder) == before)
            // Other tests use the folder above too, but not this name.
            let above = host.app.folder.deletingLastPathComponent()
            #expect(!names(in: above).contains { $0.hasSuffix("escaped") })
        }
    }

    @Test func `a folder behind a link is neither written nor removed`() async throws {
        let outside = try TemporaryApp(["keep.txt": "mine"])
        let kept = names(in: outside.folder)
        try await withHost(
            ["q/function.json": Self.queue, "lib/function.json": Self.queue],
            prepare: { app in
                try app.link("out", to: outside.folder.path)
                try app.link("gone", to: outside.folder.path + "/missing")
            }
        ) { host, ask async throws in
            for name in ["out", "gone"] {
                let reply = try ask("PUT", name, #"{"config":{"bindings":[]},"files":{"keep.txt":""}}"#)
                #expect(reply.status == 500, "\(name)")
                #expect(names(in: outside.folder) == kept)
            }
            #expect(try ask("DELETE", "out", "").status == 404)
            #expect(names(in: outside.folder) == kept)
        }
    }

    @Test func `links in a function's folder are replaced, not followed`() async throws {
        let outside = try TemporaryApp(["keep.txt": "mine", "deep/keep.txt": "mine"])
        let file = outside.folder.appending(path: "keep.txt")
        try await withHost(
            ["q/function.json": Self.queue],
            prepare: { app in
                try app.link("q/handler.lua", to: file.path)
                try app.link("q/deep", to: outside.folder.path + "/deep")
            }
        ) { host, ask async throws in
            #expect(try ask("PUT", "q", #"{"config":{"bindings":[]},"files":{"handler.lua":"own"}}"#).status == 201)
            #expect(names(in: host.app.folder.appending(path: "q")) == ["function.json", "handler.lua"])
            #expect(try String(contentsOf: file, encoding: .utf8) == "mine")
            #expect(names(in: outside.folder.appending(path: "deep")) == ["keep.txt"])
        }
    }
}
