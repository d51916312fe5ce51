import Foundation
import FunctionsModel
import JSON
import TestSupport
import Testing

@testable import Toolbox

/// The definitions of each function's `data` and outputs.
struct FunctionTypeTests {
    private static func text(_ bindings: String, name: String = "f") throws -> String {
        let app = try TemporaryApp([
            "functions/\(name)/function.json": "{ \"bindings\": [\(bindings)] }",
            "functions/\(name)/handler.lua": "return function() end",
        ])
        return FunctionTypes.text(of: try AppLoader(.folder(app.folder.path), settings: [:]).load())
    }

    private static let timer = #"{ "name": "t", "type": "timerTrigger", "schedule": "0 * * * * *" }"#

    @Test(arguments: [
        (#"{ "name": "x", "type": "httpTrigger" }"#, "luafunc.Request"),
        (#"{ "name": "x", "type": "timerTrigger", "schedule": "0 * * * * *" }"#, "luafunc.Timer"),
        (#"{ "name": "x", "type": "warmupTrigger" }"#, "any"),
        (#"{ "name": "x", "type": "queueTrigger", "queueName": "q" }"#, "string"),
        (#"{ "name": "x", "type": "QUEUETRIGGER", "queueName": "q", "dataType": "binary" }"#, "string"),
        (#"{ "name": "x", "type": "serviceBusTrigger", "queueName": "q", "cardinality": "many" }"#, "string[]"),
        (#"{ "name": "x", "type": "eventHubTrigger", "eventHubName": "e", "cardinality": "many" }"#, "string[]"),
        (#"{ "name": "x", "type": "blobTrigger", "path": "a/{n}" }"#, "string"),
        (#"{ "name": "x", "type": "eventGridTrigger" }"#, "luafunc.GridEvent"),
        (#"{ "name": "x", "type": "eventGridTrigger", "cardinality": "many" }"#, "luafunc.GridEvent[]"),
        (
            #"{ "name": "x", "type": "cosmosDBTrigger", "databaseName": "d", "containerName": "c" }"#,
            "table<string, any>[]"
        ),
        (
            #"{ "name": "x", "type": "sqlTrigger", "tableName": "t", "connectionStringSetting": "c" }"#,
            "luafunc.SQLChange[]"
        ),
        (#"{ "name": "x", "type": "somethingNewTrigger" }"#, "any"),
        (timer + #", { "name": "x", "type": "blob", "direction": "in", "path": "a/b" }"#, "string?"),
        (timer + #", { "name": "x", "type": "blob", "path": "a/b", "dataType": "stream" }"#, "nil"),
        (
            timer + #", { "name": "x", "type": "table", "tableName": "t", "partitionKey": "p", "rowKey": "r" }"#,
            "table<string, any>?"
        ),
        (timer + #", { "name": "x", "type": "table", "tableName": "t" }"#, "table<string, any>[]"),
        (
            timer + #", { "name": "x", "type": "cosmosDB", "databaseName": "d", "containerName": "c", "id": "1" }"#,
            "table<string, any>?"
        ),
        (
            timer + #", { "name": "x", "type": "sql", "commandText": "q", "connectionStringSetting": "c" }"#,
            "table<string, any>[]"
        ),
    ])
    func `an input has the type of what the handler gets`(_ bindings: String, _ type: String) throws {
        let text = try Self.text(bindings)
        #expect(text.contains("---@field x \(type) "), "\(text)")
        Self.check(text)
    }

    @Test(arguments: [
        ("http", "luafunc.HTTPOutput"), ("queue", "luafunc.MessageOutput"), ("eventHub", "luafunc.MessageOutput"),
        ("serviceBus", "luafunc.TextMessageOutput"), ("blob", "luafunc.BlobOutput"),
        ("table", "luafunc.DocumentOutput"), ("cosmosDB", "luafunc.DocumentOutput"), ("eventGrid", "any"),
        ("sql", "any"), ("signalR", "any"), ("sendGrid", "any"),
    ])
    func `an output has the type of what the handler returns`(_ type: String, _ expected: String) throws {
        let trigger = #"{ "name": "req", "type": "httpTrigger" }"#
        let named = try Self.text("\(trigger), { \"name\": \"x\", \"type\": \"\(type)\", \"direction\": \"out\" }")
        #expect(named.contains("---@field x? \(expected) \(type)\n"))
        #expect(named.contains("---@alias f.result \(expected)|f.outputs|luafunc.Payload|nil\n"))
        #expect(named.contains("context: f.context): f.result, string?\n"))
        let returned = try Self.text(
            "\(trigger), { \"name\": \"$return\", \"type\": \"\(type)\", \"direction\": \"out\" }")
        #expect(returned.contains("---@field [\"$return\"] \(expected)|nil \(type)\n"))
        Self.check(named + "\n" + returned.replacing("f.", with: "g."))
    }

    @Test func `every binding type has an entry`() {
        for type in BindingTypes.known.list where !EditorSchemaFacts.outputsOnly.contains(type.name) {
            #expect(LuaTypes.knows(type), "\(type.name)")
        }
    }

    private enum EditorSchemaFacts {
        static let outputsOnly: Set = [
            "http", "queue", "serviceBus", "eventHub", "eventGrid", "signalR", "sendGrid",
        ]
    }

    @Test func `a broken function has types that allow everything`() throws {
        let text = try Self.text(#"{ "name": "x" }"#, name: "my-function_1")
        #expect(text.contains("---@class my-function_1.data\n---@field [string] any\n"))
        Self.check(text)
    }

    @Test(arguments: ["\\n", "\\r", " #\\u2028", "|luafunc.Request ", ".."])
    func `a type that is not a word adds nothing to the text`(_ odd: String) throws {
        let text = try Self.text(
            """
            { "name": "x", "type": "a\(odd)forgedTrigger" },
            { "name": "y", "type": "b\(odd)forged", "direction": "out" },
            { "name": "$return", "type": "c\(odd)forged", "direction": "out" }
            """)
        #expect(!text.contains("forged") && text.contains("---@field x any\n"), "\(text)")
        #expect(text.contains("---@field y? any\n") && text.contains("---@field [\"$return\"] any|nil\n"), "\(text)")
        Self.check(text)
    }

    @Test func `a folder whose name is no function's gets no class`() throws {
        let app = try TemporaryApp([
            "functions/a b\n---@class luafunc.Request/function.json": "{ \"bindings\": [] }",
            "functions/f/function.json": TemporaryApp.queueFunction, "functions/f/handler.lua": "return function() end",
        ])
        let text = FunctionTypes.text(of: try AppLoader(.folder(app.folder.path), settings: [:]).load())
        #expect(!text.contains("luafunc.Request") && text.contains("---@class f.data"))
    }

    /// All lines follow the grammar, and all types exist.
    private static func check(_ text: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let blocks = lines.split { !$0.hasPrefix("---") }.map { AnnotationBlock(Array($0)) }
        #expect(blocks.flatMap(\.faults) == [])
        let defined = Set(DefinitionFile.all.flatMap(\.defined) + blocks.flatMap(\.defined))
        let basic: Set = ["nil", "any", "string", "table"]
        #expect(Set(blocks.flatMap(\.used)).subtracting(defined).subtracting(basic) == [])
    }
}
