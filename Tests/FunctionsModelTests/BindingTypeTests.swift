import Foundation
import TestSupport
import Testing

@testable import FunctionsModel

@Suite struct BindingTypeTests {
    /// The known types and some that only this test declares.
    private static let types = BindingTypes.known
        .with(BindingType("pigeonTrigger", properties: "loftName", input: .wrapped(levels: 2), needsBundle: false))
        .with(BindingType("pigeon", properties: "loftName", output: .messages, needsBundle: false))

    private func load(_ bindings: String, types: BindingTypes = types) throws -> FunctionApp {
        let app = try TemporaryApp([
            "f/function.json": #"{ "bindings": [ \#(bindings) ] }"#, "f/handler.lua": "return function() end",
        ])
        return try AppLoader(.folder(app.folder.path), settings: [:], types: types).load()
    }

    @Test func `one declaration adds a type to all parts of the reader`() throws {
        let app = try load(
            #"""
            { "name": "news", "type": "PigeonTrigger", "direction": "in", "loftName": "l" },
            { "name": "answer", "type": "pigeon", "direction": "out", "loftName": "l" }
            """#)
        let function = try #require(app.functions["f"])
        #expect(function.trigger?.type.name == "pigeonTrigger" && function.trigger?.writtenType == "PigeonTrigger")
        guard case .wrapped(levels: 2) = try #require(function.trigger).input else {
            Issue.record("the input is not the declared one")
            return
        }
        guard case .messages = function.outputs[0].output else {
            Issue.record("the output is not the declared one")
            return
        }
        #expect(app.warnings.isEmpty, "neither the bundle nor a property is missed")
    }

    @Test(arguments: [
        (
            #"{ "name": "news", "type": "pigeonTrigger", "loftname": "l", "loftNane": "l" }"#,
            "binding 'news': \"loftNane\" is not a known setting; did you mean \"loftName\"?"
        ),
        (
            #"{ "name": "news", "type": "pigeonTriger" }"#,
            "no binding is a trigger; exactly one must have a \"type\" that ends with 'Trigger'; did you mean "
                + "'pigeonTrigger' instead of 'pigeonTriger'?"
        ),
        (
            #"{ "name": "news", "type": "pidgeonTrigger", "loftName": "l" }"#,
            "the host has no built-in type \"pidgeonTrigger\"; did you mean \"pigeonTrigger\"?"
        ),
    ])
    func `a misspelt word is reported with the declared one`(_ binding: String, _ reason: String) throws {
        let app = try load(binding)
        let told = app.warnings + app.broken.values
        #expect(told.contains { $0.reason == reason }, "\(told)")
    }

    @Test func `a type that is not declared needs the bundle and has any property`() throws {
        let app = try load(
            #"{ "name": "news", "type": "pigeonTrigger", "loftName": "l" }"#, types: .known)
        #expect(app.functions["f"]?.trigger?.isTrigger == true)
        #expect(app.warnings.map(\.reason).contains { $0.contains("needs for 'pigeonTrigger'") }, "\(app.warnings)")
    }
}
