import CustomHandler
import EventLoop
import Foundation
import FunctionsModel
import LoopTesting
import TestSupport
import Testing

@testable import Toolbox

/// The definitions of modules and globals, compared with what scripts really have.
struct TypeDefinitionTests {
    init() { MainLoopThread.start() }

    @Test(arguments: DefinitionFile.all.map(\.name))
    func `a definition file follows the grammar of the language server`(_ name: String) throws {
        let file = try #require(DefinitionFile.all.first { $0.name == name })
        #expect(file.faults == [])
    }

    @Test func `every type that is named exists, once`() {
        let basic: Set = [
            "nil", "any", "boolean", "string", "number", "integer", "function", "table", "thread", "userdata", "true",
            "false",
        ]
        let defined = DefinitionFile.all.flatMap(\.defined)
        #expect(Set(defined).count == defined.count)
        let used = DefinitionFile.all.reduce(into: Set<String>()) { $0.formUnion($1.used) }
        #expect(used.subtracting(defined).subtracting(basic) == [])
        // What functions.lua is made of.
        #expect(Set(defined).isSuperset(of: ["luafunc.Context", "luafunc.Metadata", "luafunc.Payload"]))
    }

    @Test func `all definitions together are small`() {
        let size = (TypeDefinitions.modules + TypeDefinitions.globals).reduce(0) { $0 + $1.text.count }
        #expect(size < 60_000)
    }

    @Test(arguments: [
        ("---@param a", ["no type:  a"]), ("---@pram a string", ["unknown tag @pram"]),
        ("---@return fun(a: string", ["no name:  fun(a: string"]), ("---@type table<string", ["no '>':  table<string"]),
        ("---@field a string", ["@field without @class"]), ("---@type (string|integer)[]?", []),
        ("---@type fun(a: string, b?: integer, ...: any): string?, \"x\"|1", []),
        ("---@type { name: string, [integer]: boolean }", []),
    ])
    func `the checker knows right from wrong`(_ line: String, _ faults: [String]) {
        #expect(AnnotationBlock([line[...]]).faults == faults)
    }

    // MARK: Against a virtual machine

    @Test func `each member of each module has an entry, and each entry is a member`() throws {
        let names = try Self.knownNames()
        #expect(Set(TypeDefinitions.modules.map(\.name)) == Set(names.modules.keys))
        for (module, value) in names.modules {
            guard case .table(let real) = value else { continue }
            let file = try #require(DefinitionFile.all.first { $0.name == module })
            #expect(file.members[module] == Set(real.keys), "\(module)")
            for case (let name, .table(let inner)) in real {
                // JSON's null is no table.
                #expect(file.members["\(module).\(name)"] == Set(inner.keys), "\(module).\(name)")
            }
        }
    }

    @Test(arguments: TypeDefinitions.replacedLibraries)
    func `a library of Lua has exactly the functions that scripts may call`(_ library: String) throws {
        let names = try Self.knownNames()
        guard case .table(let real)? = names.globals[library] else {
            Issue.record("there is no \(library)")
            return
        }
        // Only test files and the prompt can end themselves.
        let elsewhere = library == "os" ? ["exit"] : []
        let callable = real.keys.filter { KnownNames.advice(onCalling: "\(library).\($0)") == nil }
        let file = try #require(DefinitionFile.all.first { $0.name == library })
        #expect(file.members[library] == Set(callable + elsewhere))
    }

    private static func knownNames() throws -> KnownNames {
        let files = try TemporaryApp([
            "functions/f/function.json": TemporaryApp.queueFunction, "functions/f/handler.lua": "return function() end",
        ])
        let app = try AppLoader(.folder(files.folder.path), settings: [:]).load()
        let function = try #require(app.functions["f"])
        return try #require(KnownNames(of: function, in: app.files))
    }

    /// Lua code that makes an object of each class.
    private static let objects = [
        "luafunc.File": "io.open 'functions/order/a.txt'", "luafunc.Task": "task.spawn(function() end)",
        "luafunc.ReceivedResponse": "http.get 'http://a.example/'", "luafunc.TestResult": "result",
        "luafunc.TestResponse": "result.response", "luafunc.StubHandle": "handle",
        "luafunc.StubbedRequest": "handle.calls[1]", "luafunc.Expectation": "expect(1)", "luafunc.Clock": "clock",
        "luafunc.Stub": "stub", "luafunc.Date": "require 'time'.date(0)",
        "luafunc.URL": "require 'url'.parse 'http://u:p@a:1/b?c#d'", "luafunc.DebugInfo": "debug.getinfo(print)",
    ]

    /// Runs a test file in whose test the objects are there. Returns what it prints.
    @MainLoop private static func printed(_ code: String) async throws -> [String] {
        let results = try await TestRunTests.run([
            "functions/order/a.txt": "text",
            "functions/order/handler.lua": """
            return function(data, metadata, context) return { res = { body = "{}" } } end
            """,
            "functions/order/objects_test.lua": """
            local http, task = require "http", require "task"
            test("t", function()
                local result = invoke("order", { body = "{}", query = { a = "1" } })
                local handle = stub.http("http://a.example/", { body = "{}" })
                http.get "http://a.example/"
                \(code)
            end)
            """,
        ])
        let test = try #require(results.first?.results.first)
        #expect(test.failure == nil, "\(String(describing: test.failure))")
        return test.logs
    }

    @Test @MainLoop func `objects have the methods and the fields of their classes, and no others`() async throws {
        var code = ""
        for (name, expression) in Self.objects {
            let type = try #require(DefinitionFile.classes[name])
            code += "do local object = \(expression)\n"
            for method in type.functions.sorted() {
                code += "if type(object.\(method)) ~= 'function' then print('no \(name).\(method)') end\n"
            }
            for field in type.fields.keys where !type.optional.contains(field) {
                code += "if object.\(field) == nil then print('no \(name).\(field)') end\n"
            }
            code += """
                if type(object) == 'table' then
                    for key in pairs(object) do if type(key) == 'string' then print('\(name)', key) end end
                end end

                """
        }
        for line in try await Self.printed(code) {
            let words = line.split(separator: "\t").map(String.init)
            let type = words.count == 2 ? DefinitionFile.classes[words[0]] : nil
            let parent = words[0] == "luafunc.Date" ? DefinitionFile.classes["luafunc.DateParts"] : nil
            let known = [type, parent].compactMap(\.self).flatMap { $0.functions.union($0.fields.keys) }
            #expect(known.contains(words.last ?? ""), "\(line)")
        }
    }

    @Test @MainLoop func `requests and contexts have the methods and the fields of their classes`() async throws {
        var code = "local seen = {}\n"
        for (name, variable) in [("luafunc.Request", "data.req"), ("luafunc.Context", "context")] {
            let type = try #require(DefinitionFile.classes[name])
            for member in type.functions.union(type.fields.keys.filter { !type.optional.contains($0) }) {
                code += "if \(variable).\(member) == nil then seen[#seen + 1] = 'no \(name).\(member)' end\n"
            }
            let known = type.functions.union(type.fields.keys).map { "\($0) = true" }.joined(separator: ", ")
            code += "for key in pairs(\(variable)) do if not ({ \(known) })[key] then seen[#seen + 1] = key end end\n"
        }
        let results = try await TestRunTests.run([
            "functions/order/handler.lua":
                "return function(data, metadata, context) \(code) return { res = { body = table.concat(seen, ' ') } } end",
            "functions/order/order_test.lua": """
            test("t", function() print(invoke("order", { body = "{}" }).response.body) end)
            """,
        ])
        #expect(results.first?.results.first?.logs == [""])
    }

    @Test @MainLoop func `the globals of tests are exactly those of test files`() async throws {
        let code = "for name in pairs(getmetatable(_G).__index) do print(name) end"
        let file = try #require(DefinitionFile.all.first { $0.name == "tests" })
        let variables = ["clock", "stub"]
        #expect(Set(try await Self.printed(code)) == file.globals.union(variables))
        #expect(file.members.keys.filter { !$0.contains(where: \.isUppercase) }.sorted() == variables)
    }

    /// Methods that a script cannot list, read from the text that makes them.
    @Test(arguments: [
        (
            "luafunc.ReceivedResponse", "Modules/HTTPClientModule.swift",
            #"(?m)^            (\w+) = wrap\((?:function\(self|close)"#
        ),
        ("luafunc.File", "Modules/FileHandles+Chunk.swift", #"(?m)^            (\w+) = function\(file"#),
        ("luafunc.Task", "Modules/TaskModule.swift", #"\("(\w+)", \{ \[unowned self\]"#),
        ("luafunc.Request", "Modules/RequestMethods.swift", #"[\[ ]"(\w+)": "req:\w+\("#),
        (
            "luafunc.Expectation", "Testing/ExpectChunk.swift",
            #"(?m)^            (\w+) = (?:function\(value|number_matcher\()"#
        ),
        ("luafunc.Clock", "Testing/TestPrelude.swift", #"(?m)^            (\w+) = wrap\(function\((?:_|\))"#),
    ])
    func `methods are complete`(_ name: String, _ file: String, _ pattern: String) throws {
        let text = try String(
            contentsOf: Repository.root.appending(path: "Sources/CustomHandler/\(file)"), encoding: .utf8)
        let regex = try Regex(pattern)
        let found = Set(text.matches(of: regex).compactMap { $0.output[1].substring.map(String.init) })
        let type = try #require(DefinitionFile.classes[name])
        #expect(found == type.functions, "\(found)")
    }

    @Test func `the docs name every member and every option`() throws {
        var docs = try String(contentsOf: Repository.root.appending(path: "README.md"), encoding: .utf8)
        let folder = Repository.root.appending(path: "docs")
        for file in try FileManager.default.contentsOfDirectory(atPath: folder.path) where file.hasSuffix(".md") {
            docs += try String(contentsOf: folder.appending(path: file), encoding: .utf8)
        }
        let words = Set(docs.split { !$0.isLetter && !$0.isNumber }.map(String.init))
        for module in TypeDefinitions.modules {
            let file = try #require(DefinitionFile.all.first { $0.name == module.name })
            let options = file.classes.filter { $0.key.hasSuffix("Options") }.flatMap(\.value.fields.keys)
            #expect(Set(file.members.flatMap(\.value) + options).subtracting(words) == [], "\(module.name)")
        }
    }

    /// A call with a wrong option, whose error lists all options.
    @Test(arguments: [
        ("luafunc.HTTPRequest", "http.request { url = 'http://a.example/', zz = 1 }"),
        ("luafunc.RetryOptions", "http.get('http://a.example/', { retry = { zz = 1 } })"),
        ("luafunc.VerifyOptions", "require 'jwt'.verify('x', { zz = 1 })"),
        ("luafunc.SignOptions", "require 'jwt'.sign({}, { zz = 1 })"),
        ("luafunc.PBKDF2Options", "require 'crypto'.pbkdf2 { zz = 1 }"),
        ("luafunc.SealOptions", "require 'crypto'.aesGcm.seal(('x'):rep(16), 'x', { zz = 1 })"),
        ("luafunc.OpenOptions", "require 'crypto'.aesGcm.open(('x'):rep(16), 'x', { zz = 1 })"),
        ("luafunc.JSONOptions", "require 'json'.encode({}, { zz = 1 })"),
        ("luafunc.FileOptions", "http.file('x', { zz = 1 })"),
        ("luafunc.TimeAmounts", "require 'time'.add(0, { zz = 1 })"),
        ("luafunc.TestEvent", "invoke('order', { zz = 1 })"),
        ("luafunc.StubReply", "stub.http('http://a.example/', { zz = 1 })"),
    ])
    @MainLoop func `tables of options have exactly the options`(_ name: String, _ call: String) async throws {
        let lines = try await Self.printed("print(select(2, pcall(function() \(call) end)))")
        let message = try #require(lines.first)
        let list = try #require(message.firstMatch(of: #/(?:there are|there is only|there is) (.*)$/#)?.1, "\(message)")
        let listed = Set(
            list.split { !$0.isLetter && !$0.isNumber }.map(String.init).filter { $0 != "and" && $0 != "only" })
        var fields = Set((DefinitionFile.classes[name]?.fields ?? [:]).keys)
        if name == "luafunc.HTTPRequest" {
            fields.formUnion((DefinitionFile.classes["luafunc.HTTPOptions"]?.fields ?? [:]).keys)
        }
        #expect(fields == listed, "\(message)")
    }

    @Test @MainLoop func `the errors of a stub are those that the program knows`() async throws {
        let call = "stub.http('http://a.example/', { error = 'zz' })"
        let message = try #require(try await Self.printed("print(select(2, pcall(function() \(call) end)))").first)
        let list = try #require(message.firstMatch(of: #/there are (.*)$/#)?.1, "\(message)")
        let type = try #require(DefinitionFile.classes["luafunc.StubReply"]?.fields["error"])
        let names = type.matches(of: #/"([a-z]+)"/#).map { String($0.1) }
        #expect(names == list.split(separator: ", ").map(String.init), "\(type)")
    }
}
