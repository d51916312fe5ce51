import HTTP1
import Testing

@testable import HTTP

@Suite struct HTTPRequestTests {
    @Test(
        arguments: [
            ("/a/b?q=1", "/a/b", "q=1", "/a/b?q=1", nil), ("/a", "/a", nil, "/a", nil), ("/?", "/", "", "/?", nil),
            ("/a?b?c", "/a", "b?c", "/a?b?c", nil), ("http://y:81/a?q=1", "/a", "q=1", "/a?q=1", "y:81"),
            ("HTTP://y?q=1", "/", "q=1", "/?q=1", "y"), ("https://y", "/", nil, "/", "y"),
            ("http://y/", "/", nil, "/", "y"),
        ] as [(String, String, String?, String, String?)])
    func `a target has a path that begins with a slash`(
        _ sent: String, path: String, query: String?, target: String, authority: String?
    ) throws {
        let request = try HTTPRequest(target: sent)
        #expect(request.path == path && request.query == query && request.target == target)
        #expect(request.authority == authority && request.rawTarget == sent)
        // A value that was made from the target is not a field.
        #expect(request.fields == ["host": "localhost"])
    }

    @Test func `fields are found in any case`() throws {
        let request = try HTTPRequest(target: "/", fields: ["Host": "x", "A": "1", "b": "2", "a": "3"])
        #expect(request.first("a") == "1" && request.last("A") == "3" && request.values("a") == ["1", "3"])
        #expect(request.contains("B") && !request.contains("c") && request.first("c") == nil)
        #expect(request.firstRange(of: "host").map(request.text) == "x")
        #expect(request.fields.map(\.name) == ["Host", "A", "b", "a"])
    }

    @Test func `bytes that are not a request do not make one`() {
        #expect(throws: RequestError.self) { try HTTPRequest(target: "/a b") }
    }

    @Test func `the text of a problem is JSON, whatever it contains`() {
        let response = HTTPResponse.problem(status: 400, title: "a \"b\" \\", detail: "c\n\u{1}\u{1f}é")
        guard case .bytes(let body) = response.body else { return #expect(Bool(false), "no body") }
        #expect(
            String(decoding: body, as: UTF8.self)
                == #"{"type":"about:blank","title":"a \"b\" \\","status":400,"detail":"c\n\u0001\u001fé"}"# + "\n")
        #expect(response.fields.first("content-type") == "application/problem+json")
    }

    @Test(arguments: ["/a?q=1", "http://y?q=1", "http://y/a?q=1"])
    func `a removed field is removed from the bytes too, and all others are found`(_ target: String) throws {
        let request = try HTTPRequest(
            target: target, fields: ["Key": "1", "Host": "x", "A": "2", "KEY": "3", "B": "4", "key": "5"], body: [7])
        let before = (request.path, request.query, request.target, request.rawTarget, request.authority)
        request.removeFields("kEY")
        #expect(request.fields == ["Host": "x", "A": "2", "B": "4"])
        #expect(
            (request.path, request.query, request.target, request.rawTarget) == (before.0, before.1, before.2, before.3)
        )
        #expect(request.authority == before.4 && request.head.host.map(request.text) == "x" && request.body == [7])
        let head = String(decoding: request.headBytes.prefix(request.head.length), as: UTF8.self)
        #expect(head == "GET \(target) HTTP/1.1\r\nHost: x\r\nA: 2\r\nB: 4\r\n\r\n")
        request.removeFields("none")
        #expect(request.fields.map(\.name) == ["Host", "A", "B"])
    }
}
