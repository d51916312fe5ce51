import Foundation
import JSON
import TestSupport
import Testing

@testable import CustomHandler

/// The mistakes of people who are new to Lua or to luafunc, each with the whole sentence that they read.
@Suite struct AdviceTests {
    /// A handler's file, and the reason for which an invocation fails. `§` stands for the file's name.
    private static let mistakes: [(code: String, sentence: String)] = [
        // Modules
        (
            "return function() return json.decode('{}') end",
            "§:1: attempt to index a nil value (global 'json'); write local json = require \"json\""
        ),
        ("task.sleep(0)", "§:1: attempt to index a nil value (global 'task'); write local task = require \"task\""),
        (
            "return function() log 'x' end",
            "§:1: attempt to call a nil value (global 'log'); write local log = require \"log\""
        ),
        (
            "return function() return cjson.encode {} end",
            "§:1: attempt to index a nil value (global 'cjson'); write local cjson = require \"json\""
        ),
        (
            "return function() sleep(1) end",
            "§:1: attempt to call a nil value (global 'sleep'); write local task = require \"task\", and "
                + "task.sleep(seconds)"
        ),
        (
            "return function() return { body = undefinedName.x } end",
            "§:1: attempt to index a nil value (global 'undefinedName')"
        ),
        // Methods
        ("return function(data) return data.req.query('x') end", "§:1: call it with a colon: req:query(name)"),
        ("return function(data) local t = data.req.json() return t end", "§:1: call it with a colon: req:json()"),
        (
            "local M = {}\nfunction M.f(data)\n  return data.req.header 'x'\nend\nreturn M.f",
            "§:3: call it with a colon: req:header(name)"
        ),
        ("return function(data) return data.req.form({}) end", "§:1: call it with a colon: req:form()"),
        ("return function(data) local c = data.req.cookie 'x' end", "§:1: call it with a colon: req:cookie(name)"),
        (
            "local task = require 'task'\nreturn function() return task.spawn(print).join() end",
            "§:2: call it with a colon: task:join()"
        ),
        (
            "local task = require 'task'\nreturn function() task.spawn(print).cancel() end",
            "§:2: call it with a colon: task:cancel()"
        ),
        (
            "return function(data) return data.req.query.name end",
            "§:1: attempt to index a function value (field 'query'); query is a method: write data.req:query(name)"
        ),
        (
            "return function(data) local req = data.req return req.headers['accept'] end",
            "§:1: attempt to index a function value (field 'headers'); headers is a method: write req:headers(name)"
        ),
        (
            "return function(data) return data.req:json end",
            "§:1: function arguments expected near 'end'; a method is called with parentheses, as in data.req:json()"
        ),
        // The handler's arguments
        (
            "return function(req) return req:json() end",
            "§:1: attempt to call a nil value (method 'json'); the first argument holds the input bindings by name: "
                + "write function(data), and the request is data.req"
        ),
        (
            "return function(request) return { body = request.Query.name } end",
            "§:1: attempt to index a nil value (field 'Query'); the first argument holds the input bindings by name; "
                + "the request is request.req"
        ),
        (
            "local json = require 'json'\nlocal function read(req) return json.decode(req.Body) end\n"
                + "return function(req) local t = read(req) return t end",
            "§:2: bad argument #1 to 'decode' (string expected, got nil); the first argument holds the input bindings by "
                + "name: write function(data), and the request is data.req"
        ),
        (
            "return function(data) return data.request.Body end",
            "§:1: attempt to index a nil value (field 'request'); function.json names the inputs: 'req' "
                + "(did you mean data.req?)"
        ),
        (
            "return function(data) data.res.body = 'x' end",
            "§:1: attempt to index a nil value (field 'res'); 'res' is an output: return { res = … }"
        ),
        (
            "return function() return data.req:json() end",
            "§:1: attempt to index a nil value (global 'data'); data is the handler's first argument: "
                + "return function(data) … end"
        ),
        (
            "return function(data) context.log 'x' end",
            "§:1: attempt to index a nil value (global 'context'); context is the handler's third argument: "
                + "return function(data, metadata, context) … end"
        ),
        (
            "return function() return req:json() end",
            "§:1: attempt to index a nil value (global 'req'); the input 'req' is data.req, and data is the handler's "
                + "first argument"
        ),
        (
            "return function(data) return 'Hello ' .. data.req.Body.name end",
            "§:1: attempt to concatenate a nil value (field 'name'); Body is text; data.req:json() decodes it"
        ),
        (
            "return function(data) local req = data.req return #req.Body.items end",
            "§:1: attempt to get length of a nil value (field 'items'); Body is text; req:json() decodes it"
        ),
        // A table of the script's own is not what the handler gets.
        (
            "return function(data) local own = { req = data.req, more = 1 } return own.request.Body end",
            "§:1: attempt to index a nil value (field 'request')"
        ),
        // Lua 5.1
        (
            "return function() return unpack {} end",
            "§:1: attempt to call a nil value (global 'unpack'); Lua 5.4 has table.unpack"
        ),
        (
            "return function() local f = loadstring 'x' end",
            "§:1: attempt to call a nil value (global 'loadstring'); Lua 5.4 has load"
        ),
        (
            "setfenv(1, {})",
            "§:1: attempt to call a nil value (global 'setfenv'); Lua 5.4 has load(text, name, \"t\", environment)"
        ),
        (
            "return function() return getfenv() end",
            "§:1: attempt to call a nil value (global 'getfenv'); Lua 5.4 has no function environments; write a local table"
        ),
        (
            "module('x')",
            "§:1: attempt to call a nil value (global 'module'); in Lua 5.4 a module ends with return and a table of its "
                + "functions"
        ),
        (
            "return function() return table.getn {} end",
            "§:1: attempt to call a nil value (field 'getn'); Lua 5.4 has the operator #"
        ),
        (
            "return function()\n  local n = math.mod(5, 3)\nend",
            "§:2: attempt to call a nil value (field 'mod'); Lua 5.4 has math.fmod and the operator %"
        ),
        (
            "return function() for w in string.gfind('a', 'a') do end end",
            "§:1: attempt to call a nil value (field 'gfind'); Lua 5.4 has string.gmatch"
        ),
        (
            "return function() for w in ('a'):gfind 'a' do end end",
            "§:1: attempt to call a nil value (method 'gfind'); Lua 5.4 has string.gmatch"
        ),
        (
            "return function() return bit32.band(1, 2) end",
            "§:1: attempt to index a nil value (global 'bit32'); Lua 5.4 has the operators & | ~ << >>"
        ),
        (
            "return function() ngx.say 'x' end",
            "§:1: attempt to index a nil value (global 'ngx'); ngx belongs to OpenResty; here data.req is the request, and "
                + "the returned value the response"
        ),
        (
            "local table = {} return function() return table.getn {} end",
            "§:1: attempt to call a nil value (field 'getn')"
        ),
        // Passed on by other code
        (
            "return function() return coroutine.wrap(function() return unpack {} end)() end",
            "§:1: attempt to call a nil value (global 'unpack'); Lua 5.4 has table.unpack"
        ),
        (
            "return function() local ok, e = pcall(function() return unpack {} end) error(e, 0) end",
            "§:1: attempt to call a nil value (global 'unpack'); Lua 5.4 has table.unpack"
        ),
        (
            "return function() local ok, e = pcall(function() return unpack {} end) return nil, e end",
            "the handler returned nil and a message: §:1: attempt to call a nil value (global 'unpack'); Lua 5.4 has "
                + "table.unpack"
        ),
        (
            "return require 'old'",
            "lib/old.lua:2: attempt to call a nil value (global 'unpack'); Lua 5.4 has table.unpack"
        ),
        (
            "local unpack = unpack\nreturn function() return unpack {} end",
            "§:2: attempt to call a nil value (upvalue 'unpack'); Lua 5.4 has table.unpack"
        ),
        (
            "return function() local load, getn = loadstring, 1\nlocal x = load 'x' end",
            "§:2: attempt to call a nil value (local 'load'); Lua 5.4 has load"
        ),
        (
            "local getn = table.getn\nreturn function() local n = getn {} end",
            "§:2: attempt to call a nil value (upvalue 'getn'); Lua 5.4 has the operator #"
        ),
        // A variable of the script's own has nothing to do with the old word.
        (
            "return function(data, metadata, context, module)\nlocal x = module.x end",
            "§:2: attempt to index a nil value (local 'module')"
        ),
        // What a variable holds
        (
            "return function()\nlocal f = io.open('x.txt', 'w')\nf:write 'x' end",
            "§:3: attempt to index a nil value (local 'f'); io.open returned nil and the reason; a function cannot write "
                + "files"
        ),
        (
            "return function() local f <close> = io.open('w.txt') local x = f:read 'a' end",
            "§:1: attempt to index a nil value (local 'f'); io.open returns nil and the reason if it cannot open a file: "
                + "write assert(io.open(…))"
        ),
        (
            "return function() local f = io.open('a')\n-- local f = other()\nf = f.next end",
            "§:3: attempt to index a nil value (local 'f'); io.open returns nil and the reason if it cannot open a file: "
                + "write assert(io.open(…))"
        ),
        (
            "return function() local f = io.open('a')\nlocal f\nf = tonumber 'x'\nf:read() end",
            "§:4: attempt to index a nil value (local 'f')"
        ),
        (
            "local http = require 'http'\nreturn function() local reply, message = http.get 'http://127.0.0.1:1/'\n"
                + "return { body = reply.body } end",
            "§:3: attempt to index a nil value (local 'reply'); http.get returns nil and a message when it fails: check it, "
                + "or write assert(http.get(…))"
        ),
        (
            "return function(data) local r = data.request; local x = r:query 'x' end",
            "§:1: attempt to index a nil value (local 'r'); function.json names the inputs: 'req' "
                + "(did you mean data.req?)"
        ),
        (
            "return function() local x = string.dump(print) end",
            "§:1: attempt to call a nil value (field 'dump'); binary chunks are not allowed; keep the text"
        ),
        (
            "return function() local x = io.stdin:read() end",
            "§:1: attempt to index a nil value (field 'stdin'); there is no standard input; the input is the handler's "
                + "first argument"
        ),
        // Modules that are used like objects
        (
            "local json = require 'json'\nreturn function() local x = json:decode '{}' end",
            "§:2: bad argument #1 to 'decode' (string expected, got table); call it with a dot: json.decode(…)"
        ),
        (
            "local c = require 'crypto'\nreturn function() local x = c:sha256 'x' end",
            "§:2: bad argument #1 to 'sha256' (string expected, got table); call it with a dot: c.sha256(…)"
        ),
        (
            "local task = require 'task'\nreturn function() task:sleep(1) end",
            "§:2: bad argument #1 to 'sleep' (number expected, got table); call it with a dot: task.sleep(…)"
        ),
        (
            "local http = require 'http'\nreturn function() local r = http:get 'http://x/' end",
            "§:2: http.get takes a url and then options; pass the table to http.request; call it with a dot: http.get(…)"
        ),
        (
            "local json = require 'json'\nreturn function() local x = json {} end",
            "§:2: attempt to call a table value (upvalue 'json'); json is a module with the functions json.array, "
                + "json.decode, json.encode, json.object"
        ),
        (
            "return function() local json = {} local x = json {} end",
            "§:1: attempt to call a table value (local 'json')"
        ),
        // Methods that objects do not have
        (
            "return function(data) local x = data.req:text() end",
            "§:1: attempt to call a nil value (method 'text'); a request has no method 'text'; write data.req.Body. "
                + methods
        ),
        (
            "return function(data) local r = data.req local x = r:JSON() end",
            "§:1: attempt to call a nil value (method 'JSON'); a request has no method 'JSON'; did you mean r:json(…)? "
                + methods
        ),
        (
            "return function(data) local x = data.req.cookies 'x' end",
            "§:1: attempt to call a nil value (field 'cookies'); a request has no method 'cookies'; did you mean "
                + "data.req:cookie(…)? " + methods
        ),
        (
            "return function(data) local x = data.req:args() end",
            "§:1: attempt to call a nil value (method 'args'); a request has no method 'args'; did you mean "
                + "data.req:query(…)? " + methods
        ),
        (
            "local task = require 'task'\nreturn function() local t = task.spawn(print) t:wait() end",
            "§:2: attempt to call a nil value (method 'wait'); a task has no method 'wait'; did you mean t:join(…)? It has "
                + "cancel, join"
        ),
        // A context that is none
        (
            "return function(data, context) context.log 'x' end",
            "§:1: attempt to call a nil value (field 'log'); context is the handler's third argument: "
                + "function(data, metadata, context)"
        ),
        (
            "return function(context, req) context.log 'x' end",
            "§:1: attempt to call a nil value (field 'log'); the first argument holds the inputs; context is the handler's "
                + "third argument: function(data, metadata, context)"
        ),
        (
            "return function(data, metadata, context) context.done() end",
            "§:1: attempt to call a nil value (field 'done'); an invocation is done when the handler returns"
        ),
        // Texts and numbers
        (
            "return function(data) if data.req:query 'n' > 5 then return end end",
            "§:1: attempt to compare number with string; tonumber(text) makes a number of a text"
        ),
        // Other languages
        ("local x = 1\nif x != 1 then end", "§:2: 'then' expected near '!'; Lua writes ~= for !="),
        ("local x = 1\nif x = 1 then end", "§:2: 'then' expected near '='; Lua compares with =="),
        ("local x = 1\nx += 1", "§:2: syntax error near '+'; Lua has no +=; write x = x + 1"),
        ("// a comment", "§:1: unexpected symbol near '//'; a comment begins with --"),
        ("if 1 && 2 then end", "§:1: unexpected symbol near '&'; Lua writes and for &&"),
        // Recursion
        (
            "local function f() return (('x'):gsub('.', f)) end\nreturn function() local x = f() end",
            "C stack overflow; the function at §:1 calls itself: check what ends the recursion"
        ),
        (
            "local t t = setmetatable({}, { __index = function(_, k) return t[k + 1] + 1 end })\n"
                + "return function() local x = t[1] end",
            "§:1: C stack overflow; the metamethod '__index' calls itself: check what ends the recursion"
        ),
        (
            "local function f() local ok, e = pcall(f) if not ok then error(e) end end\nreturn function() f() end",
            "§:1: C stack overflow; calls are nested too deeply: check what ends the recursion"
        ),
        (
            "local function f() return coroutine.wrap(f)() end\nreturn function() return f() end",
            "§:1: C stack overflow; calls are nested too deeply: check what ends the recursion"
        ),
        // The log
        (
            "return function(data, metadata, context) context.log:info 'x' end",
            "§:1: call it with a dot: log.info(text)"
        ),
        (
            "return function(data, metadata, context) context:log 'x' end",
            "§:1: call it with a dot: context.log(text)"
        ),
    ]

    private static let methods = "It has bytes, cookie, form, header, headers, json, queries, query"

    @Test(arguments: mistakes)
    func `a mistake is answered with what to write instead`(_ code: String, _ sentence: String) async throws {
        let app = try TemporaryApp([
            "functions/f/function.json": TemporaryApp.httpFunction, "functions/f/handler.lua": code,
            "lib/old.lua": "\nreturn unpack {}",
        ])
        let handler = try await InProcessHandler(root: app.folder.path)
        let request = #"{"Method":"GET","Url":"http://x/api/f?n=7","Headers":{},"Query":{},"Body":"{\"name\":1}"}"#
        let reply = try await handler.invoke("f", #"{"Data":{"req":\#(request)},"Metadata":{}}"#)
        let detail = try detail(of: reply.text)
        #expect(detail == sentence.replacing("§", with: "functions/f/handler.lua"))
    }

    /// What an endless recursion is reported as. `#` stands for the number of calls.
    @Test(arguments: [
        ("local function f() return 1 + f() end", "256MB", "§:1: stack overflow; function 'f' calls itself"),
        (
            "local g local function f() return 1 + g() end function g() return 1 + f() end", "256MB",
            "§:1: stack overflow; function 'f' and function 'g' call each other"
        ),
        (
            "local M = {} function M:visit() return 1 + self:visit() end local function f() return M:visit() end",
            "256MB", "§:1: stack overflow; function 'visit' calls itself"
        ),
        (
            "local function f() return 1 + f() end", "64MB",
            "not enough memory: the stack grew, because function 'f' calls itself"
        ),
        (
            "local function f() return 1 + f() end", "2MB",
            "not enough memory: the stack grew, because function 'f' calls itself"
        ),
        (
            "local function walk(n) local a = {} return 1 + walk(n) end local function f() return walk(1) end", "64MB",
            "not enough memory: the stack grew, because function 'walk' calls itself"
        ),
        (
            "local function walk(n) local g = function() return n end return 1 + walk(n) end\n"
                + "local function f() return walk(1) end", "64MB",
            "not enough memory: the stack grew, because function 'walk' calls itself"
        ),
        (
            "local function f(a, b, c, d, e, f1, g, h) local i, j, k, l, m = 1, 2, 3, 4, 5 "
                + "return 1 + f(a, b, c, d, e, f1, g, h) end", "16MB",
            "not enough memory: the stack grew, because function 'f' calls itself"
        ),
        (
            "local function walk() local a, b, c = {}, {}, {} return 1 + walk() end local f = walk", "4MB",
            "not enough memory: the stack grew, because function 'walk' calls itself"
        ),
        (
            "local function walk(s) return 1 + walk(s .. 'x') end local function f() return walk '' end", "16MB",
            "not enough memory: the stack grew, because function 'walk' calls itself"
        ),
        (
            "local task = require 'task' local function walk() return 1 + walk() end\n"
                + "local function f() return task.spawn(walk):join() end", "256MB",
            "§:1: stack overflow; function 'walk' calls itself"
        ),
        (
            "local task = require 'task' local function walk() local a = {} return 1 + walk() end\n"
                + "local function f() return task.spawn(walk):join() end", "16MB",
            "not enough memory: the stack grew, because function 'walk' calls itself"
        ),
    ])
    func `an endless recursion is reported with the function's name`(
        _ code: String, _ limit: String, _ beginning: String
    ) async throws {
        let app = try TemporaryApp([
            "functions/f/function.json": #"""
            { "bindings": [ { "name": "req", "type": "httpTrigger" }, { "name": "res", "type": "http", "direction": "out" } ],
              "lua": { "memoryLimit": "\#(limit)" } }
            """#,
            "functions/f/handler.lua": code + "\nreturn function() local x = f() end",
        ])
        let handler = try await InProcessHandler(root: app.folder.path)
        let detail = try detail(of: try await handler.invoke("f"))
        #expect(detail.hasPrefix(beginning.replacing("§", with: "functions/f/handler.lua")), "\(detail)")
        #expect(detail.contains(" calls deep: check what ends the recursion"), "\(detail)")
        #expect(detail.contains("raise the limit of") == beginning.hasPrefix("not enough memory"), "\(detail)")
        #expect(detail.utf8.count < 300, "\(detail)")
    }

    @Test func `a response of another server is named with its methods`() async throws {
        let url = "http://127.0.0.1:\(try await UpstreamServer.shared.value.port)/echo/x"
        let app = try TemporaryApp([
            "functions/f/function.json": TemporaryApp.httpFunction,
            "functions/f/handler.lua":
                "local http = require 'http'\nreturn function() local r = assert(http.get '\(url)')\n"
                + "return { body = r:text() } end",
        ])
        let detail = try detail(of: try await InProcessHandler(root: app.folder.path).invoke("f"))
        #expect(
            detail
                == "functions/f/handler.lua:3: attempt to call a nil value (method 'text'); a response has no method 'text'; "
                + "write r.body. It has chunks, close, json, values")
    }

    @Test func `a function without an HTTP trigger is told the names of its inputs`() async throws {
        let app = try TemporaryApp([
            "functions/f/function.json": TemporaryApp.queueFunction,
            "functions/f/handler.lua": "return function(data) return data.message.text end",
        ])
        let handler = try await InProcessHandler(root: app.folder.path)
        let reply = try await handler.invoke("f", #"{"Data":{"msg":"\"x\""},"Metadata":{}}"#)
        let detail = try detail(of: reply.text)
        #expect(
            detail
                == "functions/f/handler.lua:1: attempt to index a nil value (field 'message'); function.json names the "
                + "inputs: 'msg' (did you mean data.msg?)")
    }

    /// A script can name any file in a message, and in the name of a chunk. luafunc must not read it.
    @Test(arguments: [
        "error(\"/../../../../../../dev/zero:1: attempt to call a nil value (field 'getn')\", 0)",
        "load('local t = {} t.getn()', '@/../../../../../../dev/zero')()",
        "error('§:1: ' .. ('x:1: '):rep(12000) .. \"attempt to call a nil value (field 'getn')\", 0)",
        "error('§:99999999999999999999: attempt to call a nil value (field \\'getn\\')', 0)",
        "error(\"attempt to  ('\", 0)", "error(\"attempt to index a nil value ('')\", 0)",
        "error('x\\n; attempt to', 0)",
    ])
    func `a message that a script has made up does no harm`(_ code: String) async throws {
        let app = try TemporaryApp([
            "functions/f/function.json": TemporaryApp.httpFunction,
            "functions/f/handler.lua":
                "return function(data) \(code.replacing("§", with: "functions/f/handler.lua")) end",
        ])
        let reply = try await InProcessHandler(root: app.folder.path).invoke("f")
        #expect(try detail(of: reply).contains("attempt to"), "\(reply.prefix(500))")
        #expect(!reply.contains("Lua 5.4 has"))
    }

    @Test(arguments: [
        ("data.req:query 'n'", ["data", "req", "query"]), ("a.b..c", ["a", "b"]), ("x 'data.req' --[[ data.y", ["x"]),
        ("f().data.req", ["f"]), ("1.5 + 0x1f.a", []),
    ])
    func `names on a line are found with what they belong to`(_ line: String, _ first: [String]) {
        #expect((NameChain.all(in: line).first?.names ?? []) == first)
    }

    private func detail(of reply: String) throws -> String {
        try JSONTree.parse(Array(reply.utf8).span.bytes)["detail"]?.string ?? reply
    }
}
