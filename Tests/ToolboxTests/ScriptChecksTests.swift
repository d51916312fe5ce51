import CustomHandler
import Foundation
import FunctionsModel
import TestSupport
import Testing

@testable import Toolbox

/// What `luafunc check` finds in scripts, without running them.
@Suite struct ScriptChecksTests {
    private static let queue = """
        { "bindings": [ { "name": "message", "type": "queueTrigger", "queueName": "q" },
          { "name": "copy", "type": "queue", "direction": "out", "queueName": "r" } ] }
        """
    private static let returning = """
        { "bindings": [ { "name": "message", "type": "queueTrigger", "queueName": "q" },
          { "name": "$return", "type": "queue", "direction": "out", "queueName": "r" } ] }
        """

    /// The findings in an app with these files, one line each.
    static func findings(_ files: [String: String], settings: [String: String] = ["KNOWN": "1"]) async throws
        -> [String]
    {
        let app = try TemporaryApp(["host.json": #"{ "version": "2.0" }"#].merging(files) { $1 })
        let loaded = try AppLoader(.folder(app.folder.path), settings: settings).load()
        return await ScriptChecks.findings(in: loaded, failures: [:], settings: settings).sorted().map(text)
    }

    static func text(_ finding: Finding) -> String {
        let place = finding.file.split(separator: "/").suffix(1).joined() + (finding.line.map { ":\($0)" } ?? "")
        return "\(place) \(finding.severity) \(finding.rule.rawValue): \(finding.message)"
            + (finding.remedy.map { "; \($0)" } ?? "")
    }

    @Test func `a cycle through a require inside a function is no mistake`() async throws {
        let found = try await Self.findings([
            "functions/f/function.json": TemporaryApp.httpFunction,
            "functions/f/handler.lua": "local a = require 'a' return function() return a.name() end",
            "lib/a.lua": "local b = require 'b' return { name = function() return b.name() end, own = 'a' }",
            "lib/b.lua": "return { name = function() return require('a').own end }",
        ])
        #expect(found.isEmpty, "\(found)")
    }

    @Test func `an error in a module names all functions that use it`() async throws {
        let app = try TemporaryApp([
            "functions/f/function.json": TemporaryApp.httpFunction,
            "functions/f/handler.lua": "local a = require 'a' return function() return a() end",
            "functions/g/function.json": TemporaryApp.httpFunction,
            "functions/g/handler.lua": "local a = require 'a' return function() return a() end",
            "lib/a.lua": "return function() return missing() end",
        ])
        let loaded = try AppLoader(.folder(app.folder.path), settings: [:]).load()
        let found = await ScriptChecks.findings(in: loaded, failures: [:], settings: [:])
        #expect(found.map(\.users) == [["f", "g"]] && found.first?.function == nil, "\(found)")
    }

    /// The findings in the script of an HTTP function.
    private static func findings(_ script: String) async throws -> [String] {
        try await findings(["functions/f/function.json": TemporaryApp.httpFunction, "functions/f/handler.lua": script])
    }

    @Test(arguments: [
        // Globals.
        (
            "return function() return jsn.encode {} end",
            "handler.lua:1 error undefined-global: there is no global 'jsn', so its use fails; write local jsn = …, or require the module that has it"
        ),
        (
            "local function help() end\nreturn function() hepl() end",
            "handler.lua:2 error undefined-global: there is no global 'hepl', so the call fails; write local hepl = …, or require the module that has it"
        ),
        (
            "return function() pritn 'x' end",
            "handler.lua:1 error undefined-global: there is no global 'pritn', so the call fails; did you mean 'print'?"
        ),
        (
            "return function() local x = json.decode '' end",
            "handler.lua:1 error undefined-global: there is no global 'json', so its use fails; write local json = require \"json\""
        ),
        (
            "return function() return { body = foo } end",
            "handler.lua:1 warning undefined-global: there is no global 'foo', so the value is nil; write local foo = …, or require the module that has it"
        ),
        (
            "return function() return { body = 1 + count } end",
            "handler.lua:1 error undefined-global: there is no global 'count', so its use fails; write local count = …, or require the module that has it"
        ),
        (
            "return function(d) return { body = data.req.Body } end",
            "handler.lua:1 error undefined-global: there is no global 'data', so its use fails; data is the handler's first argument: return function(data) … end"
        ),
        (
            "return function() return { body = unpack({}) } end",
            "handler.lua:1 error undefined-global: there is no global 'unpack', so the call fails; Lua 5.4 has table.unpack"
        ),
        (
            "return function() for i = 1, 2 do print(x)\nprint(x) end x() end",
            "handler.lua:2 error undefined-global: there is no global 'x', so the call fails; write local x = …, or require the module that has it"
        ),
        (
            "return function() count = 1 end",
            "handler.lua:1 error global-assignment: the global 'count' is assigned in a function, which fails when the function runs; write local count = …, or declare it at the top level of the script"
        ),
        (
            "local function f() x = 1 end\nreturn function() f() end",
            "handler.lua:1 error global-assignment: the global 'x' is assigned in a function, which fails when the function runs; write local x = …, or declare it at the top level of the script"
        ),
        // Members.
        (
            "local json = require 'json'\nreturn function() return { body = json.parse '' } end",
            "handler.lua:2 error unknown-member: json has no member 'parse'; did you mean 'decode'? It has array, decode, encode, null, object"
        ),
        (
            "local j <const> = require 'luafunc.json'\nlocal parse = j.parse\nreturn function() end",
            "handler.lua:2 error unknown-member: json has no member 'parse'; did you mean 'decode'? It has array, decode, encode, null, object"
        ),
        (
            "return function() return { body = require('uuid').new() } end",
            "handler.lua:1 error unknown-member: uuid has no member 'new'; did you mean 'v4'? It has v4, v7"
        ),
        (
            "local crypto = require 'crypto' return function() crypto.aesGcm.encrypt() end",
            "handler.lua:1 error unknown-member: crypto.aesGcm has no member 'encrypt'; did you mean 'seal'? It has open, seal"
        ),
        (
            "return function() return { body = string.trim ' ' } end",
            "handler.lua:1 error unknown-member: string has no member 'trim', so the call fails; docs/lua.md names what Lua's libraries have here"
        ),
        (
            "return function() return { body = ('x'):fmt() } end",
            "handler.lua:1 error unknown-member: string has no member 'fmt', so the call fails; docs/lua.md names what Lua's libraries have here"
        ),
        (
            "return function() return { body = table.getn {} } end",
            "handler.lua:1 error unknown-member: table has no member 'getn', so the call fails; Lua 5.4 has the operator #"
        ),
        (
            "local m = math.hugh return function() end",
            "handler.lua:1 warning unknown-member: math has no member 'hugh', so the value is nil; did you mean 'math.huge'?"
        ),
        (
            "return function() os.execute 'ls' end",
            "handler.lua:1 error unavailable-function: os.execute is not available in a function; a function cannot start programs"
        ),
        (
            "return function() dofile 'x.lua' end",
            "handler.lua:1 error unavailable-function: dofile is not available in a function; put the file in lib/ and use require"
        ),
        (
            "return function() io.stdin:read() end",
            "handler.lua:1 error unknown-member: io has no member 'stdin', so its use fails; there is no standard input; the input is the handler's first argument"
        ),
        (
            "return function() local f = io.open('x', 'w') end",
            "handler.lua:1 warning unavailable-function: a function cannot write files; use a blob binding"
        ),
        (
            "local json = require 'json' return function(d) return { body = json:encode(d) } end",
            "handler.lua:1 warning method-call: json.encode is called with a colon, so it gets the module first; write json.encode(…)"
        ),
        // Modules.
        (
            "local x = require 'shop'\nreturn function() end",
            "handler.lua:1 error missing-module: there is no module 'shop'; put shop.lua into lib/ or beside the handler, or install it into lua_modules"
        ),
        (
            "return function() require 'jsno' end",
            "handler.lua:1 error missing-module: there is no module 'jsno'; did you mean 'json'?"
        ),
        (
            "local x = require 'a/b' return function() end",
            "handler.lua:1 error missing-module: there is no module 'a/b'; write '.' between the parts of a name"
        ),
        (
            "local x = require 'cjson' return function() end",
            "handler.lua:1 error missing-module: there is no module 'cjson'; it is a C module, which luafunc does not load: use luafunc's 'json'"
        ),
        (
            "local x = require 'luafunc.jsn' return function() end",
            "handler.lua:1 error missing-module: there is no module 'luafunc.jsn' (did you mean 'json'?); luafunc's own modules are azure, base64, crypto, http, json, jwt, log, mcp, task, time, url, uuid"
        ),
        // Settings.
        (
            "local key = os.getenv 'KEY' return function() return { body = key } end",
            "handler.lua:1 warning unset-setting: the app setting 'KEY' is not known here; set it in local.settings.json or with --settings, and in Azure as an app setting"
        ),
        // Syntax.
        (
            "return function()\nif x = 1 then end end",
            "handler.lua:2 error syntax: 'then' expected near '='; Lua compares with =="
        ),
        ("x =", "handler.lua:1 error syntax: unexpected symbol near <eof>"),
        (
            "x = “1”",
            "handler.lua:1 error syntax: unexpected symbol near '<\\226>': “ (U+201C) is a typographic quotation mark; write \" instead"
        ),
        // Results.
        (
            "return function() return { boody = 1, status = 200 } end",
            "handler.lua:1 error unknown-output: an HTTP response has no member 'boody'; there are 'statusCode', 'status', 'headers', 'body' and 'cookies' (did you mean 'body'?)"
        ),
        (
            "return function()\n  return {\n    res = { status = 200 },\n    queue = 'x',\n  }\nend",
            "handler.lua:4 error unknown-output: 'queue' is not an output of this function; function.json has 'res'; the HTTP response is res = { body = … }"
        ),
        (
            "return function() return { res = { stats = 200 } } end",
            "handler.lua:1 error unknown-output: Outputs.res, an HTTP response, has no member 'stats'; there are 'statusCode', 'status', 'headers', 'body' and 'cookies' (did you mean 'status'?)"
        ),
    ])
    func `a mistake is found with its line and what to write`(_ script: String, _ finding: String) async throws {
        #expect(try await Self.findings(script) == [finding])
    }

    @Test(arguments: [
        "return function(data) local x = _G.foo return { body = rawget(_G, 'bar') } end",
        "if jit then jit.off() end local t = unpack or table.unpack return function() return { body = t } end",
        "unpack = unpack or table.unpack return function() return { body = unpack { 1 } } end",
        "local ok, cjson = pcall(require, 'cjson') if not ok then cjson = require 'json' end return function() end",
        "local _ENV = { print = print } x = 1 return function() y = z.w end",
        "local function f(_ENV) return a.b end return function() f {} end",
        "setmetatable(_G, { __index = function() end }) return function() return { body = anything.x } end",
        "setmetatable(_ENV, { __newindex = rawset }) return function() y = 1 end",
        "if _VERSION == 'Lua 5.1' then setfenv(1, {}) end return function() end",
        "counter = 0 return function() counter = counter + 1 end",
        "local function init() total = 0 end init() return function() total = total + 1 end",
        "local M = {} function M.setup() ready = true end M.setup() return function() return { body = ready } end",
        "local s, d = require 'string', require('debug') return function() return { body = s.rep('x', 2) } end",
        "local ok, t = pcall(require, 'x.y') package.loaded['z'] = {} local z = require 'z' return function() end",
        "pcall(function() debugging = true end) return function() return { body = debugging } end",
        "function helper() return 1 end return function() return { body = helper() } end",
        "rawset(_G, 'late', 1) return function() return { body = late } end",
        "if type(ngx) == 'table' then ngx.say 'x' end return function() end",
        "local x = foo if foo == nil then x = 1 end return function() end",
        "string.trim = function(s) return s end return function() return { body = string.trim ' ' } end",
        "function string.trim(s) return s end return function() return { body = (' '):trim() } end",
        "local function extend(t) t.x = 1 end extend(table) return function() return { body = table.x() } end",
        "local json = require 'json' json.mine = 1 return function() return { body = json.mine } end",
        "package.preload.gen = function() return 1 end local g = require 'gen' return function() end",
        "local level = os.getenv 'LEVEL' or os.getenv 'DEBUG' == '1' local site = os.getenv 'WEBSITE_SITE_NAME' return function() end",
        "local known = os.getenv 'KNOWN' local name = 'A' local b = os.getenv(name .. 'B') return function() end",
        "return function() return { status = 200, headers = { x = '1' }, body = { foo = 1 } } end",
        "return function(d) local r = { status = 200 } if d.x then r.body = 'x' else r.body = 'y' end return r end",
        "return function(d) local r = {} if d.x then r.status = 404 else r.res = { body = 1 } end return r end",
        "return function(d) local r = {} r[d.req.Body] = 1 return r end",
        "local function set(t) t.body = t.foo t.foo = nil end return function() local r = { foo = 1 } set(r) return r end",
        "local function make() return { foo = 1, bar = 2 } end return function() return { body = make() } end",
        "local http = require 'http' return function() return http.response { body = 'x' } end",
        "return function() return { Outputs = { res = { body = 'x' } }, Logs = { 'x' } } end",
        "local log = require 'log' log 'x' return function() log.info 'y' print(select('#', 1), utf8.char(1)) end",
        "return function() local f = io.open 'data.txt' local g = io.open('x', 'rb') io.write 'x' io.stdout:write 'y' end",
        "local t <close> = nil goto done ::done:: return function(...) local a, b = ... return { body = a == b and 1 or 2 } end",
        "#!/usr/bin/lua\nreturn function() end",
    ])
    func `what works is no finding`(_ script: String) async throws {
        #expect(try await Self.findings(script) == [])
    }

    @Test(arguments: [
        (
            queue, "return function() return { copi = 'x' } end",
            "handler.lua:1 error unknown-output: 'copi' is not an output of this function; function.json has 'copy' (did you mean 'copy'?)"
        ),
        (
            queue, "return function() return { Outputs = {\ncopy = 'x', other = 'y' } } end",
            "handler.lua:2 error unknown-output: 'other' is not an output of this function; function.json has 'copy'"
        ),
        (
            queue, "local function handler() return { copy = 'x', Logs = { 'x' } } end\nreturn handler",
            "handler.lua:1 error unknown-output: a response payload has no member 'copy'; there are 'Outputs', 'ReturnValue' and 'Logs'"
        ),
        (
            queue, "return function(d) local r = {} if d then r.copy = 1 else r.cpoy = 2 end return r end",
            "handler.lua:1 error unknown-output: 'cpoy' is not an output of this function; function.json has 'copy' (did you mean 'copy'?)"
        ),
        (queue, "return function() return { copy = 'x' } end", nil),
        (queue, "return function() return 'x' end", nil),
        (returning, "return function() return { any = 'x', thing = 1 } end", nil),
        (
            queue, "return function() return { message.x } end",
            "handler.lua:1 error undefined-global: there is no global 'message', so its use fails; the input 'message' is data.message, and data is the handler's first argument"
        ),
    ])
    func `the results of other triggers`(_ bindings: String, _ script: String, _ finding: String?) async throws {
        let files = ["functions/f/function.json": bindings, "functions/f/handler.lua": script]
        #expect(try await Self.findings(files) == (finding.map { [$0] } ?? []))
    }

    @Test func `an entry point's results are checked`() async throws {
        let bindings = Self.queue.replacing("{ \"bindings\"", with: "{ \"entryPoint\": \"run\", \"bindings\"")
        let script =
            "local M = {}\nfunction M.run() return { x = 1 } end\nfunction M.other() return { y = M } end\nreturn M"
        let found = try await Self.findings(["functions/f/function.json": bindings, "functions/f/handler.lua": script])
        #expect(
            found.count == 1 && found[0].hasPrefix("handler.lua:2 error unknown-output: 'x' is not an output"),
            "\(found)")
    }

    @Test func `a module that several functions miss is reported once, with them`() async throws {
        let found = try await Self.findings([
            "functions/a/function.json": TemporaryApp.httpFunction,
            "functions/a/handler.lua": "require 'shop' return print",
            "functions/b/function.json": TemporaryApp.httpFunction,
            "functions/b/handler.lua": "require 'shop' return print",
            "functions/c/function.json": TemporaryApp.httpFunction,
            "functions/c/handler.lua": "require 'Shop' return print",
            "lib/shop.lua": "local util = require 'uitl'\nreturn {}", "lib/util.lua": "return {}",
        ])
        #expect(
            found == [
                "handler.lua:1 error missing-module: there is no module 'Shop'; the module is 'shop'; Azure's file names differ in upper and lower case",
                "shop.lua:1 error missing-module: there is no module 'uitl', which a, b need; did you mean 'util'?",
            ])
    }

    @Test func `globals that one file declares exist in the others`() async throws {
        let found = try await Self.findings([
            "functions/f/function.json": TemporaryApp.httpFunction,
            "functions/f/handler.lua":
                "require 'setup' return function() return { body = config.x, status = mode } end",
            "lib/setup.lua": "config = {} local M = {} function M.later() mode = 200 end return M",
        ])
        #expect(found.contains { $0.hasPrefix("setup.lua:1 error global-assignment: the global 'mode'") }, "\(found)")
        #expect(!found.contains { $0.contains("config") }, "\(found)")
    }

    @Test func `modules that nobody requires, tests and libraries`() async throws {
        let found = try await Self.findings([
            "functions/f/function.json": TemporaryApp.httpFunction,
            "functions/f/handler.lua": "require 'pack' return function() end",
            "functions/f/f_test.lua": "test('x', function() expect(invoke('f')):equals(1) os.exit(0) end) tset()",
            "lib/broken.lua": "return {",
            "lib/unused.lua": "return foo.bar",
            "lua_modules/share/lua/5.4/pack.lua":
                "pcall(require, 'lfs') local x = foo.bar if x then require 'ffi' end function f() y = 1 end",
            "lua_modules/share/lua/5.4/other.lua": "return {",
        ])
        #expect(
            found == [
                "f_test.lua:1 warning undefined-global: there is no global 'tset', so the call fails; did you mean 'test'?",
                "broken.lua:1 warning syntax: unexpected symbol near <eof>",
                "unused.lua:1 warning undefined-global: there is no global 'foo', so its use fails; write local foo = …, or require the module that has it",
            ])
    }

    @Test func `a module that only tests require is judged like a test`() async throws {
        let unit = "local f = io.open('x', 'w') local o = os.getenv 'UNIT_OUTPUT' return { f, o }"
        let files = [
            "functions/f/function.json": TemporaryApp.httpFunction,
            "functions/f/handler.lua": "return function() end",
            "functions/f/f_test.lua": "describe('all', function() test('x', require('unit').run) end) skip 'later'",
            "lib/unit.lua": unit,
        ]
        #expect(try await Self.findings(files) == [])
        let warnings = ["unit.lua:1 warning unavailable-function", "unit.lua:1 warning unset-setting"]
        for user in ["functions/f/handler.lua", "lib/other.lua"] {
            let found = try await Self.findings(files.merging([user: "require 'unit' return print"]) { $1 })
            #expect(found.count == 2 && zip(found, warnings).allSatisfy { $0.hasPrefix($1) }, "\(found)")
        }
    }

    @Test func `a library that requires what is missing says so`() async throws {
        let found = try await Self.findings([
            "functions/f/function.json": TemporaryApp.httpFunction,
            "functions/f/handler.lua": "require 'pack' return function() end",
            "lua_modules/share/lua/5.4/pack.lua": "local lfs = require 'lfs'",
        ])
        #expect(
            found == [
                "pack.lua:1 error missing-module: there is no module 'lfs', which f needs; it is a C module, which luafunc does not load: io.open reads the app's own files, and a binding reads blobs"
            ])
    }

    @Test func `a check of one function looks at its files only`() async throws {
        let app = try TemporaryApp([
            "functions/a/function.json": TemporaryApp.httpFunction,
            "functions/a/handler.lua": "return function() foo() end",
            "functions/b/function.json": TemporaryApp.httpFunction,
            "functions/b/handler.lua": "require 'shop' return function() end",
            "lib/shop.lua": "return bar.x", "lib/unused.lua": "return {",
        ])
        let loaded = try AppLoader(.folder(app.folder.path), settings: [:]).load()
        let memory = ScriptMemory()
        for _ in 1...2 {
            let found = await ScriptChecks.findings(
                in: loaded, failures: [:], settings: [:], of: ["b"], memory: memory
            ).map(Self.text)
            #expect(
                found == [
                    "shop.lua:1 error undefined-global: there is no global 'bar', so its use fails"
                        + "; write local bar = …, or require the module that has it"
                ])
        }
        // The function does not load for the same reason.
        let failure = InvocationFailure(.function, "lib/shop.lua:1: attempt to index a nil value (global 'bar')")
        let other = InvocationFailure(.function, "functions/b/handler.lua: the script returns nothing")
        let found = await ScriptChecks.findings(in: loaded, failures: ["b": failure, "a": other], settings: [:])
        #expect(found.filter { $0.rule == .scriptLoad }.map(\.function) == ["a"])
    }

    /// Nested functions, more constants than an instruction can name, long constructors, chains of copies and of fields.
    @Test func `a large generated script is read to its end`() async throws {
        let nested = String(repeating: "f(function() ", count: 60) + String(repeating: " end)", count: 60)
        let constants = (1...400).map { "t.k\($0) = 'v\($0)' x = t['w\($0)']" }.joined(separator: " ")
        let copies = "local a0 = f " + (1...150).map { "local a\($0) = a\($0 - 1)" }.joined(separator: " ")
        let chain = "f(t" + String(repeating: ".a", count: 5000) + ")"
        let jumps = (1...300).map { "if t[\($0)] then f(\($0), t and 1 or 2) elseif x then x = f { \($0), a = t } end" }
        let list = "f { " + (1...3000).map { "'e\($0)', n\($0) = \($0)" }.joined(separator: ", ") + " }"
        let part = [nested, constants, copies, chain, jumps.joined(separator: "\n"), list].map { "do \($0) end\n" }
            .joined()
        let script =
            "local f, t = print, {} x = 1\n" + String(repeating: part, count: 3)
            + "function last() string.trim(y) end return function() last() jsn.encode() end"
        let found = try await Self.findings(script)
        #expect(found.count == 3, "\(found)")
        #expect(found.contains { $0.contains("there is no global 'jsn', so its use fails") })
    }

    /// Every case of the tests that run handlers: only what fails may be an error.
    @Test func `a result that is refused here is refused by the invocation`() async throws {
        let cases = Repository.root.appending(path: "Tests/Cases")
        let paths = try FileManager.default.subpathsOfDirectory(atPath: cases.path)
        let known = Set(paths)
        var files: [String: String] = [:]
        var failing: Set<String> = []
        func text(_ path: String) throws -> String {
            try String(contentsOf: cases.appending(path: path), encoding: .utf8)
        }
        for path in paths where path.hasSuffix("/handler.lua") && path != "logs-not-utf8/handler.lua" {
            var parts = path.split(separator: "/").dropLast()
            let name = parts.joined(separator: "-")
            guard let script = try? text(path) else { continue }
            if let expected = try? text(parts.joined(separator: "/") + "/expected.json"),
                expected.contains("\"failed\"")
            {
                failing.insert(name)
            }
            while !parts.isEmpty, !known.contains((parts + ["function.json"]).joined(separator: "/")) {
                parts.removeLast()
            }
            files["functions/\(name)/function.json"] = try text((parts + ["function.json"]).joined(separator: "/"))
            files["functions/\(name)/handler.lua"] = script
        }
        #expect(files.count > 400 && failing.count > 50)
        let app = try TemporaryApp(files)
        let loaded = try AppLoader(.folder(app.folder.path), settings: [:]).load()
        let found = await ScriptChecks.findings(in: loaded, failures: [:], settings: [:])
        let refused = found.filter { $0.severity == .error }.compactMap(\.function)
        #expect(refused.count > 10 && refused.filter { !failing.contains($0) } == [], "\(refused)")
    }

    /// The app's own functions, and libraries of Debian as the author's own files.
    @Test func `the samples have no findings`() async throws {
        let loaded = try AppLoader(.folder(Repository.root.path), settings: ["KNOWN": "1"]).load()
        let found = await ScriptChecks.findings(in: loaded, failures: [:], settings: [:]).map(Self.text)
        let others = found.filter { !$0.contains("unset-setting") }
        // host.json forwards requests, and the sample of an MCP server works that way, too.
        #expect(others.count == 1 && others.first?.hasPrefix("host.json note mcp-streams: ") == true, "\(others)")
    }

    @Test(arguments: ["lib", "lua_modules/share/lua/5.4"])
    func `libraries of Debian cause no errors`(_ folder: String) async throws {
        var files: [String: String] = [:]
        let handlers = Repository.root.appending(path: "Tests/Libraries")
        for name in try FileManager.default.contentsOfDirectory(atPath: handlers.path) {
            let function = "f" + name.filter { $0.isLetter || $0.isNumber }.replacing("lua", with: "")
            files["functions/\(function)/function.json"] = TemporaryApp.httpFunction
            files["functions/\(function)/handler.lua"] = try String(
                contentsOf: handlers.appending(path: name), encoding: .utf8)
            for (path, text) in try Self.files(of: String(name.dropLast(4))) { files["\(folder)/\(path)"] = text }
        }
        let found = try await Self.findings(files)
        #expect(found.filter { $0.contains(" error ") } == [])
        // Their authors' own globals and members are all known.
        #expect(found.filter { $0.contains("undefined-global") || $0.contains("global-assignment") } == [])
    }

    private static func files(of package: String) throws -> [String: String] {
        let dpkg = Process()
        let output = Pipe()
        dpkg.executableURL = URL(filePath: "/usr/bin/dpkg-query")
        dpkg.arguments = ["-L", package]
        dpkg.standardOutput = output
        try dpkg.run()
        let list = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        var files: [String: String] = [:]
        for path in list.split(separator: "\n").sorted() {
            guard let match = path.wholeMatch(of: #//usr/share/lua/5\.\d/(.*\.lua)/#) else { continue }
            files[String(match.1)] = try String(contentsOfFile: String(path), encoding: .utf8)
        }
        return files
    }
}
