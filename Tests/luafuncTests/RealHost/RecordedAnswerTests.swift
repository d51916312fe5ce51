import Foundation
import JSON
import TestSupport
import Testing

/// What callers got from luafunc's functions under the real host (Tests/Golden/host/e14), here under `luafunc start`.
/// The recordings do not hold the scripts; the names of the rows and the responses tell what they returned.
@Suite struct RecordedAnswerTests {
    /// Returns what the query parameter `v` names. The recorded error names line 5.
    private static let byName = #"""
        local png = { headers = { ["Content-Type"] = "image/png" }, body = "\137PNG" }
        local tab = { statusCode = 201, headers = { ["X-A"] = "1" }, body = { a = 1, list = { 1, 2 } } }
        local cookie = { headers = { ["Set-Cookie"] = "a=1" }, body = "c" }

        return function(data) local v = data.req.Query.v if v == "err" then error("boom") end
          local values = {
            arr = { body = { 1, 2 } }, bool = true, bytes = "\0\255\1", cookie = cookie, empty = "", num = 5, png = png, tab = tab,
            cookie2 = { headers = { ["Set-Cookie"] = { "a=1", "b=2" } }, body = "c" },
            ctlen = { headers = { ["Content-Length"] = "9" }, body = "abc" },
            date = "2026-03-01T10:20:30Z", dateline = { body = "2026-03-01T10:20:30Z" },
            hdr = { headers = { ["X-N"] = 5 }, body = "x" }, json = '{"a":1}', quoted = '"q"', text = "test",
            s204 = { statusCode = 204, body = "x" }, s304 = { statusCode = 304 }, st99 = { statusCode = 99 },
            status = { statusCode = 404, body = "no" }, trail = "true", uni = "hällo €",
          }
          return values[v]
        end
        """#

    private static let echo = """
        return function(data)
          local req = data.req
          return { headers = { ["Content-Type"] = "application/json" }, body = {
            Method = req.Method, url = req.Url, Headers = req.Headers, Query = req.Query, Params = req.Params,
            body = req.Body,
          } }
        end
        """

    private static func function(_ output: String, methods: String = "") -> String {
        """
        { "bindings": [ { "name": "req", "type": "httpTrigger", "authLevel": "anonymous" \(methods) },
          { "name": "\(output)", "type": "http", "direction": "out" } ] }
        """
    }

    private static func app(forwards: Bool) throws -> TemporaryApp {
        let app = try TemporaryApp([
            "host.json": #"{ "version": "2.0", "customHandler": { "enableForwardingHttpRequest": \#(forwards) } }"#,
            "ret/function.json": function("$return"), "ret/handler.lua": byName,
            "err/function.json": function("res"), "err/handler.lua": byName,
            "echo/function.json": function("res"), "echo/handler.lua": echo,
            "big/function.json": function("res"),
            "big/handler.lua": "return function() return ('x'):rep(3000000) end",
        ])
        for name in ["hello", "todo"] {
            let sample = Repository.root.appending(path: "functions/\(name)")
            try FileManager.default.copyItem(at: sample, to: app.folder.appending(path: name))
        }
        return app
    }

    /// The request of a row, by its name without the wire.
    private static func request(_ name: String) -> [UInt8]? {
        func head(_ line: String, _ headers: String = "") -> [UInt8] {
            Array("\(line) HTTP/1.1\r\nHost: 127.0.0.1:7120\r\n\(headers)\r\n".utf8)
        }
        func posted(_ target: String, _ body: String) -> [UInt8] {
            head("POST \(target)", "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n")
                + Array(body.utf8)
        }
        switch name {
        case "big": return head("GET /api/big")
        case "hello": return head("GET /api/hello?name=Ada")
        case "hello-post": return posted("/api/hello", #"{"name":"Bö"}"#)
        case "todo-post": return posted("/api/todo", #"{"title":"a"}"#)
        case "todo-bad": return posted("/api/todo", "{}")
        case "todo-del":
            let list = Data(#"[{"id":1,"done":false,"title":"a"}]"#.utf8).base64EncodedString()
            return head("DELETE /api/todo/1", "Cookie: todo=\(list)\r\n")
        case "echo-head": return head("HEAD /api/echo")
        case "echo":
            let headers = "Content-Type: application/json\r\nX-Two: a\r\nX-Two: b\r\nContent-Length: 7\r\n"
            return head("POST /api/echo?a=1&a=2&b=x%20y", headers) + Array(#"{"q":1}"#.utf8)
        case "echo-png":
            return head("POST /api/echo", "Content-Type: image/png\r\nContent-Length: 3\r\n") + [0x89, 0xff, 0]
        default:
            let parts = name.split(separator: "-")
            guard parts.count == 2, parts[0] == "ret" || parts[0] == "err" else { return nil }
            return head("GET /api/\(parts[0])?v=\(parts[1])")
        }
    }

    /// The rows that recorded answers which luafunc no longer gives, and why.
    private static func exceptions(prefix: String) -> [String: String] {
        var found: [String: String] = [:]
        for name in ["ret", "err"] {
            found["E14-\(prefix)\(name)-s204"] =
                "luafunc now drops the body of a 204 with a warning, where it failed the invocation"
        }
        return found
    }

    @Test(arguments: [false, true])
    func `a caller gets from the stand-in host what the real host passed on`(forwards: Bool) throws {
        let host = try StartedApp(try Self.app(forwards: forwards))
        let prefix = forwards ? "fwd-" : ""
        var tally = GoldenTally(
            "host/e14, \(forwards ? "forwarded" : "payload")", exceptions: Self.exceptions(prefix: prefix))
        for row in try HostRow.all("e14") {
            let name = String(row.name.dropFirst(4))
            guard name.hasPrefix("fwd-") == forwards else { continue }
            // Only the beginning of the longest response is recorded.
            let cut = row.tree["callerGot-real"]?["text"]?.string
            guard let recorded = row.bytes("callerGot-real") ?? cut.map({ Array($0.utf8) }),
                let request = Self.request(String(name.dropFirst(prefix.count)))
            else {
                tally.skip(row.name)
                continue
            }
            let response = try #require(try RawMessage.response(to: request, port: host.port))
            let theirs = try #require(
                RawMessage(recorded, isEnd: true, hasNoBody: request.starts(with: Array("HEAD ".utf8))))
            if cut != nil {
                let head = response.differences(fromRecorded: theirs).filter { !$0.contains("body:") }
                let isWhole = response.body == [UInt8](repeating: UInt8(ascii: "x"), count: 3_000_000)
                tally.count(row.name, difference: head.isEmpty && isWhole ? nil : "\(head), whole: \(isWhole)")
                continue
            }
            // A Content-Length of JSON counts ids and details too.
            let isJSON = theirs.headers.contains { $0.value.contains("json") } && !theirs.body.isEmpty
            let dropped: Set = isJSON ? ["content-length"] : []
            let (own, real) = (
                ComparableMessage.lines(response, dropping: dropped), ComparableMessage.lines(theirs, dropping: dropped)
            )
            tally.count(row.name, difference: own == real ? nil : "ours \(own), recorded \(real)")
        }
        tally.report()
    }
}
