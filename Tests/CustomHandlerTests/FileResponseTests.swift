import Foundation
import FunctionsModel
import HTTP1
import JSON
import TestSupport
import Testing

@testable import CustomHandler

/// `http.file`, on both wires.
@Suite(.serialized) struct FileResponseTests {
    private static let handler = """
        local http = require "http"
        return function(data)
            local options = data.req:query "options"
            options = options and load("return " .. options)() or { root = "public" }
            return assert(http.file(data.req:query "path" or data.req.Params.path, options))
        end
        """

    private static let large = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 / 3 ^ $0) }

    private static let app = Task {
        let function = TemporaryApp.httpFunction.replacing(
            #""name": "req","#, with: #""name": "req", "route": "{*path}","#)
        let app = try TemporaryApp([
            "host.json": ServedHost.forwarding, "functions/f/function.json": function,
            "functions/f/handler.lua": handler,
            "functions/f/own/page.html": "own", "public/index.html": "index", "public/a.txt": "0123456789",
            "public/docs/index.html": "docs", "public/docs/other.html": "other", "public/empty.txt": "",
            "public/handler.lua": "secret", "public/host.json": "secret", "public/function.json.bak": "bak",
            "public/deep/function.json": "secret", "public/.env": "secret", "public/.git/config": "secret",
            "public/local.settings.json": "secret", "public/x_test.lua": "secret", "public/a\\b.txt": "backslash",
            "public/ä ö.txt": "umlauts", ".gitignore": "/some/*\n!/some/kept.txt", "some/kept.txt": "kept",
            "some/x": "ignored", "public/%2e%2e": "percent", "lib/secret.txt": "secret",
            "public/big.txt":
                String(repeating: "ä", count: 100_000), "public/Index.lua": "secret", "public/x.LUA": "secret",
        ])
        try Data(large).write(to: app.folder.appending(path: "public/large.bin"))
        try Data([0xff, 0xfe]).write(to: app.folder.appending(path: "public/logo.png"))
        for (link, target) in [
            ("public/out", "/etc/passwd"), ("public/lib", "../lib"), ("public/script.txt", "handler.lua"),
            ("public/link.txt", "docs/../a.txt"), ("public/up", "../public/a.txt"), ("public/loop", "loop"),
        ] { try app.link(link, to: target) }
        #expect(mkfifo(app.folder.appending(path: "public/pipe").path, 0o600) == 0)
        return app
    }

    private static let forwarding = Task { try await InProcessHandler(root: app.value.folder.path) }
    private static let payload = Task {
        try await InProcessHandler(
            root: app.value.folder.path,
            settings: ["AzureFunctionsJobHost__customHandler__enableForwardingHttpRequest": "false"])
    }

    private func get(
        _ path: String, _ headers: HTTPFields = [:], method: HTTPMethod = .get, options: String? = nil
    ) async throws -> Reply {
        let query = options.map {
            "?options=" + ($0.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "")
        }
        return try await Self.forwarding.value.request(
            "/api/\(path)\(query ?? "")", method: method, headers: headers)
    }

    // MARK: What is found

    @Test(arguments: [
        ("a.txt", "0123456789", "text/plain; charset=utf-8"), ("", "index", "text/html; charset=utf-8"),
        ("docs/", "docs", "text/html; charset=utf-8"), ("docs", "docs", "text/html; charset=utf-8"),
        ("docs/other.html", "other", "text/html; charset=utf-8"),
        ("docs//other.html", "other", "text/html; charset=utf-8"),
        ("empty.txt", "", "text/plain; charset=utf-8"), ("function.json.bak", "bak", "application/octet-stream"),
        ("link.txt", "0123456789", "text/plain; charset=utf-8"),
        ("a%5Cb.txt", "backslash", "text/plain; charset=utf-8"),
        ("%C3%A4%20%C3%B6.txt", "umlauts", "text/plain; charset=utf-8"),
        ("%252e%252e", "percent", "application/octet-stream"),
    ])
    func `a file is served with its content type`(_ path: String, body: String, type: String) async throws {
        let reply = try await get(path)
        #expect(reply.status == 200 && reply.text == body && reply.contentType == type)
        #expect(reply.headers.first("accept-ranges") == "bytes")
        let tag = try #require(reply.headers.first("etag"))
        #expect(tag.count == 34 && tag.hasPrefix("\"") && tag.hasSuffix("\""))
        let same = try await get(path, ["if-none-match": "\"x\", W/\(tag)"])
        #expect(same.status == 304 && same.body.isEmpty && same.headers.first("etag") == tag)
    }

    @Test(arguments: [
        "none.txt", "a.txt/", "a.txt/x", "docs/none/", "handler.lua", "Index.lua", "x.LUA", "host.json",
        "deep/function.json",
        ".env", ".git/config", "local.settings.json", "x_test.lua", "out", "lib/secret.txt", "up", "script.txt", "loop",
        "pipe", "deep", "deep/", ".", "..", "./a.txt", "../host.json", "..%2fhost.json", "docs/../a.txt",
        "docs/./other.html",
        "docs/..", "/etc/passwd", "//etc/passwd", "a.txt\0", "a.txt\0.html", "\0", "docs\\..\\..\\host.json",
        "%2e%2e/host.json", "lib/../lib/secret.txt", "up/", "pipe/", String(repeating: "x", count: 300),
        String(repeating: "x", count: 5000), String(repeating: "x/", count: 63) + "x",
        String(repeating: "a/", count: 2040),
        String(repeating: "docs/../", count: 400) + "a.txt", String(repeating: "../", count: 1300) + "etc/passwd",
    ])
    func `what must not be served is not found`(_ path: String) async throws {
        let query = path.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
        let reply = try await Self.forwarding.value.request("/api/?path=\(query)")
        #expect(reply.status == 404 && reply.text == "Not Found\n", "\(reply.text)")
    }

    @Test(arguments: [
        ("{ root = 'some' }", "kept.txt", "kept"), ("{ root = 'some' }", "x", "Not Found\n"),
        ("{ root = 'functions/f/own' }", "page.html", "own"), ("{ root = 'f/own' }", "page.html", "own"),
        ("{ root = './public/docs/' }", "other.html", "other"),
        ("{ root = 'public', index = 'other.html' }", "docs/", "other"),
        ("{ root = 'public', index = false }", "docs/", "Not Found\n"),
    ])
    func `the root and the index can be chosen`(_ options: String, path: String, body: String) async throws {
        #expect(try await get(path, options: options).text == body)
    }

    @Test(arguments: [
        ("{}", "http.file needs the folder that it may serve: http.file(path, { root = \"public\" })"),
        ("{ root = '.' }", "http.file: the root '.': it is the app's own folder; name a folder in it"),
        ("{ root = '' }", "http.file: the root '': the app has no such folder"),
        ("{ root = 'publik' }", "http.file: the root 'publik': the app has no such folder"),
        ("{ root = '/etc' }", "http.file: the root '/etc': write a path relative to the app's folder"),
        ("{ root = '../x' }", "http.file: the root '../x': write a path relative to the app's folder"),
        ("{ root = 'public/a.txt' }", "http.file: the root 'public/a.txt': it is not a folder"),
        ("{ root = '.luafunc' }", "http.file: the root '.luafunc': a function serves only files that are deployed"),
        ("{ root = 'functions' }", "http.file: the root 'functions': name a folder of one function, or one beside it"),
        (
            "require 'http'.file { root = 'public' }",
            "http.file takes the path first: http.file(path, { root = \"public\" })"
        ),
        ("{ rot = 'public' }", "http.file has no option 'rot' (did you mean 'root'?); there are 'root', 'index'"),
        ("{ root = 'public', index = 'a/b' }", "http.file: index must be the name of a file, or false"),
        ("{ root = 'public', index = true }", "http.file: index must be the name of a file, or false"),
    ])
    func `a wrong option is an error`(_ options: String, message: String) async throws {
        let app = try await Self.app.value
        let handler = try await InProcessHandler(root: app.folder.path, showsErrors: true)
        let query = options.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
        let reply = try await handler.request("/api/a.txt?options=\(query)")
        let text = try JSONTree.parse(reply.body.span.bytes)["detail"]?.string ?? ""
        #expect(reply.status == 500 && text.contains(message), "\(text)")
    }

    // MARK: Parts, HEAD and large files

    @Test(arguments: ["a.txt", "large.bin"])
    func `a range is served as a part`(_ path: String) async throws {
        let whole = try await get(path)
        let size = whole.body.count
        for (range, part) in [
            ("0-3", 0..<4), ("5-", 5..<size), ("-2", size - 2..<size), ("\(size / 2)-", size / 2..<size),
        ] {
            let reply = try await get(path, ["range": "bytes=\(range)"])
            #expect(reply.status == 206 && reply.body == Array(whole.body[part]))
            #expect(reply.headers.first("content-range") == "bytes \(part.lowerBound)-\(part.upperBound - 1)/\(size)")
        }
        let none = try await get(path, ["range": "bytes=\(size)-"])
        #expect(none.status == 416 && none.headers.first("content-range") == "bytes */\(size)" && none.body.isEmpty)
        let tag = try #require(whole.headers.first("etag"))
        #expect(try await get(path, ["range": "bytes=0-1", "if-range": tag]).status == 206)
        #expect(try await get(path, ["range": "bytes=0-1", "if-range": "\"x\""]).body == whole.body)
        #expect(try await get(path, ["range": "bytes=0-1,3-4"]).body == whole.body)
    }

    @Test func `a large file comes in pieces, with its length`() async throws {
        let reply = try await get("large.bin")
        #expect(reply.body == Self.large && reply.pieces.count > 3 && reply.isComplete)
        #expect(reply.headers.first("content-length") == "\(Self.large.count)")
        #expect(reply.contentType == "application/octet-stream")
    }

    @Test func `a file larger than the memory limit is served`() async throws {
        let function =
            #"{ "bindings": [ { "name": "req", "type": "httpTrigger" }, { "name": "res", "type": "http", "direction": "out" } ], "lua": { "memoryLimit": "4MB" } }"#
        let app = try TemporaryApp([
            "host.json": ServedHost.forwarding, "functions/f/function.json": function,
            "functions/f/handler.lua":
                "local http = require 'http' return function() return http.file('huge', { root = 'public' }) end",
        ])
        try app.makeFolder("public")
        let file = app.folder.appending(path: "public/huge").path
        #expect(FileManager.default.createFile(atPath: file, contents: nil) && truncate(file, 40 << 20) == 0)
        let handler = try await InProcessHandler(root: app.folder.path)
        let reply = try await handler.request("/api/f")
        #expect(reply.status == 200 && reply.body.count == 40 << 20 && reply.isComplete)
    }

    // MARK: The payload wire

    private func invoke(_ path: String?, _ headers: String = "{}", method: String = "GET") async throws -> JSONTree {
        let parameters = path.map { "{\"path\":\"\($0)\"}" } ?? "{}"
        let reply = try await Self.payload.value.invoke(
            "f",
            #"{"Data":{"req":{"Url":"http://x/","Method":"\#(method)","Headers":\#(headers),"Query":{},"Params":\#(parameters)}},"Metadata":{}}"#
        )
        let tree = try JSONTree.parse(reply.body.span.bytes)
        return tree["Outputs"]?["res"] ?? tree
    }

    @Test func `in a payload a text is the body, and the caller's copy counts`() async throws {
        let reply = try await invoke("a.txt", #"{"Range":["bytes=0-1"]}"#)
        #expect(reply["statusCode"]?.integer == 200 && reply["body"]?.string == "0123456789")
        #expect(reply["headers"]?["content-type"]?.string == "text/plain; charset=utf-8")
        let tag = try #require(reply["headers"]?["etag"]?.string)
        let quoted = tag.replacing("\"", with: "\\\"")
        #expect(try await invoke("a.txt", "{\"If-None-Match\":[\"\(quoted)\"]}")["statusCode"]?.integer == 304)
        #expect(try await invoke("a.txt", "{\"if-none-match\":\"*\"}")["statusCode"]?.integer == 304)
        #expect(try await invoke("big.txt")["body"]?.string?.count == 100_000)
        #expect(try await invoke(nil)["body"]?.string == "index")
        #expect(try await invoke("none")["statusCode"]?.integer == 404)
    }

    @Test(arguments: ["logo.png", "large.bin"])
    func `in a payload a file that is not text is an error that names the way out`(_ path: String) async throws {
        let detail = try await invoke(path)["detail"]?.string ?? ""
        #expect(
            detail.contains("http.file: public/\(path) is not text, and the host sends only text from a payload; set"))
        #expect(
            detail.contains(
                #""enableForwardingHttpRequest" or "enableProxyingHttpRequest" in the "customHandler" of host.json"#))
    }

    // MARK: Changes

    @Test func `a new version of a file has a new tag at once`() async throws {
        let app = try await Self.app.value
        var tags: Set<String> = []
        for text in ["one", "two", "two", "one"] {
            try app.write(["public/changing.txt": text], isAtomic: true)
            let reply = try await get("changing.txt")
            #expect(reply.text == text)
            tags.insert(reply.headers.first("etag") ?? "")
        }
        #expect(tags.count == 2)
    }

    @Test func `the response is a table that the script can change`() async throws {
        let app = try TemporaryApp([
            "host.json": ServedHost.forwarding, "functions/f/function.json": TemporaryApp.httpFunction,
            "functions/f/handler.lua": """
            local http = require "http"
            local cached = http.file("a.txt", { root = "public" })
            return function(data)
                if data.req:query "cached" then return cached end
                local page = http.file("none.html", { root = "public" })
                if page.statusCode == 404 then
                    page = http.file("404.html", { root = "public" })
                    page.statusCode = 404
                    page.headers["cache-control"] = "no-store"
                end
                return page
            end
            """, "public/404.html": "nothing here", "public/a.txt": String(repeating: "a", count: 100_000),
        ])
        let handler = try await InProcessHandler(root: app.folder.path)
        let reply = try await handler.request("/api/f")
        #expect(reply.status == 404 && reply.text == "nothing here")
        #expect(reply.headers.first("cache-control") == "no-store" && reply.contentType == "text/html; charset=utf-8")
        for _ in 1...2 { #expect(try await handler.request("/api/f?cached=1").body.count == 100_000) }
    }
}

/// Files on a file system that does not answer. A pipe instead of a .gitignore, which a writer keeps open, has that
/// effect: to read it takes forever.
@Suite struct SlowFileTests {
    @Test func `a file system that hangs delays neither other connections nor other functions`() async throws {
        let limited = TemporaryApp.httpFunction.replacing(
            "{ \"bindings\"", with: "{ \"lua\": { \"timeLimit\": \"400ms\" }, \"bindings\"")
        let app = try TemporaryApp([
            "host.json": ServedHost.forwarding, "functions/f/function.json": limited,
            "functions/f/handler.lua":
                "return function(data) if data.req:query 'slow' then return io.open('slow/x.txt'):read 'a' end return 'quick' end",
            "functions/g/function.json": TemporaryApp.httpFunction,
            "functions/g/handler.lua": "return function() return io.open('data/x.txt'):read 'a' end",
            "slow/x.txt": "slow",
            "data/x.txt": "data",
        ])
        let pipe = app.folder.appending(path: "slow/.gitignore").path
        #expect(mkfifo(pipe, 0o600) == 0)
        let writer = open(pipe, O_RDWR | O_CLOEXEC)
        defer { close(writer) }
        let handler = try await InProcessHandler(root: app.folder.path, showsErrors: true)
        let replies = try await withThrowingTaskGroup(of: String.self) { group in
            // More calls than one function may have threads.
            for _ in 1...6 { group.addTask { try await handler.request("/api/f?slow=1").text } }
            #expect(try await handler.request("/api/f").text == "quick")
            #expect(try await handler.request("/api/g").text == "data")
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(replies.count == 6 && replies.allSatisfy { $0.contains("the time limit of 0.4 seconds was exceeded") })
    }
}
