import Testing

@testable import CustomHandler

/// Builders, texts and checks of the schemas of tools.
@Suite struct SchemaTests {
    private let vm: SchemaVM
    init() throws { vm = try SchemaVM() }

    /// What a tool has, and the JSON text of its input schema.
    @Test(
        arguments: [
            ("", #"{"type":"object","additionalProperties":false}"#),
            (
                "input = {}", #"{"additionalProperties":false,"properties":{},"type":"object"}"#
            ),
            (
                #"input = { city = mcp.string "a city", days = mcp.integer { "how many", default = 3, min = 1, max = 10 } }"#,
                #"{"additionalProperties":false,"properties":{"city":{"description":"a city","type":"string"},"days":{"default":3,"description":"how many","maximum":10,"minimum":1,"type":"integer"}},"required":["city"],"type":"object"}"#
            ),
            (
                "input = { a = mcp.any(), b = mcp.boolean { optional = true }, c = mcp.number { multipleOf = 0.5, enum = { 1, 2 } } }",
                #"{"additionalProperties":false,"properties":{"a":{},"b":{"type":"boolean"},"c":{"enum":[1,2],"multipleOf":0.5,"type":"number"}},"required":["a","c"],"type":"object"}"#
            ),
            (
                #"input = { a = mcp.enum { "x", "y", default = "x" }, b = mcp.enum { 1, 2, titles = { "one", "two" } } }"#,
                #"{"additionalProperties":false,"properties":{"a":{"default":"x","enum":["x","y"],"type":"string"},"b":{"oneOf":[{"const":1,"title":"one"},{"const":2,"title":"two"}]}},"required":["b"],"type":"object"}"#
            ),
            (
                #"input = { a = mcp.array { items = mcp.string { pattern = "^a" }, unique = true, default = {} }, b = mcp.object { fields = { c = mcp.string() }, additional = mcp.integer() } }"#,
                #"{"additionalProperties":false,"properties":{"a":{"default":[],"items":{"pattern":"^a","type":"string"},"type":"array","uniqueItems":true},"b":{"additionalProperties":{"type":"integer"},"properties":{"c":{"type":"string"}},"required":["c"],"type":"object"}},"required":["b"],"type":"object"}"#
            ),
            (
                #"input = { r = mcp.string { header = "Region" } }"#,
                #"{"additionalProperties":false,"properties":{"r":{"type":"string","x-mcp-header":"Region"}},"required":["r"],"type":"object"}"#
            ),
            // A text stays as it is, but for line feeds.
            (
                "inputSchema = [[{ \"type\": \"object\",\n\"b\":1.0, \"a\":{}}]]",
                #"{ "type": "object", "b":1.0, "a":{}}"#
            ),
            (
                "inputSchema = { type = 'object', required = {}, properties = { required = {}, a = { enum = {}, default = json.array {} } }, allOf = { {} }, additionalProperties = {} }",
                #"{"additionalProperties":{},"allOf":[{}],"properties":{"a":{"default":[],"enum":[]},"required":{}},"required":[],"type":"object"}"#
            ),
            (
                "inputSchema = { type = 'object', properties = { a = mcp.string 'x' }, dependentRequired = { a = {} } }",
                #"{"dependentRequired":{"a":[]},"properties":{"a":{"description":"x","type":"string"}},"type":"object"}"#
            ),
        ] as [(String, String)])
    func `a tool's input becomes a schema`(_ tool: String, _ text: String) throws {
        #expect(try vm.run("return schema.input({ \(tool) }, \"tool 't'\").text") == text)
    }

    /// What a tool has, its arguments, and what is wrong with them.
    @Test(
        arguments: [
            ("input = { a = mcp.string() }", #"{"a":"x"}"#, ""),
            (
                "input = { city = mcp.string() }", #"{"cty":1}"#,
                "arguments.city: is missing\narguments.cty: is unknown (did you mean \"city\"?)"
            ),
            ("input = { d = mcp.integer { max = 10 } }", #"{"d":12}"#, "arguments.d: must be at most 10, got 12"),
            ("input = { d = mcp.integer() }", #"{"d":1.0}"#, ""),
            ("input = { d = mcp.integer() }", #"{"d":1.5}"#, "arguments.d: must be an integer, got 1.5"),
            ("input = { d = mcp.integer() }", #"{"d":"1"}"#, "arguments.d: must be an integer, got \"1\""),
            ("input = { d = mcp.integer() }", #"{"d":null}"#, "arguments.d: must be an integer, got null"),
            (
                "input = { d = mcp.enum { 'a', 'b' } }", #"{"d":"c"}"#,
                "arguments.d: must be one of \"a\", \"b\", got \"c\""
            ),
            (
                "input = { d = mcp.string { minLength = 2 } }", #"{"d":"é"}"#,
                "arguments.d: must have at least 2 characters, got 1"
            ),
            (
                "input = { d = mcp.string { pattern = '^[a-z]+$' } }", #"{"d":"A\n"}"#,
                "arguments.d: must match \"^[a-z]+$\", got \"A\\u000a\""
            ),
            (
                "input = { d = mcp.array { items = mcp.string(), unique = true } }", #"{"d":["a",1]}"#,
                "arguments.d[1]: must be a string, got 1"
            ),
            (
                "input = { d = mcp.array { unique = true } }", #"{"d":[[1],{},[1.0]]}"#,
                "arguments.d: items must differ, but items 0 and 2 are equal"
            ),
            (
                "input = { d = mcp.object { fields = { e = mcp.object { fields = { f = mcp.boolean() } } } } }",
                #"{"d":{"e":{"f":0}}}"#, "arguments.d.e.f: must be true or false, got 0"
            ),
            ("input = { ['a b'] = mcp.string() }", "{}", #"arguments["a b"]: is missing"#),
            ("input = { d = mcp.array() }", #"{"d":{}}"#, "arguments.d: must be an array, got {}"),
            ("input = { d = mcp.object() }", #"{"d":[]}"#, "arguments.d: must be an object, got []"),
            ("", #"{"a":1}"#, "arguments.a: is unknown"),
            ("", "[]", "arguments: must be an object, got []"),
            (
                #"inputSchema = '{"type":"object","anyOf":[{"required":["a"]},{"required":["b"]}]}'"#, "{}",
                "arguments: fits none of the alternatives: arguments.a: is missing; or arguments.b: is missing"
            ),
            (
                #"inputSchema = '{"type":"object","oneOf":[{"required":["a"]},{"required":["b"]}]}'"#,
                #"{"a":1,"b":1}"#, "arguments: must fit only one of the alternatives, but fits numbers 1 and 2"
            ),
            (
                #"inputSchema = '{"type":"object","properties":{"a":{"not":{"type":"string"}}}}'"#, #"{"a":"x"}"#,
                "arguments.a: must not have the form that the schema excludes with 'not', got \"x\""
            ),
            (
                #"inputSchema = '{"type":"object","properties":{"a":{"contains":{"const":1},"minContains":2}}}'"#,
                #"{"a":[1]}"#, "arguments.a: must contain at least 2 items of the wanted form, got 1"
            ),
            (
                #"inputSchema = '{"type":"object","dependentRequired":{"a":["b"]}}'"#, #"{"a":1}"#,
                "arguments.b: is missing; it is needed beside \"a\""
            ),
            (
                #"inputSchema = '{"type":"object","unevaluatedProperties":false,"allOf":[{"properties":{"a":true}}]}'"#,
                #"{"a":1,"b":1}"#, "arguments.b: is unknown"
            ),
            (
                #"inputSchema = '{"type":"object","properties":{"a":false}}'"#, #"{"a":1}"#,
                "arguments.a: is not allowed"
            ),
            (
                #"inputSchema = '{"type":"object","propertyNames":{"maxLength":1}}'"#, #"{"ab":1}"#,
                "arguments.ab: is not a name that is allowed here"
            ),
            (#"inputSchema = '{"type":"object","properties":{"a":{"format":"email"}}}'"#, #"{"a":"x"}"#, ""),
            (
                #"inputSchema = '{"type":"object","properties":{"a":{"pattern":"^(a+)+$"}}}'"#,
                #"{"a":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"}"#,
                #"arguments.a: it is too hard to match against the pattern "^(a+)+$""#
            ),
        ] as [(String, String, String)])
    func `arguments that do not fit are described with their path`(
        _ tool: String, _ arguments: String, _ mistakes: String
    ) throws {
        let script =
            "local ok, mistakes = schema.input({ \(tool) }, 'tool').check(json.decode(...)) return ok and '' or mistakes"
        #expect(try vm.run(script, arguments) == mistakes)
    }

    @Test func `at most ten mistakes are told`() throws {
        let fields = (1...20).map { "a\($0) = mcp.string()" }.joined(separator: ", ")
        let text = try vm.run("return select(2, schema.input({ input = { \(fields) } }, 't').check(json.decode '{}'))")
        #expect(text.split(separator: "\n").count == 10)
    }

    @Test func `absent fields get their defaults, also inside objects, and each call its own`() throws {
        let script = """
            local input = schema.input({ input = {
                days = mcp.integer { default = 3 }, tags = mcp.array { default = { "a" } }, none = mcp.array { default = {} },
                off = mcp.boolean { default = false }, place = mcp.object { optional = true, fields = { zoom = mcp.number { default = 1.5 } } },
            } }, "t")
            local first, second = json.decode '{"place":{}}', json.decode '{"days":4}'
            assert(input.check(first) and input.check(second))
            first.tags[1] = "changed"
            local third = json.decode '{}'
            assert(input.check(third))
            return json.encode({ first, second, third }, { sorted = true })
            """
        #expect(
            try vm.run(script)
                == #"[{"days":3,"none":[],"off":false,"place":{"zoom":1.5},"tags":["changed"]},{"days":4,"none":[],"off":false,"tags":["a"]},{"days":3,"none":[],"off":false,"tags":["a"]}]"#
        )
    }

    /// Code that is refused when the server loads, and the error.
    @Test(
        arguments: [
            (
                "mcp.integer { mn = 1 }",
                "mcp.lua:1: mcp.integer has no option 'mn' (did you mean 'min'?); there are 'default'"
            ),
            ("mcp.object { a = mcp.string() }", "mcp.object has no option 'a'; write fields = { a = … }"),
            ("mcp.integer { min = 'x' }", "mcp.integer: min must be a number, not \"x\""),
            ("mcp.integer { min = 2, max = 1 }", "mcp.integer: no value is at least 2 and at most 1"),
            ("mcp.integer { default = 11, max = 10 }", "mcp.integer: its default must be at most 10, got 11"),
            ("mcp.string { pattern = '(' }", "mcp.string: pattern must be a regular expression: "),
            ("mcp.string(1)", "mcp.string takes a description or a table of options, not 1"),
            ("mcp.enum {}", "mcp.enum needs its values"),
            ("mcp.string { header = 'a b' }", "mcp.string: header must be the name of a header"),
            (
                "schema.input({ input = { a = 'x' } }, \"tool 't'\")",
                "tool 't': input.a must be mcp.string(), mcp.integer() and the like, not \"x\""
            ),
            (
                "schema.input({ input = { mcp.string() } }, \"tool 't'\")",
                "tool 't': input: write name = mcp.string(); 1 is no name"
            ),
            (
                "schema.input({ input = {}, inputSchema = '' }, \"tool 't'\")",
                "tool 't': 'input' and 'inputSchema' exclude each other"
            ),
            ("raw '{\"type\":'", "tool 't': inputSchema is not JSON: line 1, column 9"),
            ("raw '{\"type\":\"string\"}'", "tool 't': inputSchema must have \"type\": \"object\""),
            ("raw 'true'", "tool 't': inputSchema must have \"type\": \"object\""),
            (
                "raw '{\"type\":\"object\",\"$schema\":\"http://json-schema.org/draft-07/schema#\"}'",
                "tool 't': inputSchema.$schema: the dialect 'http://json-schema.org/draft-07/schema#' is unknown"
            ),
            (
                "part '{\"$ref\":\"http://x.y/z\"}'",
                "tool 't': inputSchema.properties.a.$ref: 'http://x.y/z' is in another document, and luafunc fetches none"
            ),
            (
                "part '{\"$ref\":\"#/$defs/b\"}'",
                "tool 't': inputSchema.properties.a.$ref: '#/$defs/b' leads nowhere: there is no '$defs'"
            ),
            ("part '{\"$ref\":\"#b\"}'", "there is no $anchor 'b'"),
            ("part '{\"type\":\"text\"}'", "tool 't': inputSchema.properties.a.type: \"text\" is no type"),
            ("part '{\"minLength\":-1}'", "tool 't': inputSchema.properties.a.minLength: it must be a whole number"),
            (
                "part '{\"pattern\":\"(\"}'",
                "tool 't': inputSchema.properties.a.pattern: the pattern \"(\" cannot be used: "
            ),
            (
                "part '{\"items\":[{}]}'",
                "tool 't': inputSchema.properties.a.items: a list of schemas is written as prefixItems"
            ),
            (
                "part '{\"allOf\":[]}'",
                "tool 't': inputSchema.properties.a.allOf: it must be a list of at least one schema"
            ),
            ("part '{\"required\":\"a\"}'", "tool 't': inputSchema.properties.a.required: it must be a list of names"),
            ("part '1'", "tool 't': inputSchema.properties.a: a schema is an object, true or false, not a number"),
            (
                "part '{\"type\":\"number\",\"x-mcp-header\":\"A\"}'",
                "tool 't': inputSchema.properties.a.x-mcp-header: only a string, an integer or a boolean"
            ),
            (
                "raw '{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\",\"x-mcp-header\":\"A\"},\"b\":{\"type\":\"string\",\"x-mcp-header\":\"a\"}}}'",
                "two arguments have the header 'a'"
            ),
            (
                "part '{\"items\":{\"type\":\"string\",\"x-mcp-header\":\"A\"}}'",
                "tool 't': inputSchema.properties.a.items.x-mcp-header: only a property of the root, or of an object in it"
            ),
            (
                "raw(('{\"type\":\"object\",\"items\":'):rep(70) .. '{}' .. ('}'):rep(70))",
                "the schema is nested deeper than 64 levels"
            ),
            (
                "raw('{\"type\":\"object\",\"description\":\"' .. ('x'):rep(300000) .. '\"}')",
                "the schema has more than 256 KiB"
            ),
            (
                "raw('{\"type\":\"object\",\"allOf\":[' .. ('{},'):rep(6000) .. '{}]}')",
                "the schema has more than 5000 parts"
            ),
            ("local t = { type = 'object' } t.items = t raw(t)", "the schema is nested deeper than 64 levels"),
            ("raw { type = 'object', [1] = 2 }", "tool 't': inputSchema: a schema has names, but it has the key 1"),
            ("raw { type = 'object', default = print }", "tool 't': inputSchema: "),
        ] as [(String, String)])
    func `a wrong schema is refused when the server loads`(_ code: String, _ error: String) throws {
        let before = """
            local function raw(text) schema.input({ inputSchema = text }, "tool 't'") end \
            local function part(text) raw('{"type":"object","properties":{"a":' .. text .. '}}') end 
            """
        let message = try vm.run(before + code)
        #expect(message.contains(error))
    }

    @Test func `arguments that headers repeat are listed`() throws {
        let script = """
            local text = '{"type":"object","properties":{"z":{"type":"boolean","x-mcp-header":"B"},"p":{"type":"object","properties":{"q":{"type":"integer","x-mcp-header":"a"}}}}}'
            local texts = {}
            for i, h in ipairs(schema.input({ inputSchema = text }, "t").headers) do
                texts[i] = h.name .. "=" .. table.concat(h.path, ".") .. ":" .. h.type
            end
            return table.concat(texts, " ")
            """
        #expect(try vm.run(script) == "a=p.q:integer B=z:boolean")
    }

    /// An output, whether it is an object, and the schema for older clients.
    @Test(
        arguments: [
            (
                "output = { a = mcp.string() }", "true",
                #"{"additionalProperties":false,"properties":{"a":{"type":"string"}},"required":["a"],"type":"object"}"#
            ),
            (
                "output = mcp.array { items = mcp.string() }", "false",
                #"{"type":"object","properties":{"result":{"items":{"type":"string"},"type":"array"}},"required":["result"]}"#
            ),
            ("output = mcp.object()", "true", #"{"type":"object"}"#),
            ("outputSchema = '{}'", "false", #"{"type":"object","properties":{"result":{}},"required":["result"]}"#),
            (
                "outputSchema = 'true'", "false",
                #"{"type":"object","properties":{"result":true},"required":["result"]}"#
            ),
            (
                ##"outputSchema = '{"$defs":{"a":{}},"$ref":"#/$defs/a"}'"##, "false",
                ##"{"type":"object","properties":{"result":{"$id":"urn:mcp:result","$defs":{"a":{}},"$ref":"#/$defs/a"}},"required":["result"]}"##
            ),
        ] as [(String, String, String)])
    func `an output that is no object is wrapped for older clients`(_ tool: String, _ isObject: String, _ text: String)
        throws
    {
        let script =
            "local output = schema.output({ \(tool) }, 't') return tostring(output.isObject) .. ' ' .. output.legacyText"
        #expect(try vm.run(script) == "\(isObject) \(text)")
    }

    @Test func `an empty table of a script becomes what the schema says`() throws {
        let script = """
            local output = schema.output({ output = { list = mcp.array(), map = mcp.object(), any = mcp.any() } }, "t")
            local value = { list = {}, map = {}, any = 1 }
            assert(output.check(value))
            local wrong = { list = json.object(), map = {}, any = 1 }
            return json.encode(value, { sorted = true }) .. select(2, output.check(wrong))
            """
        #expect(try vm.run(script) == #"{"any":1,"list":[],"map":{}}result.list: must be an array, got {}"#)
    }
}
