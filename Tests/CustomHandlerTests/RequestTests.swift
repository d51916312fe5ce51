import Foundation
import HTTP1
import TestSupport
import Testing

@testable import CustomHandler

/// What a handler gets, where it is made only when it is touched.
@Suite struct RequestTests {
    @Test(arguments: [
        ("/api/f?a=1&a=2", "a", "1,2"), ("/api/f?b=1", "a", ""), ("/api/f", "a", ""), ("/api/f?", "", ""),
        ("/api/f?a", "a", ""), ("/api/f?a=", "a", ""), ("/api/f?&&a=1&&a=b=c&", "a", "1,b=c"), ("/api/f?=3", "", "3"),
        ("/api/f?a%62=x+y%21&ab=%zz", "ab", "x y!,%zz"), ("/api/f?A=1", "a", ""), ("/api/f?a+b=1", "a b", "1"),
        ("/api/f?a=1?a=2", "a", "1?a=2"),
    ])
    func `query and queries read the URL`(_ target: String, _ name: String, _ values: String) async throws {
        let app = try Self.app(
            """
            local all = data.req:queries "\(name)"
            assert(data.req:query "\(name)" == all[1] and data.req:query(nil) == nil)
            return table.concat(all, ",")
            """)
        let handler = try await InProcessHandler(root: app.folder.path, settings: InProcessHandler.forwarding)
        #expect(try await handler.request(target).text == values)
    }

    @Test func `the fragment of a URL that a script has changed is no query`() async throws {
        let app = try Self.app("data.req.Url = 'http://x/?a=1#?a=2&a=3' return #data.req:queries 'a'")
        let handler = try await InProcessHandler(root: app.folder.path, settings: InProcessHandler.forwarding)
        #expect(try await handler.request("/api/f").text == "1")
    }

    /// A script may keep what it got, and look into it when the invocation is long over.
    @Test(arguments: [
        "kept.context.invocationId .. kept.context.functionName .. kept.context.hostVersion",
        "kept.data.req.Headers['X-Azure-Functions-InvocationId'][1] .. kept.data.req.Query.n",
        "kept.metadata.Query.n .. kept.metadata.Headers['X-Azure-Functions-HostVersion']",
    ])
    func `what was kept of an earlier invocation stays what it was`(_ text: String) async throws {
        let app = try Self.app(
            "if kept then return \(text) end kept = { data = data, metadata = metadata, context = context }",
            before: "kept = false")
        let handler = try await InProcessHandler(root: app.folder.path, settings: InProcessHandler.forwarding)
        func headers(_ id: String) -> HTTPFields {
            ["X-Azure-Functions-InvocationId": id, "X-Azure-Functions-HostVersion": "4.1"]
        }
        _ = try await handler.request("/api/f?n=1", headers: headers("first"))
        let text = try await handler.request("/api/f?n=2", headers: headers("second")).text
        #expect(["firstf4.1", "first1", "14.1"].contains(text))
    }

    @Test func `an invocation that the host gave no id has one, the same wherever it is asked`() async throws {
        let app = try Self.app(
            "return context.invocationId .. ' ' .. context.invocationId .. ' ' .. tostring(data.req.Headers['X-Azure-Functions-InvocationId'])"
        )
        let handler = try await InProcessHandler(root: app.folder.path, settings: InProcessHandler.forwarding)
        let parts = try await handler.request("/api/f").text.split(separator: " ")
        #expect(parts.count == 3 && parts[0].count == 36 && parts[0] == parts[1] && parts[2] == "nil")
    }

    @Test func `all of a context is seen by whoever goes through it`() async throws {
        let app = try Self.app(
            "local names = {} for name in pairs(context) do names[#names + 1] = name end table.sort(names) return table.concat(names, ' ')"
        )
        let handler = try await InProcessHandler(root: app.folder.path, settings: InProcessHandler.forwarding)
        let text = try await handler.request("/api/f", headers: ["traceparent": "00-1"]).text
        #expect(text == "functionName invocationId traceparent")
        let early = try Self.app("return tostring(context.deadline() > 0) .. tostring(getmetatable(context))")
        let other = try await InProcessHandler(root: early.folder.path, settings: InProcessHandler.forwarding)
        #expect(try await other.request("/api/f").text == "truefalse")
    }

    private static func app(_ code: String, before: String = "") throws -> TemporaryApp {
        try TemporaryApp([
            "f/function.json": TemporaryApp.httpFunction,
            "f/handler.lua": "\(before) return function(data, metadata, context) \(code) end",
        ])
    }
}
