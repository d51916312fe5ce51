import JSON

/// JSON schemas of function.json and host.json, for editors. They come from the tables that `check` reads.
///
/// A schema cannot ignore the case of names as the host does. So it refuses no member because of its name, and only knows
/// those that are written as Azure documents them.
package enum EditorSchema {
    /// The schema of function.json, as JSON text.
    package static func function(_ types: BindingTypes = .known) -> String {
        let schemas = BindingSchemas(types).all
        let names = schemas.map(\.type)
        let common: Members = [
            (
                "name",
                string("The name in the handler: data.NAME for inputs, a member of the returned table for outputs.")
            ),
            (
                "type",
                object([
                    // Types that are not listed work too.
                    ("anyOf", array([object([("enum", texts(names))]), object([("type", text("string"))])])),
                    description("The kind of binding, such as httpTrigger. Exactly one binding is a trigger."),
                ])
            ),
            ("direction", choice(["in", "out", "inout"], "Where the value goes; \"in\" unless it is given.")),
            (
                "dataType",
                choice(
                    ["string", "binary", "stream", "undefined"],
                    "With \"binary\", the handler gets the bytes unchanged.")
            ),
            ("cardinality", choice(["one", "many"], "With \"many\", the handler gets a list of messages or events.")),
        ]
        let binding = object([
            ("type", text("object")), ("required", texts(["name", "type"])), ("properties", object(common)),
            ("allOf", array(schemas.map(rule))),
        ])
        return schema(
            "function.json: the bindings of a function",
            [
                ("required", texts(["bindings"])),
                (
                    "properties",
                    object([
                        ("$schema", string(nil)),
                        (
                            "bindings",
                            object([("type", text("array")), ("minItems", number(1)), ("items", binding)])
                        ),
                        ("scriptFile", string("The script, if it is not handler.lua.")),
                        (
                            "entryPoint",
                            string("The function to call, if the script returns a table of functions.")
                        ),
                        ("disabled", value(of: .flag, "Whether the host leaves the function out.")),
                        ("retry", retry),
                        ("lua", limits),
                    ])
                ),
            ])
    }

    /// The schema of host.json, as JSON text.
    package static func host() -> String {
        schema("host.json: the settings of an app", section(".", HostSchema.sections))
    }

    // MARK: function.json

    /// What the binding must be if it has this type.
    private static func rule(_ schema: BindingSchema) -> JSONTree {
        var properties: Members = []
        for property in schema.properties.values.sorted(by: { $0.name < $1.name })
        where !["name", "type", "dataType", "cardinality", "direction"].contains(property.name) {
            let older = property.newer.map { "The name in older versions of \"\($0)\"." }
            var tree = value(
                of: property.kind,
                older ?? EditorWords.sentence(for: "\(schema.type).\(property.name)")
                    ?? EditorWords.sentence(for: property.name))
            if older != nil, let members = tree.members {
                tree = object(members.map { ($0.name, $0.tree) } + [("deprecated", JSONTree(.boolean(true), line: 0))])
            }
            properties.append((property.name, tree))
        }
        if let direction = schema.direction { properties.append(("direction", choice([direction.rawValue], nil))) }
        var then: Members = [("properties", object(properties))]
        var needed: [JSONTree] = []
        if schema.direction == .out { needed.append(object([("required", texts(["direction"]))])) }
        for names in schema.needed {
            let spellings = names.flatMap { name in
                [name] + schema.properties.values.filter { $0.newer == name }.map(\.name).sorted()
            }
            let options = spellings.map { object([("required", texts([$0]))]) }
            needed.append(options.count == 1 ? options[0] : object([("anyOf", array(options))]))
        }
        if !needed.isEmpty { then.append(("allOf", array(needed))) }
        let condition = object([
            ("properties", object([("type", object([("const", text(schema.type))]))])), ("required", texts(["type"])),
        ])
        return object([("if", condition), ("then", object(then))])
    }

    private static let retry = object([
        ("type", text("object")),
        description("When the host calls the function again after it has failed."),
        (
            "properties",
            object([
                ("strategy", choice(["fixedDelay", "exponentialBackoff"], "How the waits grow.")),
                ("maxRetryCount", value(of: .number, EditorWords.sentence(for: "maxRetryCount"))),
                ("delayInterval", string("The wait of fixedDelay, as hours:minutes:seconds.")),
                ("minimumInterval", string("The shortest wait of exponentialBackoff, as hours:minutes:seconds.")),
                ("maximumInterval", string("The longest wait of exponentialBackoff, as hours:minutes:seconds.")),
            ])
        ),
    ])

    private static let limits = object([
        ("type", text("object")), description("Limits of this function, which luafunc enforces."),
        (
            "properties",
            object([
                ("memoryLimit", value(of: .text, "The memory of one Lua VM of the function, such as \"32MB\".")),
                ("timeLimit", value(of: .text, "The time of one invocation, such as \"10s\" or \"500ms\".")),
            ])
        ), ("additionalProperties", JSONTree(.boolean(false), line: 0)),
    ])

    // MARK: host.json

    private static func section(_ path: String, _ sections: [String: KeyCheck.Section]) -> Members {
        guard let section = sections[path] else { return [] }
        let properties: Members = section.names.map { name in
            let key = name.lowercased()
            let place = path == "." ? key : "\(path).\(key)"
            let words = EditorWords.sentence(for: place) ?? EditorWords.sentence(for: name)
            switch section.kinds[key] {
            case "?": return (name, value(of: .flag, words))
            case "#": return (name, value(of: .number, words))
            case "@": return (name, string(words ?? "A time, as hours:minutes:seconds."))
            case "[": return (name, object([("type", texts(["array", "object"]))] + described(words)))
            case "{":
                return (name, object([("type", text("object"))] + described(words) + Self.section(place, sections)))
            case "~": return (name, object(described(words)))
            default: return (name, value(of: .text, words))
            }
        }
        return [("properties", object(properties))]
    }

    // MARK: Parts

    private typealias Members = [(String, JSONTree)]

    private static func schema(_ title: String, _ members: Members) -> String {
        let head: Members = [
            ("$schema", text("http://json-schema.org/draft-07/schema#")), ("title", text(title)),
            ("type", text("object")), ("allowTrailingCommas", JSONTree(.boolean(true), line: 0)),
            ("allowComments", JSONTree(.boolean(true), line: 0)),
        ]
        return object(head + members).text + "\n"
    }

    /// As in `check`, numbers and truth values may be written as texts.
    private static func value(of kind: BindingSchema.Kind, _ words: String?) -> JSONTree {
        let types: Members =
            switch kind {
            case .text: [("type", texts(["string", "number", "null"]))]
            case .flag: [("type", texts(["boolean", "string", "null"]))]
            case .number: [("type", texts(["number", "string", "null"]))]
            case .any: []
            }
        return object(types + described(words))
    }

    private static func string(_ words: String?) -> JSONTree {
        object([("type", texts(["string", "null"]))] + described(words))
    }

    private static func choice(_ values: [String], _ words: String?) -> JSONTree {
        object([("enum", texts(values))] + described(words))
    }

    private static func description(_ words: String) -> (String, JSONTree) { ("description", text(words)) }
    private static func described(_ words: String?) -> Members { words.map { [description($0)] } ?? [] }

    private static func object(_ members: Members) -> JSONTree {
        JSONTree(.object(members.map { JSONTree.Member(name: $0.0, tree: $0.1) }), line: 0)
    }
    private static func array(_ elements: [JSONTree]) -> JSONTree { JSONTree(.array(elements), line: 0) }
    private static func text(_ text: String) -> JSONTree { JSONTree(.string(text), line: 0) }
    private static func texts(_ list: [String]) -> JSONTree { array(list.map(text)) }
    private static func number(_ number: Int64) -> JSONTree { JSONTree(.integer(number), line: 0) }
}
