import Foundation
import TestSupport
import Testing

/// Tests saves while the built program serves the app.
@Suite struct ReloadTests {
    @Test func `a save of a script or a module takes effect`() throws {
        let served = try ServedApp()
        #expect(try served.request("/api/f").text == "one first")
        #expect(
            try served.save(
                ["functions/f/handler.lua": "return function() return 'two ' .. require 'm' end"], isAtomic: false)
                == "two first")
        #expect(try served.save(["lib/m.lua": "return 'second'"], isAtomic: false) == "two second")
        #expect(try served.save(["functions/f/m.lua": "return 'own'"], isAtomic: false) == "two own")
    }

    @Test func `functions and settings can be added and removed`() throws {
        let served = try ServedApp()
        let files = [
            "functions/g/function.json": TemporaryApp.httpFunction,
            "functions/g/handler.lua": "return function() return 'g' end",
        ]
        #expect(try served.save(files, path: "/api/g", waitFor: "added g") == "g")
        try FileManager.default.removeItem(at: served.app.folder.appending(path: "functions/g"))
        #expect(served.process.waitForLine(containing: "removed g"))
        #expect(try served.request("/api/g").status == 404)
        #expect(
            try served.save(["host.json": ServedApp.host("v2")], path: "/v2/f", waitFor: "reloaded host.json")
                == "one first")
        let route = TemporaryApp.httpFunction.replacing(#""name": "req","#, with: #""name": "req", "route": "other","#)
        #expect(try served.save(["functions/f/function.json": route], path: "/v2/other") == "one first")
    }

    @Test(arguments: [
        (
            "functions/f/handler.lua", "local x\nreturn function( broken",
            "functions/f/handler.lua:2: ')' expected near <eof>", "> "
        ),
        (
            "functions/f/handler.lua", "error 'at load'", "functions/f/handler.lua:1: at load",
            ">    1 | error 'at load'"
        ),
        (
            "lib/m.lua", "return nonsense.field", "lib/m.lua:1: attempt to index a nil value (global 'nonsense')",
            ">    1 | return"
        ),
        (
            "lib/m.lua", "return table.getn {}",
            "lib/m.lua:1: attempt to call a nil value (field 'getn'); Lua 5.4 has the operator #", ">    1 | return"
        ),
        (
            "functions/f/function.json", "{ \"bindings\": [", "functions/f/function.json",
            "the previous version keeps running"
        ),
        ("host.json", #"{ "version": "1.0" }"#, "host.json", "the previous version keeps running"),
    ])
    func `a broken save is reported, and the previous version stays`(
        _ file: String, text: String, reason: String, more: String
    ) throws {
        let served = try ServedApp()
        let good = try String(contentsOf: served.app.folder.appending(path: file), encoding: .utf8)
        // In one step, as the first half of a module, which is nothing, loads.
        try served.app.write([file: text], isAtomic: true)
        #expect(served.process.waitForErrorLine(containing: reason))
        let kept = try served.request("/api/f").text
        #expect(kept == "one first")
        // A correct change fixes it. The first save may still be read while the second is written.
        try served.app.write([file: good], isAtomic: true)
        #expect(try served.save(["lib/m.lua": "return 'mended'"]) == "one mended")
    }

    @Test func `a handler that takes its first argument for the request is warned about`() throws {
        let served = try ServedApp()
        try served.app.write(["functions/f/handler.lua": "return function(req) return req.Body end"], isAtomic: true)
        #expect(
            served.process.waitForErrorLine(
                containing:
                    "functions/f/handler.lua: the handler's first argument holds the input bindings by name, so "
                    + "req.Body is nil; write function(data), and data.req.Body"))
    }

    @Test func `a save by renaming over the file takes effect`() throws {
        let served = try ServedApp()
        let file = served.app.folder.appending(path: "lib/m.lua")
        let draft = served.app.folder.appending(path: "lib/.m.lua.swp")
        try Data("return 'renamed'".utf8).write(to: draft)
        rename(draft.path, file.path)
        #expect(served.process.waitForLine(containing: "reloaded f"))
        #expect(try served.request("/api/f").text == "one renamed")
    }

    @Test func `a running invocation finishes with the code it began with`() throws {
        let served = try ServedApp([
            "functions/f/handler.lua": """
            local task, m = require "task", require "m"
            return function() print "begun" task.sleep(0.3) return "old " .. m .. require "late" end
            """,
            "lib/late.lua": "return ' late'",
        ])
        let connection = try RawConnection(port: served.process.port)
        connection.send("GET /api/f HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(served.process.waitForLine(containing: "begun"))
        var text = try served.save([
            "functions/f/handler.lua": "return function() return 'new' end", "lib/m.lua": "return 'second'",
            "lib/late.lua": "return ' new'",
        ])
        // On a busy machine, each of the three files may be a separate save.
        for _ in 0..<2 where text != "new" {
            #expect(served.process.waitForLine(containing: "reloaded f"))
            text = try served.request("/api/f").text
        }
        #expect(text == "new")
        #expect(connection.response()?.text == "old first late")
    }

    @Test func `a module that was not required before is loaded in its saved version`() throws {
        let served = try ServedApp([
            "functions/f/handler.lua": "return function() return require 'm' end",
            "functions/g/function.json": TemporaryApp.httpFunction,
            "functions/g/handler.lua": "return function() return 'g' end",
        ])
        try served.app.write(["lib/m.lua": "return 'saved'"])
        // The reload that shows the first answer may have read the module while it was being written. The next reload
        // begins later.
        for answer in ["g1", "g2"] {
            #expect(
                try served.save(
                    ["functions/g/handler.lua": "return function() return '\(answer)' end"], path: "/api/g",
                    waitFor: "reloaded g") == answer)
        }
        let reply = try served.request("/api/f")
        #expect(reply.text == "saved", "\(reply)")
    }

    @Test func `a function that never worked delays no save`() throws {
        let served = try ServedApp([
            "functions/bad/function.json": TemporaryApp.httpFunction,
            "functions/bad/handler.lua": "require 'm' error 'never worked'",
        ])
        let text = try served.save(["lib/m.lua": "return 'second'"], waitFor: "reloaded bad, f")
        #expect(text == "one second")
        #expect(
            try served.save(
                ["functions/bad/handler.lua": "return function() return 'works' end"], path: "/api/bad",
                waitFor: "reloaded bad") == "works")
    }

    @Test func `a cycle of links does no harm`() throws {
        let served = try ServedApp()
        for name in ["a", "b", "c"] {
            try FileManager.default.createSymbolicLink(
                at: served.app.folder.appending(path: "lib/\(name)"), withDestinationURL: served.app.folder)
        }
        #expect(try served.save(["lib/m.lua": "return 'second'"]) == "one second")
    }

    @Test func `in development, saves take effect by default`() throws {
        let served = try ServedApp(environment: ["AZURE_FUNCTIONS_ENVIRONMENT": "Development"])
        // Otherwise the first load could read a file in the middle of the save.
        #expect(try served.request("/api/f").text == "one first")
        let text = try served.save(["lib/m.lua": "return 'second'"])
        #expect(text == "one second")
    }
}
