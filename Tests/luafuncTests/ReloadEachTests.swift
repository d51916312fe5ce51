import Foundation
import TestSupport
import Testing

/// Tests saves of an app in which some functions do not load.
@Suite struct ReloadEachTests {
    private static let two = [
        "functions/g/function.json": TemporaryApp.httpFunction,
        "functions/g/handler.lua": "return function() return 'g one' end",
    ]

    private static func answer(_ text: String) -> String { "return function() return '\(text)' end" }

    @Test func `a save of one function takes effect while another does not load`() throws {
        let served = try ServedApp(Self.two)
        try served.app.write(["functions/f/handler.lua": "return function( broken"])
        #expect(
            served.process.waitForErrorLine(
                containing: "f keeps its previous version: functions/f/handler.lua:1: ')' expected near <eof>"))
        for text in ["g two", "g three"] {
            #expect(
                try served.save(
                    ["functions/g/handler.lua": Self.answer(text)], path: "/api/g", waitFor: "reloaded g") == text)
        }
        #expect(try served.request("/api/f").text == "one first")
    }

    @Test func `a broken function is reported once, again when it changes, and when it loads`() throws {
        let served = try ServedApp(Self.two)
        try served.app.write(["functions/f/handler.lua": "return one"], isAtomic: true)
        #expect(served.process.waitForErrorLine(containing: "f keeps its previous version: functions/f/handler.lua"))
        for text in ["g two", "g three"] {
            _ = try served.save(["functions/g/handler.lua": Self.answer(text)], path: "/api/g", waitFor: "reloaded g")
        }
        try served.app.write(["functions/f/handler.lua": "return return"], isAtomic: true)
        let again = try #require(served.process.errorLine(containing: "f keeps its previous version"))
        #expect(again.contains("near 'return'"))
        // A module that the function requires belongs to it too, although loading does not get that far.
        try served.app.write(["lib/m.lua": "return 'second'"], isAtomic: true)
        #expect(try #require(served.process.errorLine(containing: "f keeps")).contains("near 'return'"))
        // One line says so.
        try served.app.write(["functions/f/handler.lua": Self.answer("mended")], isAtomic: true)
        var lines: [String] = []
        while lines.last?.contains(" f") != true { lines.append(try #require(served.process.line())) }
        #expect(lines.last?.contains(#/reloaded f in \d+ ms; f loads now$/#) == true, "\(lines)")
        #expect(
            try served.save(["functions/f/handler.lua": Self.answer("later")], waitFor: "reloaded f in ") == "later")
    }

    @Test func `undoing a broken save is reported`() throws {
        let served = try ServedApp()
        let good = "local m = require 'm' return function() return 'one ' .. m end"
        try served.app.write(["functions/f/handler.lua": "error 'at load'"], isAtomic: true)
        #expect(served.process.waitForErrorLine(containing: "functions/f/handler.lua:1: at load"))
        let text = try served.save(
            ["functions/f/handler.lua": good],
            waitFor: "f loads now: its files match the running version again")
        #expect(text == "one first")
    }

    @Test func `functions that share a broken module are reported together`() throws {
        let served = try ServedApp(
            Self.two.merging(["functions/g/handler.lua": "local m = require 'm' return function() return 'g ' .. m end"]
            ) {
                $1
            })
        try served.app.write(["lib/m.lua": "\nreturn nonsense.field"], isAtomic: true)
        #expect(
            served.process.waitForErrorLine(
                containing: "f, g keep their previous versions: lib/m.lua:2: attempt to index a nil value"))
        #expect(served.process.waitForErrorLine(containing: ">    2 | return nonsense.field"))
        #expect(try served.request("/api/g").text == "g first")
        #expect(try served.save(["lib/m.lua": "return 'second'"], waitFor: "reloaded f, g") == "one second")
    }

    @Test func `a function that keeps its version keeps its modules and its route`() throws {
        func function(_ route: String) -> String {
            TemporaryApp.httpFunction.replacing(#""name": "req","#, with: #""name": "req", "route": "\#(route)","#)
        }
        let served = try ServedApp(
            Self.two.merging([
                "functions/f/function.json": function("one"),
                "functions/f/handler.lua": "return function() return require 'm' end",
            ]) { $1 })
        #expect(try served.request("/api/one").text == "first")
        try served.app.write(["functions/f/handler.lua": "return function( broken"], isAtomic: true)
        #expect(served.process.waitForErrorLine(containing: "f keeps its previous version"))
        // Its saved version has another route, so g could have the old one. But the old version is still served.
        try served.app.write(["functions/f/function.json": function("two")], isAtomic: true)
        #expect(served.process.waitForErrorLine(containing: "f keeps its previous version"))
        try served.app.write(["lib/m.lua": "return 'second'"], isAtomic: true)
        #expect(served.process.waitForErrorLine(containing: "f keeps its previous version"))
        try served.app.write(["functions/g/function.json": function("one")], isAtomic: true)
        #expect(
            served.process.waitForErrorLine(
                containing: "g keeps its previous version: functions/g/function.json:1: 'f' has the same route 'one'"))
        #expect(try served.request("/api/one").text == "first")
        #expect(try served.request("/api/g").text == "g one")
        try served.app.write(["functions/f/handler.lua": "return function() return require 'm' end"], isAtomic: true)
        #expect(served.process.waitForLine(containing: "reloaded f, g"))
        #expect(try served.request("/api/one").text == "g one" && served.request("/api/two").text == "second")
    }

    @Test func `a function with a broken function.json keeps working, and a new function is added`() throws {
        let served = try ServedApp()
        try served.app.write(["functions/f/function.json": "{"], isAtomic: true)
        #expect(
            served.process.waitForErrorLine(containing: "f keeps its previous version: functions/f/function.json:1"))
        #expect(try served.save(Self.two, path: "/api/g", waitFor: "added g") == "g one")
        #expect(try served.request("/api/f").text == "one first")
    }

    @Test func `a new function that does not load delays nothing and answers with the reason`() throws {
        let served = try ServedApp()
        try served.app.write(
            [
                "functions/g/handler.lua": "error 'never worked'",
                "functions/g/function.json": TemporaryApp.httpFunction,
            ], isAtomic: true)
        #expect(
            served.process.waitForErrorLine(
                containing: "g does not load: functions/g/handler.lua:1: never worked"))
        #expect(try served.request("/api/g").text.contains("never worked"))
        #expect(try served.save(["lib/m.lua": "return 'second'"]) == "one second")
    }

    @Test func `all problems of a function that never worked are reported, and it is not removed`() throws {
        let served = try ServedApp(["functions/g/function.json": "{", "functions/g/handler.lua": "return nothing"])
        try served.app.write(["functions/g/function.json": TemporaryApp.httpFunction], isAtomic: true)
        #expect(served.process.waitForErrorLine(containing: "g does not load: functions/g/handler.lua"))
        try served.app.write(["functions/g/function.json": "["], isAtomic: true)
        #expect(served.process.waitForErrorLine(containing: "g does not load: functions/g/function.json:1"))
        #expect(try served.request("/api/g").status == 404)
        try served.app.write(["functions/g/handler.lua": Self.answer("g")], isAtomic: true)
        try served.app.write(["functions/g/function.json": TemporaryApp.httpFunction], isAtomic: true)
        var lines: [String] = []
        while lines.last?.hasSuffix("g loads now") != true { lines.append(try #require(served.process.line())) }
        #expect(!lines.contains { $0.contains("removed") }, "\(lines)")
        #expect(try served.request("/api/g").text == "g")
    }

    @Test func `a broken host.json delays no function`() throws {
        let served = try ServedApp()
        try served.app.write(["host.json": "{"], isAtomic: true)
        #expect(served.process.waitForErrorLine(containing: "the previous host.json stays in effect: host.json:1: "))
        #expect(try served.save(["lib/m.lua": "return 'second'"]) == "one second")
        #expect(
            try served.save(["host.json": ServedApp.host("v2")], path: "/v2/f", waitFor: "host.json loads now")
                == "one second")
    }

    @Test func `a checkout of many files takes effect in one step, except for what does not load`() throws {
        var files = ["host.json": ServedApp.host()]
        let names = (10..<40).map { "f\($0)" }
        for version in ["one", "two"] {
            for name in names {
                files["\(version)/functions/\(name)/function.json"] = TemporaryApp.httpFunction
                files["\(version)/functions/\(name)/handler.lua"] = Self.answer(version)
            }
        }
        files["two/functions/f20/handler.lua"] = "return function( broken"
        let app = try TemporaryApp(files)
        try app.link("functions", to: "one/functions")
        let served = try ServedApp(app, waitFor: "f39: httpTrigger")
        #expect(try served.request("/api/f20").text == "one")
        // All files change in one step.
        try app.link("functions", to: "two/functions")
        let others = names.filter { $0 != "f20" }.joined(separator: ", ")
        #expect(served.process.waitForLine(containing: "reloaded \(others) in "))
        #expect(served.process.waitForErrorLine(containing: "f20 keeps its previous version"))
        for name in names { #expect(try served.request("/api/\(name)").text == (name == "f20" ? "one" : "two")) }
    }

    // MARK: Late modules

    private static let late = [
        "functions/f/handler.lua": "return function() return require 'late' end",
        "lib/late.lua": "return require 'later'", "lib/later.lua": "return 'late'",
    ]

    @Test(arguments: [
        ("lib/late.lua", "retrun 1", "lib/late.lua:1: syntax error near '1'"),
        ("lib/late.lua", "return nonsense.field", "lib/late.lua:1: attempt to index a nil value"),
        ("lib/later.lua", "\nerror 'at load'", "lib/later.lua:2: at load"),
    ])
    func `a module that is required late and no longer loads is reported at the save`(
        _ file: String, text: String, reason: String
    ) throws {
        let served = try ServedApp(Self.late)
        #expect(try served.request("/api/f").text == "late")
        try served.app.write([file: text], isAtomic: true)
        #expect(served.process.waitForErrorLine(containing: "f keeps its previous version: \(reason)"))
        #expect(try served.request("/api/f").text == "late")
        #expect(try served.save([file: "return 'mended'"]) == "mended")
    }

    @Test func `a missing module that is required late is reported, unless no script names it`() throws {
        let served = try ServedApp(Self.late)
        #expect(try served.request("/api/f").text == "late")
        let late = served.app.folder.appending(path: "lib/late.lua")
        try FileManager.default.removeItem(at: late)
        #expect(served.process.waitForErrorLine(containing: "f keeps its previous version"))
        #expect(try served.request("/api/f").text == "late")
        #expect(try served.save(["functions/f/handler.lua": Self.answer("without")]) == "without")
    }

    @Test func `an optional module that never loaded delays nothing`() throws {
        let served = try ServedApp([
            "functions/f/handler.lua": "return function() return pcall(require, 'late') and 'with' or 'without' end",
            "lib/late.lua": "error 'not here'",
        ])
        #expect(try served.request("/api/f").text == "without")
        #expect(try served.save(["lib/late.lua": "error 'not here either'"]) == "without")
        #expect(try served.save(["lib/late.lua": "return 1"]) == "with")
    }
}
