import EventLoop
import Foundation
import HTTP
import HTTP1
import JSON
import LoopTesting
import Synchronization
import TestSupport
import Testing

@testable import CustomHandler

/// Keys that are fetched from an issuer.
@Suite struct KeySetTests {
    private static let start = MonotonicTime(nanoseconds: 1_000_000_000_000)

    private static func keys(_ text: String) throws -> [VerificationKey] { try KeySet.keys(in: Array(text.utf8)) }

    private enum Seen: Equatable { case keys(Int), fetch, failed(String) }

    private static func ask(_ set: KeySet, _ seconds: Int, finds: Bool = true) -> Seen {
        switch set.answer(at: start + .seconds(seconds), { _ in finds }) {
        case .keys(let keys): .keys(keys.count)
        case .fetch: .fetch
        case .failed(let reason): .failed(reason)
        }
    }

    private static let one = #"{"keys":[\#(TestKeys.rsaJWK)]}"#

    @Test func `keys are fetched when they are old, and for an unknown id at most once a minute`() throws {
        var set = KeySet()
        #expect(Self.ask(set, 0) == .fetch)
        set.note(.success((try Self.keys(Self.one), .seconds(600))), at: Self.start)
        #expect(Self.ask(set, 0) == .keys(1))
        #expect(Self.ask(set, 0, finds: false) == .keys(1) && Self.ask(set, 59, finds: false) == .keys(1))
        #expect(Self.ask(set, 60, finds: false) == .fetch)
        #expect(Self.ask(set, 599) == .keys(1) && Self.ask(set, 600) == .fetch)
        // The unknown key is still unknown.
        set.note(.success((try Self.keys(Self.one), .seconds(600))), at: Self.start + .seconds(60))
        #expect(Self.ask(set, 61, finds: false) == .keys(1) && Self.ask(set, 120, finds: false) == .fetch)
        #expect(Self.ask(set, 659) == .keys(1) && Self.ask(set, 660) == .fetch)
    }

    @Test func `old keys are used for a day if they cannot be fetched again`() throws {
        var set = KeySet()
        set.note(.success((try Self.keys(Self.one), .seconds(600))), at: Self.start)
        set.note(.failure(KeySetError(reason: "down")), at: Self.start + .seconds(600))
        #expect(Self.ask(set, 601) == .keys(1) && Self.ask(set, 659) == .keys(1) && Self.ask(set, 660) == .fetch)
        set.note(.failure(KeySetError(reason: "down")), at: Self.start + .seconds(86_999))
        #expect(Self.ask(set, 86_999) == .keys(1))
        #expect(Self.ask(set, 87_000) == .failed("down"))
        #expect(Self.ask(set, 87_009) == .fetch)
    }

    @Test func `without keys a failure is not repeated for ten seconds`() {
        var set = KeySet()
        set.note(.failure(KeySetError(reason: "down")), at: Self.start)
        #expect(Self.ask(set, 9) == .failed("down") && Self.ask(set, 10) == .fetch)
    }

    @Test(arguments: [(0, 300), (299, 300), (1000, 1000), (86_400, 86_400), (1_000_000, 86_400)])
    func `the age that the issuer allows counts within bounds`(_ age: Int, _ used: Int) throws {
        var set = KeySet()
        set.note(.success((try Self.keys(Self.one), .seconds(age))), at: Self.start)
        #expect(Self.ask(set, used - 1) == .keys(1) && Self.ask(set, used) == .fetch)
    }

    @Test(arguments: [
        ("max-age=86400, private", 86_400), ("private,MAX-AGE=5", 5), ("max-age=-1", 0), ("max-age=x", 3600),
        ("", 3600),
        ("no-store, max-age=5000", 300), ("max-age=99999999999999999999", 3600), ("max-age=9999999999999", 1 << 30),
    ])
    func `the age is read from the header`(_ value: String, _ seconds: Int) {
        #expect(KeySet.age(["cache-control": value]) == .seconds(seconds))
    }

    @Test(arguments: [
        (one, 1), (#"{"keys":[]}"#, 0),
        (#"{"keys":[1,null,{},"x",{"kty":"RSA"},{"kty":"OKP"},{"kty":"oct","k":"AA"}]}"#, 1),
        (
            #"{"keys":[{"kty":"RSA","use":"enc"},{"kty":"RSA","key_ops":["sign"]},{"kty":"EC","crv":"P-256"},{"kty":"EC","crv":"P-521"},{"kty":"RSA","kid":5}]}"#,
            1
        ),
        (#"{"keys":[\#(String(repeating: #"{"kty":"RSA"},"#, count: 500))1]}"#, 100),
    ])
    func `keys that cannot be used are left out`(_ text: String, _ count: Int) throws {
        #expect(try Self.keys(text).count == count)
    }

    @Test(arguments: [
        "", "[]", "{}", #"{"keys":{}}"#, "<html>", #"{"keys":[}"#, String(repeating: "[", count: 100_000),
    ])
    func `what is not a key set is an error`(_ text: String) {
        #expect(throws: KeySetError.self) { try Self.keys(text) }
    }

    /// Repeated text, its end, and the number of keys in it; nil if it is not a key set.
    @Test(
        arguments: [
            ("[", "", nil), ("{\"a\":", "", nil), ("[],", "0]}", 0), ("1,", "0]}", 0), ("\"\\u0041\",", "0]}", 0),
            ("{\"kty\":\"RSA\",\"n\":\"AA\"},", "0]}", KeySet.keyLimit),
        ] as [(String, String, Int?)])
    func `128 KB of anything are read in little time`(_ piece: String, _ end: String, _ count: Int?) {
        let start = "{\"keys\":["
        let room = KeySets.sizeLimit - start.utf8.count - end.utf8.count
        let text = start + String(repeating: piece, count: room / piece.utf8.count) + end
        var keys: [VerificationKey]?
        let time = ContinuousClock().measure { keys = try? Self.keys(text) }
        #expect(keys?.count == count)
        #expect(time < .seconds(15), "\(time)")
    }

    @Test func `sets are kept up to a number, and the first is dropped`() {
        var sent: [String] = []
        let sets = KeySets(userAgent: "luafunc/test") { request, _, _, ended in
            sent.append("\(request.url)")
            ended(.failure(.cancelled))
            return nil
        }
        for number in 0..<KeySets.limit + 1 { sets.fetch("https://issuer/\(number)") {} }
        #expect(sent.count == KeySets.limit + 1)
        if case .fetch = sets.answer(for: "https://issuer/0", { _ in true }) {} else { Issue.record("kept") }
        if case .failed = sets.answer(for: "https://issuer/1", { _ in true }) {} else { Issue.record("dropped") }
    }

    @Test func `those who need the same keys wait for one fetch`() {
        var ends: [(Result<Void, HTTPClientError>) -> Void] = []
        let sets = KeySets(userAgent: "luafunc/test") { _, _, _, ended in
            ends.append(ended)
            return nil
        }
        var done = 0
        for _ in 0..<10 { sets.fetch("https://issuer/") { done += 1 } }
        #expect(ends.count == 1 && done == 0)
        ends[0](.failure(.cancelled))
        #expect(done == 10)
        // One that was interrupted between asking and fetching comes too late for another fetch.
        sets.fetch("https://issuer/") { done += 1 }
        #expect(ends.count == 1 && done == 11)
    }

    // MARK: An issuer on loopback

    private static let headers = ["content-type": "application/json", "cache-control": "max-age=600"]

    private static func app(_ server: TLSServer) async throws -> (InProcessHandler, TemporaryApp) {
        let files = try TemporaryApp([
            "functions/eval/function.json": TemporaryApp.httpFunction,
            "functions/eval/handler.lua": """
            local jwt, task, keys, now = require "jwt", require "task", require "keys", math.floor(require "time".now())
            return function(data)
                local chunk = assert(load("local jwt, task, keys, now, url = ... " .. data.req.Body, "=script"))
                return { statusCode = 200, body = tostring(chunk(jwt, task, keys, now, data.req.Url)) }
            end
            """,
            "functions/brief/function.json": TemporaryApp.httpFunction.replacing(
                "{ \"bindings\"", with: "{ \"lua\": { \"timeLimit\": \"200ms\" }, \"bindings\""),
            "functions/brief/handler.lua": """
            local jwt, keys = require "jwt", require "keys"
            return function(data)
                return jwt.verify(jwt.sign({}, { key = keys.rsa }), { jwks = data.req.Url .. "/keys", issuer = "me" })
            end
            """,
            "lib/keys.lua": TestKeys.module, "roots.pem": String(decoding: server.certificate, as: UTF8.self),
        ])
        let handler = try await InProcessHandler(
            root: files.folder.path, settings: ["SSL_CERT_FILE": files.folder.path + "/roots.pem"])
        return (handler, files)
    }

    private static func run(_ code: String, in handler: InProcessHandler, url: String) async throws -> String {
        let request = JSONText.object([("Body", .text(code)), ("Url", .text(url))])
        let text = try await handler.invoke("eval", "{\"Data\":{\"req\":\(request)}}").text
        return try JSONTree.parse(text.utf8Span.span.bytes)["Outputs"]?["res"]?["body"]?.string ?? text
    }

    private static let token =
        "local function token(kid, key) return jwt.sign({ iss = 'me', aud = 'you', exp = now + 100 }, { key = key or keys.rsa, kid = kid }) end "
        + "local function verify(token, path) local c, m, k = jwt.verify(token, { jwks = url .. (path or '/keys'), issuer = 'me' }) return c and 'ok' or k .. ': ' .. m end "

    @Test func `the issuer's keys are fetched once for all, and not for every unknown id`() async throws {
        MainLoopThread.start()
        let set = #"{"keys":[\#(TestKeys.rsaJWK.replacing("{", with: #"{"kid":"one","#)),\#(TestKeys.ecJWK)]}"#
        let server = try await TLSServer { path in
            switch path {
            case "/keys":
                HTTPResponse(status: 200, contentType: "application/json", body: Array(set.utf8))
            case "/moved": HTTPResponse(status: 302, fields: ["location": "/keys"])
            case "/page": HTTPResponse(status: 200, text: "<html>")
            case "/large": HTTPResponse(status: 200, text: String(repeating: " ", count: KeySets.sizeLimit + 1))
            default: HTTPResponse(status: 404, text: "no")
            }
        }
        let (handler, files) = try await Self.app(server)
        let url = "https://localhost:\(await server.port)"
        let many =
            "local list = {} for i = 1, 20 do list[i] = function() return verify(token('one')) end end return table.concat(task.all(list), ' ')"
        async let first = Self.run(Self.token + many, in: handler, url: url)
        async let second = Self.run(Self.token + many, in: handler, url: url)
        let all = Array(repeating: "ok", count: 20).joined(separator: " ")
        #expect(try await first == all)
        #expect(try await second == all)
        #expect(await server.requests == ["/keys"])
        for (code, answer) in [
            ("verify(token('two'))", "key: there is no key with the id 'two' for RS256"),
            ("verify(token(nil))", "ok"), ("verify(token('any', keys.ec))", "ok"),
            (
                "verify((token('one'):gsub('%.(.)([^.]+)$', function(a, b) return '.' .. (a == 'A' and 'B' or 'A') .. b end)))",
                "signature"
            ),
        ] {
            let seen = try await Self.run("\(Self.token) return \(code)", in: handler, url: url)
            #expect(seen.contains(answer), "\(code): \(seen)")
        }
        #expect(await server.requests == ["/keys"])
        for (path, answer) in [
            ("/moved", "the answer has status 302, not 200"),
            ("/page", "the answer is not a JSON object with a list of keys"),
            ("/large", "the answer is larger than 128 KB"), ("/none", "status 404"),
            ("/none?code=SECRET", "status 404"),
        ] {
            for _ in 0..<2 {
                let seen = try await Self.run("\(Self.token) return verify(token(), '\(path)')", in: handler, url: url)
                let shown = url + path.replacing("code=SECRET", with: "…")
                #expect(
                    seen.hasPrefix("jwks: the keys at \(shown) cannot be fetched: ") && seen.contains(answer),
                    "\(seen)")
            }
        }
        #expect(await server.requests == ["/keys", "/moved", "/page", "/large", "/none", "/none?code=SECRET"])
        let unknown =
            "return jwt.verify(jwt.sign({}, { key = keys.rsa }), { jwks = 'https://localhost:1/', issuer = 'me' }) or select(3, jwt.verify(jwt.sign({}, { key = keys.rsa }), { jwks = 'https://localhost:1/', issuer = 'me' }))"
        #expect(try await Self.run(unknown, in: handler, url: url) == "jwks")
        // The script is read on first use, so the folder must outlive the calls.
        withExtendedLifetime(files) {}
        await handler.workers.shutdown()
        await server.close()
    }

    @Test func `a fetch goes on if the invocation that began it ends`() async throws {
        MainLoopThread.start()
        let server = try await TLSServer { _ in nil }
        let (handler, files) = try await Self.app(server)
        let url = "https://localhost:\(await server.port)"
        let payload = "{\"Data\":{\"req\":\(JSONText.object([("Url", .text(url))]))}}"
        for _ in 0..<2 {
            let reply = try await handler.invoke("brief", payload)
            #expect(reply.text.contains("the time limit of 0.2 seconds was exceeded"), "\(reply.text)")
        }
        async let seen = Self.run("\(Self.token) return verify(token())", in: handler, url: url)
        await server.isAsked()
        await server.release(
            HTTPResponse(status: 200, contentType: "application/json", body: Array(Self.one.utf8)))
        #expect(try await seen == "ok")
        #expect(await server.requests == ["/keys"])
        // Another fetch is under way when the workers end.
        _ = try await handler.invoke("brief", payload.replacing("https://localhost", with: "https://127.0.0.1"))
        await handler.workers.shutdown()
        await server.close()
        withExtendedLifetime(files) {}
    }

    @Test func `an issuer whose certificate is not trusted has no keys`() async throws {
        MainLoopThread.start()
        let (server, other) = (try await TLSServer(), try await TLSServer())
        let (handler, files) = try await Self.app(other)
        let seen = try await Self.run(
            "\(Self.token) return verify(token())", in: handler, url: "https://localhost:\(await server.port)")
        #expect(seen.hasPrefix("jwks: ") && seen.contains("not trusted"), "\(seen)")
        withExtendedLifetime(files) {}
        await handler.workers.shutdown()
        for server in [server, other] { await server.close() }
    }

    /// The recipe of docs/crypto.md, as it stands there, with this issuer's address.
    @Test func `the function in the documentation admits only callers with a token for it`() async throws {
        MainLoopThread.start()
        let set = #"{"keys":[\#(TestKeys.rsaJWK.replacing("{", with: #"{"kid":"one","use":"sig","#))]}"#
        let server = try await TLSServer { _ in
            HTTPResponse(status: 200, contentType: "application/json", body: Array(set.utf8))
        }
        let docs = try String(
            contentsOf: URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/crypto.md"),
            encoding: .utf8)
        let lua = docs.matches(of: #/```lua\n(.*?)```/#.dotMatchesNewlines()).map { String($0.1) }
        let recipe = try #require(lua.first { $0.contains("login.microsoftonline.com") })
        let url = "https://localhost:\(await server.port)"
        let files = try TemporaryApp([
            "functions/orders/function.json": TemporaryApp.httpFunction,
            "functions/orders/handler.lua": recipe.replacing("https://login.microsoftonline.com", with: url)
                .replacing(#"os.getenv "TENANT_ID""#, with: #""tenant""#)
                .replacing(#"os.getenv "CLIENT_ID""#, with: #""client""#),
            "functions/token/function.json": TemporaryApp.httpFunction,
            "functions/token/handler.lua": """
            local jwt, json, keys, time = require "jwt", require "json", require "keys", require "time"
            return function(data)
                local claims = json.decode(data.req.Body)
                claims.exp = math.floor(time.now()) + (claims.exp or 100)
                return { body = jwt.sign(claims, { key = keys.rsa, kid = "one" }) }
            end
            """,
            "lib/keys.lua": TestKeys.module, "roots.pem": String(decoding: server.certificate, as: UTF8.self),
        ])
        let handler = try await InProcessHandler(
            root: files.folder.path, settings: ["SSL_CERT_FILE": files.folder.path + "/roots.pem"])
        func body(_ text: String) throws -> (status: Int64, body: String) {
            let output = try JSONTree.parse(text.utf8Span.span.bytes)["Outputs"]?["res"]
            return (output?["statusCode"]?.integer ?? 200, output?["body"]?.string ?? text)
        }
        func call(_ claims: String?) async throws -> (status: Int64, body: String) {
            var headers = "{}"
            if let claims {
                let token = try body(try await handler.invoke("token", body: claims)).body
                headers = #"{"Authorization":"Bearer \#(token)"}"#
            }
            let payload = #"{"Data":{"req":{"Url":"http://localhost/","Method":"GET","Headers":\#(headers)}}}"#
            return try body(try await handler.invoke("orders", payload).text)
        }
        let issuer = "\(url)/tenant/v2.0"
        let good = try await call(
            #"{"iss":"\#(issuer)","aud":"api://client","name":"Ada","scp":"Orders.Read User.Read"}"#)
        #expect(good.status == 200 && good.body.contains("Ada"), "\(good)")
        let none = try await call(nil)
        #expect(none.status == 401, "\(none)")
        for (claims, status) in [
            (#"{"iss":"\#(issuer)","aud":"api://other","scp":"Orders.Read"}"#, 401),
            (#"{"iss":"\#(url)/other/v2.0","aud":"api://client","scp":"Orders.Read"}"#, 401),
            (#"{"iss":"\#(issuer)","aud":"api://client","scp":"Orders.Read","exp":-100}"#, 401),
            (#"{"iss":"\#(issuer)","aud":"api://client","scp":"Orders.ReadAll"}"#, 403),
            (#"{"iss":"\#(issuer)","aud":"api://client"}"#, 403),
        ] {
            let refused = try await call(claims)
            #expect(refused.status == status, "\(claims): \(refused)")
        }
        #expect(await server.requests == ["/tenant/discovery/v2.0/keys"])
        await handler.workers.shutdown()
        await server.close()
    }
}
