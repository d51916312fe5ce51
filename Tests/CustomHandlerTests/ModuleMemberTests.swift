import Foundation
import JSON
import TestSupport
import Testing

@testable import CustomHandler

/// The members of luafunc's modules, and those that they do not have.
@Suite struct ModuleMemberTests {
    /// Lua code that must raise the sentence, without the place of the error.
    @Test(arguments: [
        (
            "require('json').parse '{}'",
            "json has no member 'parse'; did you mean 'decode'? It has array, decode, encode, null, object"
        ),
        ("require('json').stringify {}", "json has no member 'stringify'; did you mean 'encode'? It has"),
        ("require('uuid').new()", "uuid has no member 'new'; did you mean 'v4'? It has v4, v7"),
        (
            "require('log').warning 'x'",
            "log has no member 'warning'; did you mean 'warn'? It has debug, error, info, warn"
        ),
        ("require('http').fetch 'x'", "http has no member 'fetch'; did you mean 'request'? It has"),
        ("require('crypto').sha265 'x'", "crypto has no member 'sha265'; did you mean 'sha256'? It has"),
        (
            "require('crypto').aesGcm.encrypt('k', 'x')",
            "crypto.aesGcm has no member 'encrypt'; did you mean 'seal'? It has"
        ),
        (
            "require('crypto').aesGcm.decrypt('k', 'x')",
            "crypto.aesGcm has no member 'decrypt'; did you mean 'open'? It has"
        ),
        ("require('base64').encode_url 'x'", "base64 has no member 'encode_url'; did you mean 'encodeURL'? It has"),
        ("require('task').wait(1)", "task has no member 'wait'; did you mean 'sleep'? It has all, sleep, spawn"),
        (
            "require('task').join(1)",
            "task has no member 'join'; join is a method: local t = task.spawn(f); t:join(). It has"
        ),
        ("require('time').time()", "time has no member 'time'; did you mean 'now'? It has"),
        ("require('url').escape 'x'", "url has no member 'escape'; did you mean 'encode'? It has"),
        ("require('azure').frobnicate()", "azure has no member 'frobnicate'. It has bytes"),
        // Reading is enough.
        ("local x = require('json').cjson", "json has no member 'cjson'. It has"),
    ])
    func `a member that a module does not have is refused with the one that was meant`(
        _ code: String, _ sentence: String
    ) async throws {
        let reply = try await Self.run("local ok, message = pcall(function() \(code) end) return message")
        #expect(reply.hasPrefix("[string"), "\(reply)")
        #expect(reply.contains(":1: " + sentence), "\(reply)")
    }

    @Test(arguments: [
        "local json = require 'json' return json[1] == nil and rawget(json, 'x') == nil",
        "local log = require 'log' log 'x' return getmetatable(log) == false",
        "local json = require 'json' json.mine = 1 return json.mine == 1",
        "local names = 0 for _ in pairs(require 'json') do names = names + 1 end return names >= 5",
    ])
    func `a module is an ordinary table in every other way`(_ code: String) async throws {
        #expect(try await Self.run(code) == "true")
    }

    /// What a script catches is Lua's own text.
    @Test func `pcall returns the messages of Lua`() async throws {
        let reply = try await Self.run("return select(2, pcall(function() return unpack {} end))")
        #expect(reply.hasSuffix("attempt to call a nil value (global 'unpack')"), "\(reply)")
    }

    private static func run(_ code: String) async throws -> String {
        let app = try TemporaryApp([
            "functions/f/function.json": TemporaryApp.httpFunction,
            "functions/f/handler.lua": "return function(data) return tostring(assert(load(data.req.Body))()) end",
        ])
        let handler = try await InProcessHandler(root: app.folder.path)
        let text = try await handler.invoke("f", body: code)
        return try JSONTree.parse(Array(text.utf8).span.bytes)["Outputs"]?["res"]?["body"]?.string ?? text
    }
}
