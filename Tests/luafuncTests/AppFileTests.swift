import Foundation
import Glibc
import TestSupport
import Testing

/// The files of an app, as functions of the built program read and serve them.
@Suite struct AppFileTests {
    private static let site = [
        "host.json": ServedApp.host(),
        "functions/f/function.json": TemporaryApp.httpFunction.replacing(
            #""name": "req","#, with: #""name": "req", "route": "site/{*path}","#),
        "functions/f/handler.lua": """
        local http = require "http"
        return function(data)
            if data.req.Params.path == "read" then return io.open("functions/f/own.txt"):read "a" .. io.open("f/own.txt"):read "a" end
            return http.file(data.req.Params.path, { root = "public" })
        end
        """,
        "functions/f/own.txt": "own", "public/index.html": "index", "public/deep/page.html": "page",
        "public/.env": "secret",
        "local.settings.json": "{}", "lib/secret.txt": "secret", ".env": "SECRET=secret", "public/x.lua": "secret",
    ]

    private func raw(_ head: String, port: Int) throws -> RawMessage {
        try #require(try RawMessage.response(to: Array("\(head)\r\nHost: x\r\n\r\n".utf8), port: port))
    }

    private func header(_ name: String, of message: RawMessage) -> String? {
        message.headers.first { $0.name.lowercased() == name }?.value
    }

    // MARK: Layouts

    @Test(arguments: ["source", "folder", "executable", "read-only"])
    func `files are read and served in every form of the app`(_ form: String) async throws {
        let app = try TemporaryApp(Self.site)
        let elsewhere = try TemporaryApp([:])
        var folder = app.folder.path
        var program = Repository.luafunc
        if form != "source" {
            let kind = form == "executable" ? "--executable" : "--output"
            let target = elsewhere.folder.appending(path: "packed")
            let packed = try await LuafuncProcess(["pack", "--app", folder, kind, target.path], waits: false).end()
            #expect(packed.code == 0 && packed.output.contains("files\n  public/deep/page.html"), "\(packed)")
            if form == "executable" { program = target }
            folder = target.path
        }
        if form == "read-only" {
            chmod(folder + "/public", 0o555)
            chmod(folder, 0o555)
        }
        defer { if form == "read-only" { chmod(folder, 0o755) } }
        let arguments = ["serve", "--port", "0"] + (form == "executable" ? [] : ["--app", folder])
        let server = try LuafuncProcess(arguments, folder: elsewhere.folder, program: program)
        #expect(try server.request("/api/site").text == "index")
        #expect(try server.request("/api/site/deep/page.html").text == "page")
        #expect(try server.request("/api/site/read").text == "ownown")
        for path in ["none", ".env", "x.lua", "..%2flib%2fsecret.txt", "%2e%2e/.env", "deep"] {
            #expect(try server.request("/api/site/\(path)").status == 404, "\(path)")
        }
    }

    // MARK: Connections

    @Test func `HEAD, parts and 304 are framed correctly, for small and large files`() throws {
        let app = try TemporaryApp(Self.site)
        try app.write(["public/large.txt": String(repeating: "0123456789", count: 30_000)])
        let served = try ServedApp(app)
        for (path, size) in [("index.html", 5), ("large.txt", 300_000)] {
            let whole = try raw("GET /api/site/\(path) HTTP/1.1", port: served.process.port)
            #expect(whole.body.count == size && whole.isFramed)
            #expect(header("content-length", of: whole) == "\(size)" && header("transfer-encoding", of: whole) == nil)
            let head = try raw("HEAD /api/site/\(path) HTTP/1.1", port: served.process.port)
            #expect(head.startLine == "HTTP/1.1 200 OK" && head.body.isEmpty)
            #expect(header("content-length", of: head) == "\(size)")
            #expect(header("etag", of: head) == header("etag", of: whole))
            let part = try raw("GET /api/site/\(path) HTTP/1.1\r\nRange: bytes=1-", port: served.process.port)
            #expect(part.startLine.hasPrefix("HTTP/1.1 206") && part.body == Array(whole.body.dropFirst()))
            let tag = try #require(header("etag", of: whole))
            let same = try raw("GET /api/site/\(path) HTTP/1.1\r\nIf-None-Match: \(tag)", port: served.process.port)
            #expect(same.startLine.hasPrefix("HTTP/1.1 304") && same.body.isEmpty)
        }
    }

    @Test(arguments: ["shrinks", "grows", "is replaced"])
    func `a file that changes while it is sent breaks the connection off`(_ how: String) throws {
        let app = try TemporaryApp(Self.site)
        let file = app.folder.appending(path: "public/huge.bin").path
        #expect(FileManager.default.createFile(atPath: file, contents: nil))
        let size = 200 << 20
        #expect(truncate(file, off_t(size)) == 0)
        let server = try LuafuncProcess(["serve", "--port", "0", "--app", app.folder.path])
        let descriptor = try RawConnection.connectedDescriptor(port: server.port)
        defer { close(descriptor) }
        let request = "GET /api/site/huge.bin HTTP/1.1\r\nHost: x\r\n\r\n"
        #expect(send(descriptor, request, request.utf8.count, 0) == request.utf8.count)
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        // The response has begun. The caller reads no more, so most of it is not sent.
        var count = recv(descriptor, &buffer, buffer.count, 0)
        #expect(String(decoding: buffer.prefix(count), as: UTF8.self).contains("\(size)"))
        switch how {
        case "shrinks": #expect(truncate(file, 1000) == 0)
        case "grows": #expect(truncate(file, off_t(size + 1)) == 0)
        default: try Data(repeating: 1, count: 100).write(to: URL(filePath: file), options: .atomic)
        }
        var received = 0
        while count > 0 {
            received += count
            count = recv(descriptor, &buffer, buffer.count, 0)
        }
        #expect(received < size)
        #expect(server.waitForErrorLine(containing: "public/huge.bin: "))
        #expect(try server.request("/api/site").text == "index")
    }

    // MARK: Saves

    @Test func `a save of a file that a function read while it loaded reloads the function`() throws {
        let served = try ServedApp([
            "functions/f/handler.lua": """
            local file = io.open "data/text.txt"
            local text = file and file:read "a" or "none"
            local late = io.open "data/late.txt" and "late" or "early"
            return function() return text .. " " .. late .. " " .. (io.open "data/now.txt" or io.open "data/text.txt"):read "a" end
            """, "data/text.txt": "one",
        ])
        #expect(try served.request("/api/f").text == "one early one")
        #expect(try served.save(["data/text.txt": "two"]) == "two early two")
        #expect(try served.save(["data/late.txt": ""]) == "two late two")
        try served.app.write(["data/now.txt": "now"], isAtomic: true)
        #expect(try served.request("/api/f").text == "two late now")
        try served.app.write(["data/now.txt": "then"], isAtomic: true)
        #expect(try served.request("/api/f").text == "two late then")
        try FileManager.default.removeItem(at: served.app.folder.appending(path: "data/text.txt"))
        #expect(served.process.waitForLine(containing: "reloaded f"))
        #expect(try served.request("/api/f").text == "none late then")
        // A folder that did not exist is found too.
        try FileManager.default.removeItem(at: served.app.folder.appending(path: "data"))
        #expect(served.process.waitForLine(containing: "reloaded f"))
        #expect(try served.save(["data/text.txt": "again"]) == "again early again")
    }

    @Test func `a save with which a function does not load keeps the previous version until the file is mended`() throws
    {
        let served = try ServedApp([
            "functions/f/handler.lua":
                "local text = assert(io.open('functions/f/own.txt')):read 'a' assert(text ~= 'bad') return function() return text end",
            "functions/f/own.txt": "good",
        ])
        #expect(try served.request("/api/f").text == "good")
        try served.app.write(["functions/f/own.txt": "bad"], isAtomic: true)
        #expect(served.process.waitForErrorLine(containing: "f keeps its previous version"))
        #expect(try served.request("/api/f").text == "good")
        #expect(try served.save(["functions/f/own.txt": "better"]) == "better")
    }
}
