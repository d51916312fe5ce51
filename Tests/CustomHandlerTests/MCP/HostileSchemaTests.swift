import Testing

@testable import CustomHandler

/// Schemas and values that would take too long, or that lead the check in circles.
@Suite struct HostileSchemaTests {
    private let vm: SchemaVM
    init() throws { vm = try SchemaVM() }

    /// Code that makes the texts of a schema and of a value, and what the check says.
    @Test(
        arguments: [
            // The value is too deep.
            (
                ##"'{"$defs":{"a":{"items":{"$ref":"#/$defs/a"}}},"$ref":"#/$defs/a"}'"##,
                "('['):rep(80) .. (']'):rep(80)", "it is nested deeper than 64 levels"
            ),
            // A reference that leads to itself.
            (##"'{"$ref":"#"}'"##, "'1'", "its schema refers to itself without end"),
            (##"'{"$dynamicAnchor":"a","$dynamicRef":"#a"}'"##, "'1'", "its schema refers to itself without end"),
            (
                ##"'{"$defs":{"a":{"allOf":[{"$ref":"#/$defs/b"}]},"b":{"anyOf":[{"$ref":"#/$defs/a"}]}},"not":{"$ref":"#/$defs/a"}}'"##,
                "'1'", "its schema refers to itself without end"
            ),
            // Two ways at each level.
            (
                ##"'{"$defs":{"a":{"anyOf":[{"properties":{"x":{"$ref":"#/$defs/a"}},"minProperties":2},{"properties":{"x":{"$ref":"#/$defs/a"}},"minProperties":3}]}},"$ref":"#/$defs/a"}'"##,
                "('{\"x\":'):rep(60) .. '1' .. ('}'):rep(60)", "checking it takes too many steps"
            ),
            (
                ##"'{"$defs":{"a":{"oneOf":[{"items":{"$ref":"#/$defs/a"}},{"items":{"$ref":"#/$defs/a"}}]}},"$ref":"#/$defs/a"}'"##,
                "('['):rep(60) .. (']'):rep(60)", "checking it takes too many steps"
            ),
            // Each element is compared with each other one.
            (
                "'{\"uniqueItems\":true}'",
                "'[' .. ('{\"a\":1},'):rep(1) .. (function() local t = {} for i = 1, 3000 do t[i] = '{\"i\":' .. i .. '}' end return table.concat(t, ',') end)() .. ']'",
                "checking it takes too many steps"
            ),
            // Each name is matched with each pattern.
            (
                "(function() local t = {} for i = 1, 400 do t[i] = ('\"x%d$\":true'):format(i) end return '{\"patternProperties\":{' .. table.concat(t, ',') .. '}}' end)()",
                "(function() local t = {} for i = 1, 2000 do t[i] = ('\"k%d\":1'):format(i) end return '{' .. table.concat(t, ',') .. '}' end)()",
                "checking it takes too many steps"
            ),
        ] as [(String, String, String)])
    func `a check that would not end is given up`(_ schema: String, _ value: String, _ problem: String) throws {
        let script = "return select(2, schema.output({ outputSchema = \(schema) }, 't').check(json.decode(\(value))))"
        #expect(try vm.run(script).contains(problem))
    }

    @Test func `a table that contains itself is given up`() throws {
        let script = """
            local value = {}
            value.a = value
            local text = '{"properties":{"a":{"$ref":"#"}}}'
            local other = {}
            other.a = other
            local unique = schema.output({ outputSchema = '{"uniqueItems":true}' }, "t")
            return select(2, schema.output({ outputSchema = text }, "t").check(value)) .. select(2, unique.check { value, other })
            """
        let mistakes = try vm.run(script)
        #expect(mistakes.contains("it is nested deeper than 64 levels"))
        #expect(mistakes.contains("it is nested too deep to be compared"))
    }

    @Test func `a long list of simple values is checked`() throws {
        let script = """
            local output = schema.output({ output = mcp.array { items = mcp.integer(), unique = true } }, "t")
            local list = {}
            for index = 1, 200000 do list[index] = index end
            return output.check(list)
            """
        #expect(try vm.run(script) == "true")
    }

    @Test func `mistakes stay short, whatever the value is`() throws {
        let script = """
            local name = ("é"):rep(100000)
            local output = schema.output({ outputSchema = '{"additionalProperties":{"const":1}}' }, "t")
            local _, mistakes = output.check { [name] = name, ["\\0\\n"] = "\\255" }
            assert(#mistakes < 2000 and utf8.len(mistakes) and not mistakes:find "%z", mistakes)
            return "short"
            """
        #expect(try vm.run(script) == "short")
    }
}
