import Foundation
import HTTP1
import JSON
import LoopTesting
import TestSupport
import Testing

@testable import CustomHandler

/// The client of `require "http"` against servers that fail, redirect, stream and stall.
@Suite struct OutboundTests {
    // MARK: Headers, URLs and redirects

    @Test(arguments: [
        "return http.get(url .. '/echo/a').body:find('\\r\\nUser%-Agent: luafunc/%d')",
        "local _, n = http.get(url .. '/echo/a', { headers = { ['user-agent'] = 'own' } }).body:gsub('[Uu]ser%-[Aa]gent: ', '') return n == 1",
        "return not http.get(url .. '/echo/a', { headers = { ['User-Agent'] = '' } }).body:lower():find('user%-agent')",
        "local body = http.get(url .. '/echo/a', { headers = { a = { 'x', 1, 2.5, true }, b = false, c = 7 } }).body return body:find('a: x\\r\\na: 1\\r\\na: 2.5\\r\\na: true\\r\\n') and body:find('b: false') and body:find('c: 7')",
        "return http.get((url:gsub('//', '//user:p%%40ss%%2F@')) .. '/echo/a').body:find('Authorization: Basic dXNlcjpwQHNzLw==', 1, true)",
        // The same origin keeps the credentials; another one, here by the other name of the same host, does not.
        "local port = url:match('%d+$') return http.get((url:gsub('//', '//u:p@')) .. '/go/302/a/to/echo/b').body:find('Authorization: Basic')",
        "return http.get(url .. '/echo/a', { headers = { a = ('x'):rep(65000), b = {} } }).body:find(('x'):rep(65000), 1, true)",
        "return http.get(url .. '/hops/5/a').body == 'here'",
        "local r, m, kind = http.get(url .. '/hops/6/a') return kind == 'redirect' and m:find('too many redirects %(more than 5%)$')",
        "return http.get(url .. '/hops/6/a', { follow = 6 }).body == 'here' and http.get(url .. '/hops/5/a', { follow = true }).body == 'here'",
        "local r, m, kind = http.get(url .. '/hops/2/a', { follow = 1 }) return kind == 'redirect'",
        "return http.get(url .. '/hops/2/a', { follow = 0 }).status == 302 and http.get(url .. '/hops/2/a', { follow = false }).status == 302",
        "local r, m, kind, details = http.get('file:///etc/passwd') return r == nil and m == \"file:///etc/passwd: the scheme 'file' is not supported; use http or https\" and kind == 'url' and details.attempts == 0",
        "local r, m, kind = http.get('unix:/run/docker.sock') return kind == 'url' and m:find(\"the scheme 'unix' is not supported; use http or https\", 1, true)",
        "local r, m, kind = http.get('localhost:7071/api') return kind == 'url' and m:find('it has no scheme; write http:// or https:// in front', 1, true)",
        "local r, m, kind = http.get('http://localhost:65536/') return kind == 'url' and m:find(\"the port '65536' is not a number from 1 to 65535\", 1, true)",
        "local r, m, kind = http.get('http://localhost:0/') return kind == 'url'",
        "local r, m, kind = http.get('http://[::1/') return kind == 'url'",
        "local r, m, kind = http.get('http://[::1]:1/') return kind == 'connect' and m:find('^http://%[::1%]:1/: ')",
        "local r, m, kind = http.get('http://müller.example/') return kind == 'url' and m:find('xn%-%-')",
        "local r, m, kind = http.get('http://localhost/\\r\\nHost: evil') return kind == 'url' and m:find('control character')",
        "return http.get(url .. '/echo/ü x').body:find('^GET /echo/%%C3%%BC%%20x HTTP')",
        // Nothing that may be secret is in a message.
        "local r, m, kind, details = http.get('http://user:secret@127.0.0.1:1/a?code=secret') return kind == 'connect' and m:find('^http://127.0.0.1:1/a%?…: ') and not m:find('secret') and details.url == 'http://127.0.0.1:1/a?…' and details.attempts == 1",
        "local r, m, kind, details = http.get('https://user:se/cret@host/?code=secret') return kind == 'url' and not m:find('cret') and not details.url:find('cret') and m:find('write / as %2F', 1, true)",
        "local r, m = http.get('ftp://user:secret@host/') return not m:find('secret')",
    ])
    func `headers, credentials and redirects are sent as documented`(_ code: String) async throws {
        #expect(try await Self.run(code) == "true")
    }

    @Test func `credentials do not follow a redirect to another origin`() async throws {
        let other = try UpstreamServer()
        let server = try CannedServer([
            "/": CannedServer.response("307 Go\r\nLocation: http://127.0.0.1:\(other.port)/echo/x")
        ])
        let code = """
            local r = http.get("http://user:pass@127.0.0.1:\(server.port)/", { headers = {
                authorization = "a", Cookie = "b", ["proxy-authorization"] = "c", ["x-own"] = "d" } })
            local body = r.body:lower()
            return body:find("x-own: d", 1, true) and not body:find("authorization") and not body:find("cookie")
            """
        #expect(try await Self.run(code) == "true")
    }

    // MARK: Connections that the server has closed

    @Test(arguments: ["get", "head", "put", "delete", "options", "trace"])
    func `a kept connection that the server has closed is replaced for an idempotent method`(
        _ method: String
    ) async throws {
        let code = """
            for i = 1, 3 do
                local r, m = http.request { url = url .. "/once/\(method)", method = "\(method)" }
                if not r then return m end
            end
            return true
            """
        #expect(try await Self.run(code) == "true")
    }

    @Test(arguments: ["http.post(url .. '/once/x', 'x')", "http.put(url .. '/once/x', coroutine.wrap(function() end))"])
    func `a POST or a body in pieces on such a connection is not sent again`(_ request: String) async throws {
        // The pool of connections must have only the one of this test.
        let (app, files) = try await ScriptedApp.make()
        let server = try UpstreamServer()
        let reply = try await ScriptedApp.run(
            """
            assert(http.get(url .. "/once/x"))
            local r, m, kind = \(request)
            return tostring(r) .. " " .. kind
            """, in: app, url: "http://127.0.0.1:\(server.port)")
        #expect(reply == "nil network" && server.count("/once/x") == 2)
        withExtendedLifetime(files) {}
    }

    // MARK: Retry

    @Test(arguments: [
        ("{ attempts = 3, delay = 0 }", "503/503/200", "200", 3),
        ("{ delay = 0 }", "503/429/200", "200", 3),
        ("{ attempts = 2, delay = 0 }", "503/503/200", "503", 2),
        ("{ attempts = 1 }", "503/200", "503", 1),
        ("{ delay = 0 }", "500/200", "500", 1),
        ("{ delay = 0, on = { 500 } }", "500/200", "200", 2),
        ("{ delay = 0, on = { 'timeout' } }", "503/200", "503", 1),
        ("{ delay = 0 }", "0/200", "200", 2),
        ("{ delay = 0, attempts = 2 }", "0/0/200", "network 2", 2),
        ("{ delay = 0, on = { 503 } }", "0/200", "network 1", 1),
        ("{ delay = 0 }", "503+0/200", "200", 2),
        // The server wants more time than the script allows.
        ("{ delay = 0, maxDelay = 1 }", "503+2/200", "503", 1),
        // The wait would pass the invocation's deadline.
        ("{ delay = 1000, maxDelay = 1000 }", "503/200", "503", 1),
        ("{ delay = 0, maxDelay = 5000 }", "503+4000/200", "503", 1),
        ("{ delay = 0.01, backoff = 1, attempts = 4 }", "504/502/408/200", "200", 4),
    ])
    func `a request is tried again as retry says`(
        _ retry: String, _ statuses: String, _ result: String, _ requests: Int
    ) async throws {
        let server = try UpstreamServer()
        for options in ["", ", stream = true"] {
            let path = "/then/\(statuses)/r\(options.count)"
            let code = """
                local r, m, kind, details = http.post(url .. "\(path)", "body", { retry = \(retry)\(options) })
                return r and tostring(r.status) or kind .. " " .. details.attempts
                """
            let reply = try await Self.text(code, url: "http://127.0.0.1:\(server.port)")
            #expect(reply == result && server.count(path) == requests, "\(reply) \(server.count(path))")
        }
    }

    @Test(arguments: [
        ("5", "retry must be a table such as"), ("{ attempt = 2 }", "no option 'attempt' (did you mean 'attempts'?)"),
        ("{ attempts = 0 }", "retry.attempts must be a whole number from 1 to 100; it includes the first attempt"),
        ("{ attempts = 1.5 }", "retry.attempts must be a whole number"),
        ("{ delay = -1 }", "retry.delay must be seconds"),
        ("{ delay = 0/0 }", "retry.delay must be seconds"), ("{ backoff = 0.5 }", "retry.backoff must be a factor"),
        ("{ maxDelay = '1' }", "retry.maxDelay must be seconds"),
        ("{ delay = 3, maxDelay = 2 }", "retry.delay must not be greater than retry.maxDelay"),
        ("{ on = 503 }", "retry.on must be a list"),
        ("{ on = { 42 } }", "retry.on cannot contain 42; it lists statuses"),
        ("{ on = { 'timeouts' } }", "retry.on cannot contain 'timeouts' (did you mean 'timeout'?)"),
        ("{ on = { {} } }", "retry.on cannot contain table"),
    ])
    func `wrong words of a retry are reported`(_ retry: String, _ message: String) async throws {
        let code = "return select(2, pcall(http.get, url, { retry = \(retry) })):find([[\(message)]], 1, true)"
        #expect(try await Self.run(code) == "true")
    }

    @Test func `a failure has details`() async throws {
        let code = """
            local r, m, kind, details = http.get(url .. "/broken/details", { retry = { attempts = 2, delay = 0 } })
            return kind == "network" and details.status == 200 and details.attempts == 2
                and details.url == url .. "/broken/details"
            """
        #expect(try await Self.run(code) == "true")
    }

    // MARK: Misuse

    @Test(arguments: [
        ("http.request(url)", "http.request takes a table such as { url = \"https://example.com/\" }"),
        ("http.get { url = url }", "http.get takes a url and then options; pass the table to http.request"),
        ("http.post { url = url }", "http.post takes a url and then options; pass the table to http.request"),
        (
            "http.get(url, { follow = -1 })",
            "follow must be true, false, or the number of redirects to follow, from 0 to 50"
        ),
        ("http.get(url, { follow = 1.5 })", "follow must be true, false"),
        ("http.get(url, { follow = 'yes' })", "follow must be true, false"),
        ("http.get(url, { stream = 1 })", "stream must be true or false"),
        ("http.get(url, { streams = true })", "no option 'streams' (did you mean 'stream'?)"),
        ("http.post(url, print, { retry = {} })", "retry does not work with a function as the body"),
        ("http.get(url, { headers = { a = { 'x', {} } } })", "the header 'a' must be text, not table"),
        ("http.get(url, { headers = { a = 'x\\r\\nb: c' } })", "the header 'a' cannot contain line breaks"),
        ("http.get(url .. ('x'):rep(65536))", "http.get: a url may have at most 64 KB"),
        (
            "http.get(url, { headers = { a = ('x'):rep(40000), b = ('x'):rep(40000) } })",
            "http.get: a request has at most 256 headers, and 64 KB in all"
        ),
        ("http.get(url, { headers = { [('a'):rep(65537)] = {} } })", "at most 256 headers, and 64 KB in all"),
        (
            "(function() local t = {} for i = 1, 20000 do t['a' .. i] = {} end http.get(url, { headers = t }) end)()",
            "at most 256 headers, and 64 KB in all"
        ),
        (
            "(function() local t = {} for i = 1, 257 do t[i] = i end http.get(url, { headers = { a = t } }) end)()",
            "at most 256 headers, and 64 KB in all"
        ),
        (
            "http.get(url, { headers = { [('a'):rep(30000)] = { 1, 2, 3 } } })",
            "at most 256 headers, and 64 KB in all"
        ),
        (
            "http.post(url, print, { headers = { ['content-length'] = 'x' } })",
            "the header 'content-length' must be the number"
        ),
        ("http.get(url .. '/known'):chunks()", "send the request with stream = true"),
        ("http.get(url .. '/known', { stream = true }):json()", "read it with response:chunks()"),
    ])
    func `misuse is reported with its place`(_ code: String, _ message: String) async throws {
        let whole = """
            local ok, e = pcall(function()
            local r = \(code) return r end)
            return not ok and e:find(":2: ", 1, true) and e:find([[\(message)]], 1, true) and true or tostring(e)
            """
        #expect(try await Self.run(whole) == "true")
    }

    // MARK: Bodies in pieces

    @Test(arguments: [
        "local n = 0 local r = http.post(url .. '/echo/a', function() n = n + 1 if n < 4 then return 'p' .. n end end) return r.body:find('[Tt]ransfer%-[Ee]ncoding: chunked') and r.body:find('\\r\\n\\r\\np1p2p3$')",
        "return http.post(url .. '/echo/a', coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) task.sleep(0.001) coroutine.yield('') end end)).body:find('\\r\\n123$')",
        "return http.post(url .. '/echo/a', function() end).body:find('\\r\\n\\r\\n$')",
        "local n = 0 local r = http.put(url .. '/echo/a', function() n = n + 1 if n < 3 then return 'abc' end end, { headers = { ['content-length'] = 6 } }) return r.body:find('[Cc]ontent%-[Ll]ength: 6') and not r.body:find('chunked') and r.body:find('abcabc$')",
        "return http.post(url .. '/echo/a', function() end, { headers = { ['content-length'] = 0 } }).body:find('[Cc]ontent%-[Ll]ength: 0\\r\\n')",
        "local ok, e = pcall(http.post, url .. '/echo/a', function() return 'abc' end, { headers = { ['content-length'] = 4 } }) return not ok and e:find('returned more than the 4 bytes of its content%-length')",
        "local n = 0 local ok, e = pcall(http.post, url .. '/echo/a', function() n = n + 1 if n == 1 then return 'abc' end end, { headers = { ['content-length'] = 4 } }) return not ok and e:find('ended before the 4 bytes of its content%-length')",
        "local ok, e = pcall(http.post, url .. '/echo/a', function() error({ code = 7 }) end) return not ok and e.code == 7",
        "local ok, e = pcall(http.post, url .. '/echo/a', function() return {} end) return not ok and e:find('returned a table; only text can be sent')",
        // The pieces may come from another request.
        "local r = http.get(url .. '/pieces/a', { stream = true }) return http.post(url .. '/echo/a', r:chunks()).body:find('onetwothree$')",
        // Twenty times what a socket takes at once.
        "local n = 0 local piece = ('x'):rep(100000) local r = http.post(url .. '/echo/a', function() n = n + 1 if n <= 40 then return piece end end) return #r.body > 4000000",
        // Never sent a second time.
        "local n = 0 local r = http.post(url .. '/go/307/a/to/echo/a', function() n = n + 1 if n == 1 then return 'x' end end) return r.status == 307 and r.headers.location == '/echo/a'",
        "local n = 0 local r = http.post(url .. '/go/303/a/to/echo/a', function() n = n + 1 if n == 1 then return 'x' end end) return r.status == 200 and r.body:find('^GET /echo/a')",
        // An early response ends the sending.
        "local n = 0 local r, m = http.post(url .. '/refuse/a', function() n = n + 1 assert(n < 10000) return ('x'):rep(10000) end) return r and r.status == 413 and r.body == 'too large' or m",
        "local n = 0 local r, m = http.post(url .. '/early/a', function() n = n + 1 assert(n < 100000) return ('x'):rep(10000) end) return r and r.status == 200 and r.body:find('^GET /echo/a HTTP/1.1\\r\\n') and not r.body:find('xxx') or m",
        "local r, m, kind = http.post('http://127.0.0.1:1/', function() return 'x' end) return r == nil and kind == 'connect'",
        "local r, m, kind = http.post('nothing', function() return 'x' end) return r == nil and kind == 'url'",
        "local r, m, kind = http.post(url .. '/silent/a', function() return ('x'):rep(1000000) end, { timeout = 0.2 }) return r == nil and kind == 'timeout' or kind == nil",
        "local n = 0 local r, m, kind = http.post(url .. '/silent/b', function() n = n + 1 if n == 1 then return 'x' end end, { timeout = 0.05 }) return r == nil and kind == 'timeout'",
        // The time of the function itself does not count.
        "local n = 0 local r, m = http.post(url .. '/echo/a', function() n = n + 1 if n < 4 then task.sleep(0.15) return 'x' end end, { timeout = 0.3 }) return r and r.body:find('xxx$') or m",
    ])
    func `a function may be the body of a request`(_ code: String) async throws {
        #expect(try await Self.run(code) == "true")
    }

    @Test(arguments: [
        "local r = http.get(url .. '/pieces/a', { stream = true }) local t = {} for piece in r:chunks() do t[#t + 1] = piece end return r.status == 200 and r.headers['X-ONE'] == '1' and table.concat(t) == 'onetwothree'",
        "local r = http.get(url .. '/pieces/a', { stream = true }) for _ in r:chunks() do end local n = 0 for _ in r:chunks() do n = n + 1 end return n == 0",
        "local r = http.get(url .. '/pieces/a', { stream = true }) local next = r:chunks() local text = '' for piece in next do text = text .. piece end return next() == nil and text == 'onetwothree'",
        "local r = http.get(url .. '/known/a', { stream = true }) return r.headers['content-length'] == nil and r:values('content-length')[1] == '5' and r:chunks()() == 'known'",
        "local r = http.get(url .. '/broken/a', { stream = true }) local t = {} local ok, e = pcall(function()\n for piece in r:chunks() do t[#t + 1] = piece end end) return not ok and table.concat(t) == 'half' and e:find('^[^?]+:2: http://127.0.0.1:%d+/broken/a: the connection ended before the response was complete') and true or e",
        "local r = http.get(url .. '/stuck/a', { stream = true, timeout = 1 }) local ok, e = pcall(function() for piece in r:chunks() do end end) return not ok and e:find('in time') and true or e",
        "local r, m, kind = http.get(url .. '/silent/a', { stream = true, timeout = 0.05 }) return r == nil and kind == 'timeout'",
        "local r, m, kind = http.get('http://127.0.0.1:1/', { stream = true }) return r == nil and kind == 'connect'",
        // The script decides how much it takes; the time between two pieces does not count.
        "local r = http.get(url .. '/flood/a', { stream = true, timeout = 1 }) local n = 0 for piece in r:chunks() do n = n + #piece task.sleep(0.1) if n > 1000000 then break end end r:close() return n > 1000000",
        "local r = http.get(url .. '/flood/a', { stream = true, limit = 300000 }) local ok, e = pcall(function() for piece in r:chunks() do end end) return not ok and e:find('larger than 300000 bytes')",
        "local n = 0 do local r <close> = http.get(url .. '/flood/a', { stream = true }) for piece in r:chunks() do n = n + 1 break end end return n == 1",
        "local r = http.get(url .. '/flood/a', { stream = true }) r:close() r:close() return r:chunks()() == nil",
        "local r = http.get(url .. '/bomb/a', { stream = true }) local n = 0 for piece in r:chunks() do n = n + #piece end return n == 1 + 40000 * 258",
        // One buffer of the decompression more than 64 KB.
        "local most = 0 for piece in http.get(url .. '/bomb/a', { stream = true }):chunks() do most = math.max(most, #piece) end return most <= 80 << 10 or most",
        "local r, m, kind = http.get(url .. '/bomb/a', { limit = 1000000 }) return r == nil and kind == 'limit'",
        "local r = http.get(url .. '/bomb/a') return #r.body == 1 + 40000 * 258 and r.headers['content-encoding'] == nil and r.headers['content-length'] == nil",
        "local r = http.get(url .. '/missing', { stream = true }) return r.status == 404 and r:chunks()() == nil",
        // Abandoned streams end with the invocation.
        "for i = 1, 20 do http.get(url .. '/flood/a', { stream = true }) end return true",
        "local r = http.request { url = url .. '/pieces/a', method = 'HEAD', stream = true } return r.status == 200 and r:chunks()() == nil",
        "local r = http.get(url .. '/stuck/a', { stream = true }) local ok = pcall(task.all, { function() for _ in r:chunks() do end end, function() task.sleep(0.02) error('x') end }) return not ok",
    ])
    func `a response may be read piece by piece`(_ code: String) async throws {
        let text = try await Self.run(code)
        #expect(text == "true", "\(text)")
    }

    @Test func `a stream of another invocation cannot be read`() async throws {
        let (app, files) = try await ScriptedApp.make()
        let url = "http://127.0.0.1:\(try await UpstreamServer.shared.value.port)"
        let first = try await ScriptedApp.run(
            "kept = http.get(url .. '/stuck/kept', { stream = true }) return 'x'", in: app, url: url)
        #expect(first == "x")
        let reply = try await ScriptedApp.run(
            "local m = select(2, pcall(kept:chunks())) kept:close() return m", in: app, url: url)
        #expect(reply.contains("its response was closed or belongs to another invocation"), "\(reply)")
        withExtendedLifetime(files) {}
    }

    @Test(.timeLimit(.minutes(2)))
    func `streams that are left open end with the invocation`() async throws {
        let (app, files) = try await ScriptedApp.make()
        let server = try UpstreamServer()
        let code = """
            for i = 1, 3 do kept = http.get(url .. "/flood/left", { stream = true }) end
            return "left"
            """
        let reply = try await ScriptedApp.run(code, in: app, url: "http://127.0.0.1:\(server.port)")
        #expect(reply == "left")
        var left = 0
        for await _ in server.ends {
            left += 1
            if left == 3 { break }
        }
        withExtendedLifetime(files) {}
    }

    @Test func `a streamed response passes through to the caller`() async throws {
        let files = try TemporaryApp([
            "functions/pass/function.json": TemporaryApp.httpFunction,
            "functions/pass/handler.lua": """
            local http = require "http"
            return function(req)
                local name = req.req:query "kind"
                local r = assert(http.get(req.req:query "url", { stream = name == "stream" or name == "write" }))
                if name ~= "write" then return r end
                return { body = function(write) for piece in r:chunks() do write(piece) end end }
            end
            """,
        ])
        let app = try await InProcessHandler(root: files.folder.path, settings: InProcessHandler.forwarding)
        let url = "http://127.0.0.1:\(try await UpstreamServer.shared.value.port)"
        for kind in ["whole", "stream", "write"] {
            for path in ["pieces", "known", "bomb"] {
                let reply = try await app.request("/api/pass?kind=\(kind)&url=\(url)/\(path)/through")
                #expect(reply.status == 200 && reply.isComplete, "\(kind) \(path) \(reply.text.prefix(200))")
                #expect(reply.body.count == ["pieces": 11, "known": 5, "bomb": 1 + 40_000 * 258][path])
                #expect(!reply.headers.contains("content-encoding"))
            }
        }
        for kind in ["whole", "stream"] {
            let reply = try await app.request("/api/pass?kind=\(kind)&url=\(url)/cookies/through")
            #expect(
                reply.text == "ok" && reply.headers.values("x-a") == ["1, 2"]
                    && reply.headers.values("set-cookie")
                        == ["a=1; Path=/", "b=2; Expires=Wed, 21 Oct 2026 07:28:00 GMT"],
                "\(reply)")
        }
        // The caller must notice that the response broke off.
        let broken = try await app.request("/api/pass?kind=stream&url=\(url)/broken/through")
        #expect(broken.status == 200 && !broken.isComplete && broken.text == "half")
        // A payload gets the whole body at its end.
        let payload = try await InProcessHandler(root: files.folder.path)
        let query = #"{"Data":{"req":{"Url":"http://localhost/api/pass?kind=stream&url=\#(url)/pieces/through"}}}"#
        let reply = try await payload.invoke("pass", query)
        #expect(reply.text.contains(#""body":"onetwothree""#), "\(reply.text)")
        let cookies = try await payload.invoke("pass", query.replacing("pieces", with: "cookies"))
        #expect(cookies.text.contains("the host passes at most one Set-Cookie on from a payload"), "\(cookies.text)")
    }

    @Test(arguments: ["url = url .. long", "headers.a = long"])
    func `the URL and the headers of a request count against the memory limit`(_ code: String) async throws {
        let files = try TemporaryApp([
            "functions/many/function.json": """
            { "bindings": [ { "name": "req", "type": "httpTrigger" }, { "name": "res", "type": "http", "direction": "out" } ],
              "lua": { "timeLimit": "300s", "memoryLimit": "4MB" } }
            """,
            "functions/many/handler.lua": """
            local http, task = require "http", require "task"
            return function(data)
                local url, headers, long = data.req.Body .. "/silent/", {}, ("x"):rep(60000)
                \(code)
                for i = 1, 100 do task.spawn(function() http.get(url, { timeout = 20, headers = headers }) end) end
            end
            """,
        ])
        let app = try await InProcessHandler(root: files.folder.path)
        let url = "http://127.0.0.1:\(try await UpstreamServer.shared.value.port)"
        let reply = try await app.invoke("many", #"{"Data":{"req":{"Body":"\#(url)"}}}"#)
        #expect(reply.text.contains("not enough memory: the limit is 4 MB"), "\(reply.text)")
    }

    // MARK: -

    private static let app = Task { try await ScriptedApp.make() }

    /// `true` if the code returns a true value; otherwise what it returns.
    private static func run(_ code: String) async throws -> String {
        let url = "http://127.0.0.1:\(try await UpstreamServer.shared.value.port)"
        return try await text(
            "local r = (function() \(code) end)() if r == true or type(r) == 'number' then return 'true' end return tostring(r)",
            url: url)
    }

    private static func text(_ code: String, url: String) async throws -> String {
        try await ScriptedApp.run(code, in: app.value.0, url: url)
    }
}
