import Foundation
import JSON
import TestSupport
import Testing

@testable import CustomHandler

/// luafunc's own modules and `require`, as a script sees them.
@Suite struct ModuleTests {
    /// A Lua expression that must be true.
    @Test(arguments: [
        "require('json').encode({1, {a = 2}}) == '[1,{\"a\":2}]'",
        "require('json').decode('[1,null]')[2] == require('json').null",
        "tostring(require('json').null) == 'null'",
        "require('json').encode(require('json').array()) == '[]'",
        "require('json').encode(require('json').object({1, 2})):find('\"1\":1')",
        "require('json').encode(require('json').decode('{\"a\":[],\"b\":{}}').a) == '[]'",
        "select(2, pcall(require('json').decode, '[1,')):find('json.decode: line 1, column 4')",
        "select(2, pcall(require('json').encode, {a = {print}})):find('.a[1]: a function value', 1, true)",
        "select(2, pcall(require('json').decode)):find(\"bad argument #1 to 'decode' (string expected, got no value)\", 1, true)",
        "require('base64').encode('\\0\\255') == 'AP8='",
        "require('base64').decode('AP8=') == '\\0\\255'",
        "require('base64').encodeURL('\\255\\255\\190') == '__--' and require('base64').decodeURL('_w') == '\\255'",
        "not pcall(require('base64').decode, 'a b!')",
        "require('crypto').sha256('abc') == 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'",
        "#require('crypto').sha512('', 'raw') == 64 and #require('crypto').sha384('') == 96",
        "require('crypto').hmac('sha256', 'key', 'The quick brown fox jumps over the lazy dog') == 'f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8'",
        "#require('crypto').random(16) == 16 and require('crypto').random(16) ~= require('crypto').random(16) and require('crypto').random(0) == ''",
        "require('crypto').equal('a', 'a') and not require('crypto').equal('a', 'b') and not require('crypto').equal('a', 'aa') and not require('crypto').equal('', 'a') and require('crypto').equal('', '')",
        "select(2, pcall(require('crypto').hmac, 'md5', '', '')):find(\"no hash 'md5'\")",
        "require('uuid').v4():match('^%x+%-%x+%-4%x+%-[89ab]%x+%-%x+$') and require('uuid').v4() ~= require('uuid').v4()",
        "require('uuid').v7():match('^%x+%-%x+%-7%x+%-[89ab]%x+%-%x+$') and require('uuid').v7():sub(1, 8) <= require('uuid').v7():sub(1, 8)",
        "require('url').encode('a b/é~') == 'a%20b%2F%C3%A9~' and require('url').decode('a%20b%2F%zz+') == 'a b/%zz+'",
        "require('url').parse('https://u:p@x.y:8080/a%20b?q=1#f').port == 8080 and require('url').parse('https://x/a%20b?q=1#f').path == '/a%20b'",
        "require('url').parse('https://x/?q=1#f').query == 'q=1' and require('url').parse('https://x/#f').query == nil",
        "require('url').query({ b = 'x y', a = 1, c = true }) == 'a=1&b=x%20y&c=true'",
        "require('time').now() > 1.7e9 and require('time').monotonic() >= 0",
        "require('time').format(0) == '1970-01-01T00:00:00Z' and require('time').format(1.5) == '1970-01-01T00:00:01.500Z'",
        "require('time').parse('2026-03-01T10:20:30Z') == 1772360430 and math.type(require('time').parse('1970-01-01T00:00:01Z')) == 'integer'",
        "require('time').parse('2026-03-01T12:20:30+02:00') == 1772360430 and require('time').parse('1970-01-01T00:00:00.123456Z') == 0.123456",
        "(function() for _, t in ipairs { '2026-02-30T00:00:00Z', '2026-04-31T00:00:00Z', '2025-02-29T00:00:00Z', '2026-01-01T24:00:00Z', '2026-01-01T00:60:00Z', '2026-01-01T00:00:00Z ', '2026-13-01T00:00:00Z' } do assert(require('time').parse(t) == nil, t) end return true end)()",
        "require('time').parse('2024-02-29T23:59:59+0100') and require('time').parse('2000-02-29t00:00:00z')",
        "require('time').parse('yesterday') == nil and select(2, require('time').parse('2026-03-01')):find('RFC 3339')",
        "tostring(require('azure').bytes('x')) == 'x' and #require('azure').bytes('xyz') == 3",
        "require('lib1').name == 'lib1' and require('deep.er').name == 'init' and require('own').name == 'own'",
        "require('rock').name == 'rock' and require('own') == package.loaded.own",
        "select(2, pcall(require, '../secret')):find(\"module '../secret' not found\")",
        "select(2, pcall(require, 'native')):find('is a C module')",
        "select(2, pcall(require, 'jsn')):find(\"no file 'lib/jsn.lua'\")",
        "select(2, pcall(require, 'broken')):find('^lib/broken.lua:2:')",
        // These are attempts of a malicious script.
        "select(2, pcall(require('crypto').sha512, ('x'):rep(3e7), 'bad')):find(\"bad argument #2 to 'sha512' (\\\"raw\\\" or\", 1, true)",
        "select(2, pcall(require('crypto').hmac, 'sha256', 'key', ('x'):rep(3e7), 1)):find(\"bad argument #4 to 'hmac'\", 1, true)",
        "select(2, pcall(require, ('x.'):rep(1e6))) == 'the name of a module has at most 4096 bytes'",
        "#select(2, pcall(require('http').request, { url = 'x', [('x'):rep(1e6)] = 1 })) < 70000",
        "select(2, pcall(require('json').decode, ('1'):rep(1e6))):find('a number too large for a double')",
        "not pcall(require('time').format, 253402300799.9999) and require('time').format(253402300799) == '9999-12-31T23:59:59Z'",
        "require('time').parse('2026-03-01T10:20:30Zabcd') == nil and require('time').parse('2026-03-01T10:20:30+0a00') == nil",
    ])
    func `a module does what its documentation says`(_ expression: String) async throws {
        let handler = try await Self.app.value.0
        let body =
            #"{"Data":{"req":{"Method":"POST","Body":""#
            + JSONText.object([("x", .text("return " + expression))]).dropFirst(6).dropLast(2) + #""}}}"#
        let response = try await handler.invoke("eval", body)
        #expect(response.text.contains(#""body":"true""#), "\(response.text)")
    }

    /// Bodies of handlers that must return true.
    @Test(arguments: [
        // Code that was called from C cannot wait.
        """
        local list = setmetatable({}, { __index = coroutine.wrap(function() task.sleep(0) end) })
        local _, message = pcall(function() for _ in ipairs(list) do end end)
        return message:find('a function that waits cannot be called inside', 1, true)
        """,
        // A script cannot use the thread of a task.
        """
        local thread, mayEnd
        local spawned = task.spawn(function()
            thread = coroutine.running()
            while not mayEnd do task.sleep(0) end
            return 'slept'
        end)
        while not thread do task.sleep(0) end
        assert(coroutine.status(thread) == 'normal')
        assert(select(2, coroutine.resume(thread)) == 'cannot resume non-suspended coroutine')
        assert(not pcall(coroutine.close, thread))
        mayEnd = true
        return spawned:join() == 'slept' and not coroutine.resume(thread)
        """,
        """
        local thread
        local spawned = task.spawn(function() thread = coroutine.running() return 1, 2, 3 end)
        while not thread do task.sleep(0) end
        assert(not coroutine.resume(thread) and not pcall(coroutine.close, thread))
        return select('#', spawned:join()) == 3
        """,
        // Lua reports a length of 2^62 for this list.
        """
        local text = {}
        for bit = 0, 62 do text[#text + 1] = ('[1 << %d] = 1'):format(bit) end
        local list = load('return { ' .. table.concat(text, ', ') .. ' }')()
        assert(#list >= 1 << 62)
        return not pcall(task.spawn(function() end).join, { list })
        """,
    ])
    func `a script cannot use tasks and threads of another invocation`(_ code: String) async throws {
        let handler = try await Self.app.value.0
        let request = JSONText.object([("Body", .text("local task = require 'task' \(code)"))])
        let response = try await handler.invoke("eval", "{\"Data\":{\"req\":\(request)}}")
        #expect(response.text.contains(#""body":"true""#), "\(response.text)")
    }

    @Test func `a thread whose invocation returned it does not run as the body`() async throws {
        let app = try TemporaryApp([
            "functions/f/function.json": TemporaryApp.httpFunction,
            "functions/f/handler.lua": "return function() return { body = coroutine.running() } end",
        ])
        let handler = try await InProcessHandler(root: app.folder.path)
        let reply = try await handler.invoke("f")
        #expect(reply.contains("cannot resume non-suspended coroutine"), "\(reply)")
    }

    private static let app = Task {
        let files = try TemporaryApp([
            "functions/eval/function.json": TemporaryApp.httpFunction,
            "functions/eval/handler.lua":
                "return function(data) return (assert(load(data.req.Body))()) and true or false end",
            "functions/eval/own.lua": "return { name = 'own' }",
            "lib/lib1.lua": "return { name = 'lib1' }", "lib/own.lua": "return { name = 'lib' }",
            "lib/deep/er/init.lua": "return { name = 'init' }", "lib/broken.lua": "\nlocal = 1",
            "lua_modules/share/lua/5.4/rock.lua": "return { name = 'rock' }",
            "lua_modules/lib/lua/5.4/native.so": "", "secret.lua": "return 1",
        ])
        // The scripts are read on first use, so the folder must outlive the tests.
        return (try await InProcessHandler(root: files.folder.path), files)
    }
}
