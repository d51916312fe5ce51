import Foundation
import Synchronization
import TestSupport
import Testing

/// Runs every function of docs/recipes.md in one app, as the page says.
@Suite struct RecipeTests {
    @Test func `every recipe works as it is written`() throws {
        let rates = try BusyServer(Array(#"{"rate":1.08}"#.utf8))
        let list = "/c?sig=x&restype=container&comp=list&prefix=2026%2F&marker="
        func blobs(_ name: String, _ next: String) -> [UInt8] {
            let xml = "<Blobs><Blob><Name>\(name)</Name></Blob></Blobs>"
            return CannedServer.response("200 OK", Array("<EnumerationResults>\(xml)\(next)</EnumerationResults>".utf8))
        }
        let storage = try CannedServer([
            list: blobs("2026/a&amp;b.txt", "<NextMarker>2!8</NextMarker>"),
            list + "2%218": blobs("2026/c.txt", "<NextMarker/>"),
        ])
        let host = try StartedApp(
            try Self.files(),
            environment: [
                "TOKEN_SECRET": "0123456789abcdef0123456789abcdef", "SESSION_SECRET": "session secret",
                "WEBHOOK_SECRET": "It's a Secret to Everybody", "SYNC_URL": "http://127.0.0.1:1/",
                "RATES_URL": "http://127.0.0.1:\(rates.port)/rates",
                "CONTAINER_URL": "http://127.0.0.1:\(storage.port)/c?sig=x",
            ])
        try notes(host)
        try file(host)
        try token(host)
        try session(host)
        try events(host)
        try webhook(host)
        #expect(try host.request("/api/rate/EUR").text == #"{"rate":1.08}"#)
        #expect(try host.request("/api/list?prefix=2026/").text == #"["2026/a&b.txt","2026/c.txt"]"#)

        try host.fire("nightly")
        #expect(try host.invocation(of: "nightly").hasSuffix("→ queue reports ×3"))
        try host.fire("sync")
        #expect(host.process.waitForLine(containing: "connection refused"))
        #expect(host.process.waitForLine(containing: "→ queue sync-failed"))

        let sum = try host.request("/api/sum", method: "POST", body: "[1,2,3]")
        let total = "totals/\(try Self.member("run", of: sum)).txt"
        #expect(host.process.waitForLine(containing: "→ blob \(total)"))
        #expect(host.blob(total) == "14")
    }

    @Test func `the tests of the recipes pass`() async throws {
        let app = try TemporaryApp(try Self.files())
        let end = await (try LuafuncProcess(["test", "--app", app.folder.path], waits: false)).end()
        #expect(end.code == 0, "\(end)")
    }

    private func notes(_ host: StartedApp) throws {
        let reply = try host.request("/api/note", method: "POST", body: "buy milk")
        let blob = "notes/\(try Self.member("id", of: reply)).txt"
        #expect(host.process.waitForLine(containing: "→ blob \(blob)"))
        #expect(host.blob(blob) == "buy milk")
    }

    private func file(_ host: StartedApp) throws {
        let reply = try host.request("/api/pages/index.html")
        #expect(reply.text == "<!doctype html>\n<title>Hello</title>\n" && reply.headers["etag"] != nil)
        #expect(try host.request("/api/pages/none.html").status == 404)
    }

    private func token(_ host: StartedApp) throws {
        let reply = try host.request("/api/token", method: "POST", body: #"{"user":"Ada"}"#)
        let token = try Self.member("token", of: reply)
        #expect(try host.request("/api/whoami", headers: ["authorization": "Bearer \(token)"]).text == "You are Ada")
        for header in [[:], ["authorization": "Bearer \(token)x"]] {
            let refused = try host.request("/api/whoami", headers: header)
            #expect(refused.status == 401 && refused.headers["www-authenticate"] == "Bearer")
        }
    }

    private func session(_ host: StartedApp) throws {
        let form = ["content-type": "application/x-www-form-urlencoded"]
        let reply = try host.request("/api/signin", method: "POST", headers: form, body: "user=A%3Cda")
        #expect(reply.status == 303 && reply.headers["location"] == "/api/signin")
        let cookie = String(try #require(reply.headers["set-cookie"]?.split(separator: ";").first))
        #expect(try host.request("/api/signin", headers: ["cookie": cookie]).text.hasSuffix("Hello, A&lt;da"))
        let forged = cookie.replacing("=", with: "=x")
        for headers in [[:], ["cookie": forged], ["cookie": "session=."]] {
            #expect(try host.request("/api/signin", headers: headers).text.contains("<form"))
        }
    }

    private func events(_ host: StartedApp) throws {
        let reply = try host.request("/api/progress", headers: ["last-event-id": "50"])
        #expect(reply.headers["content-type"]?.hasPrefix("text/event-stream") == true)
        #expect(
            reply.text == """
                event: progress
                id: 75
                data: {"percent":75}

                event: progress
                id: 100
                data: {"percent":100}


                """)
    }

    private func webhook(_ host: StartedApp) throws {
        // openssl dgst -sha256 -hmac "It's a Secret to Everybody"
        let code = "5ccdd8275f57d608741ad8390e42e8696ebfcd85607d9c2ef890769dda8f7568"
        func call(_ body: String) throws -> Int {
            let headers = ["x-hub-signature-256": "sha256=\(code)", "content-type": "application/json"]
            return try host.request("/api/github", method: "POST", headers: headers, body: body).status
        }
        #expect(try call(#"{"action":"opened"}"#) == 202)
        #expect(try call(#"{"action":"closed"}"#) == 401)
    }

    /// The files on the page: a line with the name, then the text.
    private static func files() throws -> [String: String] {
        let page = try String(contentsOf: Repository.root.appending(path: "docs/recipes.md"), encoding: .utf8)
        let blocks = page.matches(of: #/(?m)^`(?<name>[^`\n]+)`\n\n```\w+\n(?<text>(?s:.*?))^```/#)
        let files = Dictionary(blocks.map { (String($0.name), String($0.text)) }) { _, last in
            Issue.record("two recipes have the same file")
            return last
        }
        let scripts = page.split(separator: "```lua\n").count - 1
        #expect(files.keys.count { $0.hasSuffix(".lua") } == scripts, "a script without the name of its file")
        return files
    }

    private static func member(_ name: String, of reply: HTTPReply) throws -> String {
        let object = try JSONSerialization.jsonObject(with: Data(reply.body)) as? [String: Any]
        return try #require(object?[name] as? String, "\(reply.text)")
    }
}

/// A server that is busy every other time.
private final class BusyServer: Sendable {
    let port: Int
    private let calls = Mutex(0)

    init(_ body: [UInt8]) throws {
        let (descriptor, port) = try RawConnection.listeningDescriptor()
        self.port = port
        RawConnection.serve(descriptor) { [self] connection in
            defer { close(connection) }
            var request = [UInt8](repeating: 0, count: 65_536)
            guard recv(connection, &request, request.count, 0) > 0 else { return }
            let isBusy = calls.withLock { calls in
                calls += 1
                return !calls.isMultiple(of: 2)
            }
            let answer = isBusy ? CannedServer.response("503 Busy") : CannedServer.response("200 OK", body)
            _ = answer.withUnsafeBytes { send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        }
    }
}
