import Foundation
import HTTP1
import TestSupport
import Testing

@testable import CustomHandler

/// Which callers the handler's port admits.
@Suite struct CallerCheckTests {
    private static let secret = String(repeating: "5e", count: 32)
    private static let payload = #"{"Data":{"req":{"Method":"GET","Headers":{}},"msg":"\"x\""},"Metadata":{}}"#

    private static func app(_ wire: String = "") throws -> TemporaryApp {
        try TemporaryApp([
            "host.json": #"{ "version": "2.0", "extensionBundle": {}, "customHandler": { \#(wire) } }"#,
            "f/function.json": TemporaryApp.httpFunction,
            "f/handler.lua": "return function(data) return require('json').encode(data.req.Headers) end",
            "queue/function.json": TemporaryApp.queueFunction,
            "queue/handler.lua": "return function() print 'queue' end",
        ])
    }

    private static let forwarding = #""enableForwardingHttpRequest": true"#

    // MARK: With a secret

    @Test(arguments: ["", String(repeating: "5e", count: 31), String(repeating: "5e", count: 33), "5e"])
    func `with a secret, any request without it is refused`(_ sent: String) async throws {
        let app = try Self.app(Self.forwarding)
        let handler = try await InProcessHandler(root: app.folder.path, callerCheck: .secret(Self.secret))
        var headers: HTTPFields = ["Host": "127.0.0.1:1", "X-Azure-Functions-HostVersion": "4.1037.0.0"]
        if !sent.isEmpty { headers.add("X-Luafunc-Secret", sent) }
        for (method, target) in [
            (HTTPMethod.get, "/api/f"), (.post, "/queue"), (.get, "/"), (.get, "/none"), (.post, "/f"),
        ] {
            let reply = try await handler.request(target, Self.payload, method: method, headers: headers)
            #expect(reply.status == 403 && reply.text.contains("luafunc start"), "\(target) \(reply)")
        }
    }

    @Test func `a request with the secret is admitted, and no script sees the secret`() async throws {
        let app = try Self.app(Self.forwarding)
        let handler = try await InProcessHandler(root: app.folder.path, callerCheck: .secret(Self.secret))
        let headers: HTTPFields = ["A": "1", "X-LUAFUNC-Secret": Self.secret, "B": "2"]
        let reply = try await handler.request("/api/f", headers: headers)
        #expect(reply.status == 200 && reply.text.contains(#""A":["1"]"#) && reply.text.contains(#""B":["2"]"#))
        #expect(!reply.text.lowercased().contains("secret") && !reply.text.contains(Self.secret))
        #expect(
            try await handler.request("/queue", Self.payload, method: .post, headers: headers).text.contains("queue"))
        #expect(try await handler.request("/", headers: headers).status == 200)
    }

    // MARK: Under the Functions host

    @Test(
        arguments: [
            ["Host": "127.0.0.1:8123"], ["Host": "localhost:8123"], ["Host": "LOCALHOST:8123"], ["Host": "[::1]:8123"],
            ["Host": "127.0.0.1:8123", "Orig": "x", "Sec-Fetch": "x", "Security": "x", "traceparent": "x"],
        ] as [HTTPFields])
    func `the host's payloads are accepted`(_ headers: HTTPFields) async throws {
        for wire in ["", Self.forwarding] {
            let app = try Self.app(wire)
            let handler = try await InProcessHandler(root: app.folder.path, callerCheck: .host(port: 8123))
            #expect(
                try await handler.request("/queue", Self.payload, method: .post, headers: headers).text.contains(
                    "queue"))
        }
    }

    @Test(
        arguments: [
            ["Host": "127.0.0.1:8124"], ["Host": "127.0.0.1"], ["Host": "evil.example:8123"],
            ["Host": "localhost.evil:8123"],
            ["Host": ""], ["Host": "127.0.0.1:8123", "Origin": "http://evil.example"],
            ["Host": "127.0.0.1:8123", "ORIGIN": "null"], ["Host": "127.0.0.1:8123", "Sec-Fetch-Site": "same-origin"],
            ["Host": "127.0.0.1:8123", "sec-fetch-mode": "no-cors"],
        ] as [HTTPFields])
    func `a payload from a web page is refused`(_ headers: HTTPFields) async throws {
        for wire in ["", Self.forwarding] {
            let app = try Self.app(wire)
            let handler = try await InProcessHandler(root: app.folder.path, callerCheck: .host(port: 8123))
            let reply = try await handler.request("/queue", Self.payload, method: .post, headers: headers)
            #expect(reply.status == 403 && reply.text.contains("the Functions host never sends a payload"), "\(reply)")
        }
    }

    @Test func `forwarded requests are not refused because of their caller's headers`() async throws {
        let app = try Self.app(Self.forwarding)
        let handler = try await InProcessHandler(root: app.folder.path, callerCheck: .host(port: 8123))
        let headers: HTTPFields = [
            "Host": "www.example", "Origin": "http://page.example", "Sec-Fetch-Site": "cross-site",
        ]
        #expect(try await handler.request("/api/f", headers: headers).status == 200)
    }

    @Test func `if luafunc was started by hand, any caller that reaches the port is admitted`() async throws {
        let app = try Self.app()
        let handler = try await InProcessHandler(root: app.folder.path)
        let headers: HTTPFields = ["Host": "x", "Origin": "http://y"]
        #expect(try await handler.request("/queue", Self.payload, method: .post, headers: headers).status == 200)
    }
}
