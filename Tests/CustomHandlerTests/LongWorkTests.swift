import Foundation
import FunctionsModel
import Log
import Lua
import TestSupport
import Testing

@testable import CustomHandler

/// Tests that luafunc's own modules process long texts in steps and in linear time.
@Suite struct LongWorkTests {
    private static let size = 256 << 10

    /// Lua code that works on `text`, a text of `size` bytes.
    @Test(arguments: [
        "require('base64').encode(text)", "require('base64').encodeURL(text)", "require('base64').decode(text)",
        "require('base64').decodeURL(text)", "require('crypto').sha256(text)", "require('crypto').sha512(text, 'raw')",
        "require('crypto').hmac('sha256', 'key', text)", "require('crypto').equal(text, text)",
        "require('crypto').md5(text)", "require('crypto').sha1(text)",
        "require('crypto').aesGcm.seal(('k'):rep(32), text)", "require('crypto').aesGcm.open(('k'):rep(32), text)",
        "require('crypto').sign('ES256', key, text)", "require('crypto').verify('ES256', key, text, ('s'):rep(64))",
        "require('crypto').pbkdf2 { password = '', salt = '', iterations = 9000, hash = 'sha512' }",
        "require('crypto').equal(text, 'x')", "require('url').encode(text)", "require('url').decode(text)",
        "require('json').encode(text)", "require('json').encode({ text, { text } })",
        "require('json').encode({ text, { text } }, { pretty = true })",
        "(function() local t = {} for i = 1, 1e5 do t['k' .. i] = i end require('json').encode(t, { sorted = true }) end)()",
        "(function() local t = {} for i = 1, 20 do t[text .. i] = 1 end require('json').encode(t, { sorted = true }) end)()",
        "require('json').decode('[\"' .. text .. '\"]')", "require('json').decode('[' .. ('[],'):rep(1e5) .. '1]')",
        "io.write(text, '\\n', text)", "io.write((('x'):rep(99) .. '\\n'):rep(#text // 100))",
        "io.stderr:write(('\\n'):rep(#text))",
        "request('{\"a\":\"' .. text .. '\"}'):json()",
        "request('a=' .. text):form()", "request(('a=b&'):rep(#text // 4)):form()", "request(('&'):rep(#text)):form()",
        "request(('='):rep(#text)):form()", "request(('%41'):rep(#text // 3)):form()",
        "request('--b\\r\\nContent-Disposition: form-data; name=a\\r\\n\\r\\n' .. text .. '\\r\\n--b--', 'multipart/form-data; boundary=b'):form()",
        "request('--b\\r\\n' .. ('\\r'):rep(#text) .. '\\r\\n--b--', 'multipart/form-data; boundary=b').form",
        "request('--b\\r\\n\\r\\n' .. ('\\r\\n--'):rep(#text // 4) .. '\\r\\n--b--', 'multipart/form-data; boundary=b'):form()",
    ])
    func `the limits are checked at least every 64 KB`(_ code: String) throws {
        let vm = try Self.vm()
        let result = try Self.run(code, in: vm)
        #expect(result == "done", "\(code): \(result)")
        #expect(vm.lua.limitChecks.longest <= Stretch.bytes, "\(code)")
        if !code.hasSuffix(".form") { #expect(vm.lua.limitChecks.bytes >= Self.size / 5, "\(code)") }
    }

    @Test(arguments: [
        "require('base64').encode(text)", "require('crypto').aesGcm.seal(('k'):rep(32), text)",
        "require('url').encode(('+'):rep(#text))", "require('json').encode(text)",
        "require('json').encode({ text, text })", "request('a=' .. text):form()", "error(setmetatable({ text }, nil))",
        "local t = { text } for i = 1, 60 do t = { t, t } end require('http').post('http://127.0.0.1:1/', t)",
        "local t = { text } for i = 1, 60 do t = { t, t } end require('json').encode(t)",
        "local t = {} for i = 1, 60 do t = { t } end local u = {} for i = 1, 2000 do u[i] = t end require('json').encode(u, { pretty = true })",
        "local t = {} for i = 1, 2000 do t[i] = {} end for i = 1, 6 do t = { t, t } end require('json').encode(t, { sorted = true })",
    ])
    func `the result of long work counts against the memory limit while it grows`(_ code: String) throws {
        let vm = try Self.vm(memoryLimit: "1MB")
        let before = vm.lua.memoryUsed
        let result = try Self.run("text = text:rep(2) \(code) collectgarbage 'count'", in: vm)
        #expect(
            result.contains("not enough memory") || result.contains("more than the function's 1 MB")
                || code.hasPrefix("error"), "\(code): \(result)")
        vm.lua.collectGarbage()
        #expect(vm.lua.memoryUsed < before + (200 << 10), "\(code)")
    }

    @Test(arguments: [
        (" a=1; b = 2 ;c=3", "a", "1"), (" a=1; b=2 ;c=3", "b", "2"), ("a=1; b=2;c=3", "c", "3"),
        ("a=x=y; b", "a", "x=y"), ("a=1; a=2", "a", "1"), ("a=", "a", ""), ("a=\t1 \t;", "a", "\t1"),
    ])
    func `a cookie is read from its header`(_ header: String, _ name: String, _ value: String) {
        let found = CookieReader.find(Array(name.utf8), in: header.utf8Span.span.bytes)
        #expect(found == Array(value.utf8))
    }

    @Test(arguments: ["", ";", "a", "=", "a;b", " ", "b=1"])
    func `no cookie is found if the header does not have it`(_ header: String) {
        #expect(CookieReader.find(Array("a".utf8), in: header.utf8Span.span.bytes) == nil)
    }

    @Test(arguments: [
        ("form-data; name=\"a b\"; filename=c.txt", "name", "a b"),
        ("form-data; name=\"a b\"; filename=c.txt", "filename", "c.txt"),
        ("form-data;name=a", "name", "a"), ("form-data; NAME=a", "name", "a"),
        ("form-data; filename=\"x; name=y\"; name=z", "name", "z"), ("form-data; name=\"open", "name", "open"),
    ])
    func `a parameter is read from its header`(_ header: String, _ name: String, _ value: String) {
        #expect(HeaderParameter.find(name, in: Array(header.utf8)) == Array(value.utf8))
    }

    @Test func `the size of a part's head is limited`() throws {
        let vm = try Self.vm()
        let code = """
            request('--b\\r\\nX: ' .. ('x'):rep(20000) .. '\\r\\n\\r\\n1\\r\\n--b--', 'multipart/form-data; boundary=b'):form()
            """
        #expect(
            try Self.run(code, in: vm).contains("the head of a part of the multipart body is longer than 16 KB"))
    }

    @Test(arguments: [
        "--b", "--bxyz", "--b\\r", "--b\\r\\nX", "x\\r\\n--b", "--b' .. (' '):rep(20000) .. '\\r\\n\\r\\n--b--",
        "--b\\r\\n\\r\\n1\\r\\n--b", "", "--", "-",
    ])
    func `a multipart body without its end is refused immediately`(_ body: String) throws {
        let vm = try Self.vm()
        let reply = try Self.run("request('\(body)', 'multipart/form-data; boundary=b'):form()", in: vm)
        #expect(reply.contains("is cut off"), "\(reply)")
    }

    @Test func `a cookie header of 60 KB without a match takes little time`() throws {
        let vm = try Self.vm()
        let code = """
            local req = request("", "text/plain")
            req.Headers = { Cookie = ((" "):rep(60) .. "\\t"):rep(1000) }
            assert(req:cookie "a" == nil)
            req.Headers.Cookie = ("a"):rep(61000)
            assert(req:cookie "a" == nil)
            """
        #expect(try Self.run(code, in: vm) == "done")
    }

    @Test func `base64 is read as the previous decoder did`() {
        for text in ["", "AA==", "AAA=", "AAAA", "A A\r\nA\tA", "/+8="] {
            #expect(Base64.decode(text) != nil, "\(text)")
        }
        for text in ["A", "AA", "AAA", "A===", "AA=A", "====", "A-_A", "é", "AAAA="] {
            #expect(Base64.decode(text) == nil, "\(text)")
        }
        for length in 0..<100 {
            let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 37) }
            #expect(Base64.decode(Base64.encode(bytes)) == bytes)
        }
    }

    // MARK: -

    private static func vm(memoryLimit: String = "64MB") throws -> FunctionVM {
        let app = try TemporaryApp([
            "f/function.json":
                #"{ "bindings": [ { "name": "req", "type": "httpTrigger" }, { "name": "res", "type": "http", "direction": "out" } ], "lua": { "memoryLimit": "\#(memoryLimit)" } }"#,
            "f/handler.lua": "return print",
        ])
        let loaded = try AppLoader(.folder(app.folder.path), settings: [:]).load()
        let function = try #require(loaded.list.first)
        return try FunctionVM(
            pool: FunctionPool(
                function, files: loaded.files, timeLimit: Deadline.Limit(nil, .host), dismantle: { _ in }),
            options: InvocationOptions(logger: .silent))
    }

    /// Runs code as the body of a handler. Returns its error, or `done`.
    private static func run(_ code: String, in vm: FunctionVM) throws -> String {
        let execution = Execution(nil, on: vm, deadline: Deadline(Deadline.Limit(nil, .host)))
        let task = ScriptTask(.handler, vm.lua.makeThread(), of: execution, arguments: 1)
        let stack = task.thread.stack
        let script = """
            local new = ...
            local text = ("A"):rep(\(size))
            local key = [[\(TestKeys.ec)]]
            local function request(body, kind)
                return new({ Body = body, Headers = { ["Content-Type"] = kind or "application/x-www-form-urlencoded" } })
            end
            local _ = \(code.hasPrefix("local") || code.hasPrefix("error") || code.hasPrefix("text =") || code.hasPrefix("print") ? "nil " : "")\(code)
            """
        try stack.load(script.utf8Span.span.bytes, name: "=test")
        stack.push(function: "new") { stack throws(LuaError) in
            stack.setMetatable(at: 1, vm.metatables.request)
            return 1
        }
        var step = vm.resume(task)
        loop: while true {
            switch step {
            case .preempted: break
            case .needsMemory:
                vm.lua.collectGarbage()
                if vm.lua.isFull { return "not enough memory" }
            default: break loop
            }
            step = vm.resume(task)
        }
        defer { vm.giveBack(task) }
        switch step {
        case .failed:
            let stack = task.thread.stack
            guard stack.type(at: -1) == .table else { return task.thread.failure().message }
            stack.pushField("body", of: -1)
            return stack.string(at: -1) ?? task.thread.failure().message
        default: return "done"
        }
    }
}
