import Foundation
import HTTP1
import JSON
import Lua
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
        "require('crypto').md5('abc') == '900150983cd24fb0d6963f7d28e17f72' and #require('crypto').md5('', 'raw') == 16",
        "require('crypto').sha1('abc') == 'a9993e364706816aba3e25717850c26c9cd0d89d'",
        "require('crypto').hmac('md5', 'Jefe', 'what do ya want for nothing?') == '750c783e6ab0b503eaa86e310a5db738'",
        "require('crypto').hmac('sha1', 'Jefe', 'what do ya want for nothing?') == 'effcdf6ae5eb2fa2d27416d5f184df9c259a7c79'",
        "select(2, pcall(require('crypto').hmac, 'sha265', '', '')):find(\"no hash 'sha265'; there are md5, sha1, sha256, sha384, sha512 (did you mean 'sha256'?)\", 1, true)",
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
        // Dates.
        "(function() local d = require('time').date(1709251199.25) local t = {} for _, n in ipairs { 'year', 'month', 'day', 'hour', 'min', 'sec', 'fraction', 'weekday', 'yearDay' } do t[#t + 1] = tostring(d[n]) end return table.concat(t, ' ') == '2024 2 29 23 59 59 0.25 4 60' end)()",
        "require('time').date(0).weekday == 4 and require('time').date(3 * 86400).weekday == 7 and math.type(require('time').date(5).fraction) == 'integer' and require('time').date().year >= 2024",
        "(function() local time = require 'time' for _, t in ipairs { 0, -1, 1.75, -0.25, 1709164800, -62167219200, 253402300799 } do assert(time.from(time.date(t)) == t and math.type(time.from(time.date(t))) == math.type(t), t) end return true end)()",
        "require('time').from { year = 2026, month = 3, day = 1 } == 1772323200 and require('time').from(os.date('!*t', 1772323200)) == 1772323200 and os.time(require('time').date(1772323200)) == os.time(os.date('!*t', 1772323200))",
        "select(2, pcall(require('time').from, { year = 2026, month = 2, day = 29 })):find('time.from: day must be a whole number from 1 to 28', 1, true)",
        "select(2, pcall(require('time').from, { year = 2026, month = 2 })):find('time.from: day is missing', 1, true) and select(2, pcall(require('time').from, { year = '2026' })):find('time.from: year must be a whole number from 0 to 9999, not a string', 1, true)",
        "select(2, pcall(require('time').from, { year = 2026, month = 2, day = 1, minute = 3 })):find(\"time.from has no part 'minute'\", 1, true)",
        "select(2, pcall(require('time').from, { year = 2026, month = 2, day = 1, fraction = 1 })):find('fraction must be', 1, true)",
        "require('time').format(require('time').add(require('time').parse '2024-01-31T10:00:00Z', { months = 1 })) == '2024-02-29T10:00:00Z'",
        "(function() local time = require 'time' local function add(t, by) return time.format(time.add(time.parse(t .. 'T10:00:00Z'), by)):sub(1, 10) end return add('2023-01-31', { months = 1 }) == '2023-02-28' and add('2024-02-29', { years = 1 }) == '2025-02-28' and add('2024-03-31', { months = -1 }) == '2024-02-29' and add('2024-01-31', { months = 13, days = 1 }) == '2025-03-01' and add('2023-12-15', { months = -12, years = -1 }) == '2021-12-15' and add('0000-01-01', { months = 119999 - 12 }) == '9998-12-01' end)()",
        "require('time').add(0, { days = 1, hours = 1, minutes = 1, seconds = 1 }) == 90061 and require('time').add(0.5, { seconds = -1.25 }) == -0.75 and math.type(require('time').add(0, { hours = 0.5 })) == 'integer'",
        "select(2, pcall(require('time').add, 0, { day = 1 })):find(\"time.add has no unit 'day' (did you mean 'days'?)\", 1, true) and select(2, pcall(require('time').add, 0, { months = 0.5 })):find('months must be a whole number', 1, true)",
        "(function() for _, by in ipairs { { years = 8031 }, { years = 1e300 }, { seconds = 1e300 }, { seconds = -1e300 }, { days = 1e15 }, { months = -2^53 } } do assert(select(2, pcall(require('time').add, 0, by)):find('the result is not between the years 0000 and 9999', 1, true)) end return true end)()",
        "not pcall(require('time').add, 0, { seconds = 0/0 }) and not pcall(require('time').add, 0, { seconds = math.huge }) and not pcall(require('time').add, 0/0, {}) and not pcall(require('time').date, 1e300) and not pcall(require('time').format, 0/0) and not pcall(require('time').add, 0)",
        "select(3, require('time').parse '2026-02-30T00:00:00Z') == 'range' and select(3, require('time').parse 'x') == 'format' and not pcall(require('time').parse)",
        "require('time').parse '2023-10-12T20:13:49' == 1697141629 and select(2, require('time').parse('06/04/2024 15:30:00')):find('month first', 1, true)",
        // A layout of JSON.
        "require('json').encode({ b = { 2 }, a = {} }, { pretty = true, sorted = true }) == '{\\n  \"a\": {},\\n  \"b\": [\\n    2\\n  ]\\n}'",
        "require('json').encode({ b = 1, a = 2, [''] = 3 }, { sorted = true }) == '{\"\":3,\"a\":2,\"b\":1}' and require('json').encode({ 1 }, {}) == '[1]' and require('json').encode({ 1 }, { pretty = false }) == '[1]' and require('json').encode({ 1 }, nil) == '[1]'",
        "select(2, pcall(require('json').encode, {}, { prety = true })):find(\"json.encode has no option 'prety' (did you mean 'pretty'?); there are 'pretty', 'sorted'\", 1, true)",
        "select(2, pcall(require('json').encode, {}, { true })):find(\"json.encode has no option '1'\", 1, true) and select(2, pcall(require('json').encode, {}, { pretty = 1 })):find('json.encode: pretty must be true or false, not number', 1, true) and select(2, pcall(require('json').encode, {}, true)):find('table expected, got boolean', 1, true)",
        "select(2, pcall(require('json').encode, { a = { print } }, { pretty = true })):find('.a[1]: a function value', 1, true) and select(2, pcall(require('json').encode, { [1] = 1, a = 2 }, { sorted = true })):find('both list elements', 1, true)",
        "(function() local json, t = require 'json', {} for i = 1, 20000 do t[('k%d'):format(i * 7919 % 20000)] = { b = i, a = 1 } end local text = json.encode(t, { sorted = true }) return text == json.encode(json.decode(text), { sorted = true }) and #text == #json.encode(t) end)()",
        // Only a table could be meant as options: functions such as 'map' pass an index too.
        "select(2, pcall(require('json').decode, '1', { x = 1 })):find('json.decode takes no options; write json.decode(text)', 1, true) and not pcall(require('json').decode, '1', {}) and require('json').decode('1', 7) == 1 and require('json').decode('1', nil) == 1",
        "select(2, pcall(function() local log = require 'log' log:info 'x' end)):find('call it with a dot: log.info(text)', 1, true)",
        // A byte order mark.
        "require('json').decode('\\xef\\xbb\\xbf{\"a\":1}').a == 1 and require('json').decode('\\xef\\xbb\\xbf[\"' .. ('x'):rep(3000) .. '\"]')[1] == ('x'):rep(3000) and #require('json').decode('\\xef\\xbb\\xbf[\"' .. ('x'):rep(3e5) .. '\"]')[1] == 3e5 and #require('json').decode('\\xef\\xbb\\xbf[\"' .. ('x'):rep(8e6) .. '\"]')[1] == 8e6",
        "(function() for _, n in ipairs { 1, 3000, 300000 } do local ok, message = pcall(require('json').decode, '\\xef\\xbb\\xbf{' .. (' '):rep(n) .. ',}') assert(not ok and message:find('line 1, column ' .. n + 2, 1, true), message) end return true end)()",
        "not pcall(require('json').decode, '\\xef\\xbb\\xbf\\xef\\xbb\\xbf1') and not pcall(require('json').decode, '\\xef\\xbb\\xbf') and not pcall(require('json').decode, '\\xef\\xbb') and not pcall(require('json').decode, '1\\xef\\xbb\\xbf')",
        "tostring(require('azure').bytes('x')) == 'x' and #require('azure').bytes('xyz') == 3",
        "require('lib1').name == 'lib1' and require('deep.er').name == 'init' and require('own').name == 'own'",
        "require('rock').name == 'rock' and require('own') == package.loaded.own",
        "select(2, pcall(require, '../secret')):find(\"module '../secret' not found\")",
        "select(2, pcall(require, 'native')):find('is a C module (lua_modules/lib/lua/5.4/native.so), which luafunc does not load; use a rock that consists of Lua text only', 1, true)",
        "select(2, pcall(require, 'lfs')):find(\"is a C module (lua_modules/lib/lua/5.4/lfs.so), which luafunc does not load; io.open reads the app's own files\", 1, true)",
        "select(2, pcall(require, 'deep.cjson')):find('is a C module (lib/deep/cjson.so), which', 1, true) and select(2, pcall(require, 'cjson')):find(\"is a C module (functions/eval/cjson.so), which luafunc does not load; use luafunc's 'json'\", 1, true)",
        "select(2, pcall(require, 'jsn')):find(\"no file 'lib/jsn.lua'\")",
        "select(2, pcall(require, 'broken')):find('^lib/broken.lua:2:')",
        "select(2, pcall(require, 'luafunc.jsn')) == \"module 'luafunc.jsn' not found (did you mean 'luafunc.json'?): luafunc's own modules are azure, base64, crypto, http, json, jwt, log, mcp, task, time, url, uuid\"",
        "select(2, pcall(require, 'luafunc.')):find(\"module 'luafunc.' not found: luafunc's own\", 1, true)",
        "require('luafunc.json') == require('json') and package.loaded['luafunc.json'] == require('json')",
        "select(2, pcall(require, 'socket.core')):find(\"it is a C module, which luafunc does not load: use luafunc's 'http'\", 1, true)",
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

    private static let logs = [
        ("log.info({ id = 7, items = { 'a', 'b' }, name = 'x' })", #"{ id = 7, items = { "a", "b" }, name = "x" }"#),
        ("log.warn('%s and %d', { 1 }, 2)", "{ 1 } and 2"), ("log('%s', {})", "{}"),
        ("context.log({ a = json.null })", "{ a = null }"),
        ("print(json.decode '{\"a\":[1,{\"b\":null}]}')", "{ a = { 1, { b = null } } }"),
        ("print(json.decode('{\"a\":[1],\"x\":\"' .. ('x'):rep(1100) .. '\"}').a)", "{ 1 }"),
        ("print(require('http').response { statusCode = 404, body = 'none' })", "http response 404: none"),
        ("print { require('azure').bytes('x') }", "{ x }"), ("print(data.req.Query)", #"{ a = "1" }"#),
        ("log.info('100%')", "100%"),
        ("log.info('order', { id = 7 }, nil)", "order\t{ id = 7 }\tnil"), ("log.info({ 1 }, 'x')", "{ 1 }\tx"),
        ("log.error(nil)", "nil"),
        (
            "print(select(2, pcall(log.info, '%d', { 1 })))",
            "log.info: bad argument #2 to 'string.format' (number expected, got table)"
        ),
        ("print { s = 'two\\nlines' }", #"{ s = "two\nlines" }"#),
    ]

    @Test(arguments: logs)
    func `a table in a log line is readable`(_ code: String, _ line: String) async throws {
        let handler = try await Self.app.value.0
        let script = "local data, context = ... local json, log = require 'json', require 'log' \(code) return true"
        let request = JSONText.object([("Body", .text(script)), ("Query", .text("?"))])
            .replacingOccurrences(of: #""?""#, with: #"{"a":"1"}"#)
        let text = try await handler.invoke("eval", "{\"Data\":{\"req\":\(request)}}").text
        let reply = try JSONTree.parse(text.utf8Span.span.bytes)
        let last = reply["Logs"]?.elements?.last?.string ?? text
        #expect(last == line || last.hasSuffix(": " + line), "\(last)")
    }

    @Test(
        arguments: ["{ \"Data\": { \"req\": { \"Body\": \"return true\" } }, \"Metadata\": {} }"],
        [0, 1100, LongJSONReader.shortest])
    func `a byte order mark before a payload is skipped`(_ payload: String, _ spaces: Int) async throws {
        let handler = try await Self.app.value.0
        let bytes = ByteOrderMark.utf8 + Array(payload.utf8) + [UInt8](repeating: 0x20, count: spaces)
        #expect(try await handler.invoke("eval", bytes).text.contains(#""body":"true""#))
    }

    @Test(arguments: [10, 2000, 300_000])
    func `a byte order mark before the JSON of a request is skipped`(_ size: Int) async throws {
        let app = try TemporaryApp([
            "f/function.json": TemporaryApp.httpFunction,
            "f/handler.lua": "return function(data, metadata) return #data.req:json().a .. metadata.b end",
        ])
        let handler = try await InProcessHandler(root: app.folder.path, settings: InProcessHandler.forwarding)
        let body = "\u{feff}{\"a\":\"\(String(repeating: "x", count: size))\",\"b\":1}"
        #expect(try await handler.request("/api/f", body, method: .post).text == "\(size)1")
    }

    @Test func `an app's own modules win, and luafunc's inside does not use them`() async throws {
        let names = Modules.names.filter { $0 != "uuid" }
        var files = Dictionary(uniqueKeysWithValues: names.map { ("lib/\($0).lua", "return { name = '\($0)' }") })
        files["functions/f/function.json"] = TemporaryApp.httpFunction
        files["lua_modules/lib/lua/5.4/uuid.so"] = ""
        files["functions/f/handler.lua"] = """
            local names = { \(names.map { "'\($0)'" }.joined(separator: ", ")) }
            return function(data)
                for _, name in ipairs(names) do
                    assert(require(name).name == name and rawget(require("luafunc." .. name), "name") == nil, name)
                end
                local _, message = pcall(require, "uuid")
                assert(message:find("luafunc's own is 'luafunc.uuid'", 1, true), message)
                local response = require "luafunc.http".response
                return response { body = { data.req:json()[1], require "luafunc.task".all { function() return 2 end } } }
            end
            """
        let app = try TemporaryApp(files)
        let handler = try await InProcessHandler(root: app.folder.path)
        let reply = try await handler.invoke("f", body: "[1]")
        #expect(reply.contains("[1,[2]]"), "\(reply)")
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
                "return function(data, _, context) return (assert(load(data.req.Body))(data, context)) and true or false end",
            "functions/eval/own.lua": "return { name = 'own' }",
            "lib/lib1.lua": "return { name = 'lib1' }", "lib/own.lua": "return { name = 'lib' }",
            "lib/deep/er/init.lua": "return { name = 'init' }", "lib/broken.lua": "\nlocal = 1",
            "lua_modules/share/lua/5.4/rock.lua": "return { name = 'rock' }",
            "lua_modules/lib/lua/5.4/native.so": "", "lua_modules/lib/lua/5.4/lfs.so": "", "lib/deep/cjson.so": "",
            "functions/eval/cjson.so": "", "secret.lua": "return 1",
        ])
        // The scripts are read on first use, so the folder must outlive the tests.
        return (try await InProcessHandler(root: files.folder.path), files)
    }
}
