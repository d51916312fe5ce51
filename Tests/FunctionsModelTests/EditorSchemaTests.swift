import JSON
import Testing

@testable import FunctionsModel

/// The JSON schemas for editors, against the tables of the checks.
struct EditorSchemaTests {
    private static func tree(_ text: String) throws -> JSONTree { try JSONTree.parse(text.utf8Span.span.bytes) }

    /// The rule of a binding type in the schema of function.json.
    private static func rule(_ type: String) throws -> JSONTree? {
        let items = try tree(EditorSchema.function())["properties"]?["bindings"]?["items"]
        return items?["allOf"]?.elements?.first { $0["if"]?["properties"]?["type"]?["const"]?.string == type }?["then"]
    }

    @Test(arguments: BindingSchemas(.known).all.map(\.type))
    func `every binding type has its properties`(_ type: String) throws {
        let rule = try #require(try Self.rule(type))
        let schema = try #require(BindingSchemas(.known)[type])
        let common: Set = ["name", "type", "direction", "dataType", "cardinality"]
        let names = Set(rule["properties"]?.members?.map(\.name) ?? []).subtracting(common)
        #expect(names == Set(schema.names).subtracting(common))
        #expect((rule["properties"]?["direction"] != nil) == (schema.direction != nil))
    }

    @Test func `what a binding needs is required, also under its older name`() throws {
        let queue = try #require(try Self.rule("queue"))["allOf"]?.elements ?? []
        #expect(queue.map { $0["required"]?.elements?.first?.string } == ["direction", "queueName"])
        let bus = try #require(try Self.rule("serviceBusTrigger"))["allOf"]?.elements ?? []
        let choices = bus.first?["anyOf"]?.elements ?? []
        #expect(choices.map { $0["required"]?.elements?.first?.string } == ["queueName", "topicName"])
        let cosmos = try #require(try Self.rule("cosmosDB"))["allOf"]?.elements ?? []
        #expect(
            cosmos.last?["anyOf"]?.elements?.map { $0["required"]?.elements?.first?.string } == [
                "containerName", "collectionName",
            ])
    }

    @Test func `every section of host.json is there with its keys`() throws {
        let schema = try Self.tree(EditorSchema.host())
        for (path, section) in HostSchema.sections {
            var place = schema
            for name in path.split(separator: ".") {
                place = try #require(place["properties"]?.member(anyCase: String(name)), "\(path)")
            }
            #expect(place["properties"]?.members?.map(\.name) == section.names, "\(path)")
        }
        #expect(
            schema["properties"]?["extensions"]?["properties"]?["http"]?["properties"]?["routePrefix"]?["description"]?
                .string?.contains("api") == true)
    }

    @Test func `sentences belong to names that exist`() throws {
        let known = Set(
            (BindingSchemas(.known).allProperties + HostSchema.sections.flatMap(\.value.names)).map { $0.lowercased() })
        for name in EditorWords.names {
            #expect(known.contains(String(name.split(separator: ".").last ?? "")), "\(name)")
        }
    }
}
