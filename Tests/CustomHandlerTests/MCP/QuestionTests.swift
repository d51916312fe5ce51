import Testing

@testable import CustomHandler

/// `mcp.elicit`, `mcp.sample` and `mcp.roots`.
@Suite struct QuestionTests {
    private let vm: SchemaVM
    init() throws { vm = try SchemaVM() }

    private static let form = """
        local form = mcp.elicit { message = "Who?", fields = {
            name = mcp.string { minLength = 1 }, mail = mcp.string { format = "email", optional = true },
            age = mcp.integer { default = 30 }, day = mcp.string { format = "date", optional = true },
            at = mcp.string { format = "date-time", optional = true }, link = mcp.string { format = "uri", optional = true },
            size = mcp.enum { "s", "l", titles = { "Small", "Large" }, default = "s" },
            colors = mcp.array { items = mcp.enum { "red", "blue" }, maxItems = 1, optional = true },
            marks = mcp.array { items = mcp.enum { "a", titles = { "A" } }, optional = true },
        } } 
        """

    /// Code that makes a question, and its parameters.
    @Test(
        arguments: [
            (
                "mcp.elicit { message = 'm', fields = { ok = mcp.boolean() } }",
                #"elicitation/create {"mode":"form","message":"m","requestedSchema":{"properties":{"ok":{"type":"boolean"}},"required":["ok"],"type":"object"}} elicitation form"#
            ),
            (
                "mcp.elicit { message = 'm', fields = { a = mcp.enum { 'x', enumNames = { 'X' }, default = 'x' } } }",
                #"elicitation/create {"mode":"form","message":"m","requestedSchema":{"properties":{"a":{"default":"x","enum":["x"],"enumNames":["X"],"type":"string"}},"required":[],"type":"object"}} elicitation form"#
            ),
            (
                "mcp.elicit { message = 'm', fields = { a = mcp.array { items = mcp.enum { 'x', titles = { 'X' } } } } }",
                #"elicitation/create {"mode":"form","message":"m","requestedSchema":{"properties":{"a":{"items":{"anyOf":[{"const":"x","title":"X"}]},"type":"array"}},"required":["a"],"type":"object"}} elicitation form"#
            ),
            (
                "mcp.elicit { message = 'm', url = 'https://x.y/z' }",
                #"elicitation/create {"mode":"url","message":"m","url":"https://x.y/z"} elicitation url"#
            ),
            (
                "mcp.sample { prompt = 'hi' }",
                #"sampling/createMessage {"messages":[{"role":"user","content":{"type":"text","text":"hi"}}],"maxTokens":1000} sampling nil"#
            ),
            (
                "mcp.sample { messages = { 'a', { role = 'assistant', content = { 'b', { type = 'text', text = 'c' } } } }, maxTokens = 5, system = 's', temperature = 0.5, stop = { 'x' }, model = { hints = { 'h' }, cost = 1, speed = 0 } }",
                #"sampling/createMessage {"messages":[{"role":"user","content":{"type":"text","text":"a"}},{"role":"assistant","content":[{"type":"text","text":"b"},{"text":"c","type":"text"}]}],"maxTokens":5,"systemPrompt":"s","temperature":0.5,"stopSequences":["x"],"modelPreferences":{"hints":[{"name":"h"}],"costPriority":1,"speedPriority":0}} sampling nil"#
            ),
            (
                "mcp.sample { prompt = 'p', tools = { b = {}, a = { description = 'd', input = {} } }, toolChoice = 'auto' }",
                #"sampling/createMessage {"messages":[{"role":"user","content":{"type":"text","text":"p"}}],"maxTokens":1000,"tools":[{"name":"a","description":"d","inputSchema":{"additionalProperties":false,"properties":{},"type":"object"}},{"name":"b","inputSchema":{"type":"object","additionalProperties":false}}],"toolChoice":{"mode":"auto"}} sampling tools"#
            ),
            ("mcp.roots()", "roots/list {} roots nil"),
        ] as [(String, String)])
    func `a question has the parameters of its method`(_ code: String, _ text: String) throws {
        let script =
            "local q = \(code) assert(schema.isQuestion(q)) return q.method .. ' ' .. q.params .. ' ' .. q.needs.kind .. ' ' .. tostring(q.needs.mode)"
        #expect(try vm.run(script) == text)
    }

    @Test func `older clients get no mode of a form, and an id with an address`() throws {
        let script = """
            local form = mcp.elicit { message = "m", fields = { a = mcp.boolean() } }
            local link = mcp.elicit { message = "m", url = "https://x.y" }
            assert(not form.older:find "mode" and json.decode(form.older).requestedSchema.required[1] == "a")
            return tostring(#json.decode(link.older).elicitationId)
            """
        #expect(try vm.run(script) == "36")
    }

    /// An answer to the form, and what the script gets.
    @Test(
        arguments: [
            (
                #"{"action":"accept","content":{"name":"n"}}"#,
                #"{"action":"accept","content":{"age":30,"name":"n","size":"s"}}"#
            ),
            (#"{"action":"decline"}"#, #"{"action":"decline"}"#),
            (#"{"action":"cancel","content":{"name":1}}"#, #"{"action":"cancel"}"#),
            (#"{"action":"accept"}"#, "content.name: is missing"),
            (#"{"action":"accept","content":[]}"#, "content: must be an object, got []"),
            (#"{"action":"accept","content":{"name":""}}"#, "content.name: must have at least 1 character, got 0"),
            (
                #"{"action":"accept","content":{"name":"n","mail":"a@b","day":"2024-02-29","at":"2024-02-29T23:59:60.5+01:00","link":"a:b","colors":["red"],"marks":["a"]}}"#,
                #"{"action":"accept","content":{"age":30,"at":"2024-02-29T23:59:60.5+01:00","colors":["red"],"day":"2024-02-29","link":"a:b","mail":"a@b","marks":["a"],"name":"n","size":"s"}}"#
            ),
            (
                #"{"action":"accept","content":{"name":"n","mail":"a"}}"#,
                #"content.mail: must be a valid email, got "a""#
            ),
            (
                #"{"action":"accept","content":{"name":"n","day":"2023-02-29"}}"#,
                #"content.day: must be a valid date, got "2023-02-29""#
            ),
            (
                #"{"action":"accept","content":{"name":"n","at":"2023-02-28T10:00:00"}}"#,
                #"content.at: must be a valid date-time, got "2023-02-28T10:00:00""#
            ),
            (
                #"{"action":"accept","content":{"name":"n","at":"2023-02-28T10:00:00.Z"}}"#,
                #"content.at: must be a valid date-time, got "2023-02-28T10:00:00.Z""#
            ),
            (
                #"{"action":"accept","content":{"name":"n","link":"a b"}}"#,
                #"content.link: must be a valid uri, got "a b""#
            ),
            (
                #"{"action":"accept","content":{"name":"n","colors":["red","blue"]}}"#,
                "content.colors: must have at most 1 item, got 2"
            ),
            (
                #"{"action":"accept","content":{"name":"n","colors":["green"]}}"#,
                #"content.colors[0]: must be one of "red", "blue", got "green""#
            ),
            (#"{"action":"yes"}"#, #"the action must be "accept", "decline" or "cancel""#),
            ("[]", #"the action must be "accept", "decline" or "cancel""#),
            ("1", #"the action must be "accept", "decline" or "cancel""#),
        ] as [(String, String)])
    func `an answer to a form is checked`(_ answer: String, _ result: String) throws {
        let script =
            Self.form
            + "local value, problem = form.accept(json.decode(...)) return value and json.encode(value, { sorted = true }) or problem"
        #expect(try vm.run(script, answer) == result)
    }

    /// A question, an answer, and what the script gets.
    @Test(
        arguments: [
            (
                "mcp.sample { prompt = 'p' }",
                #"{"role":"assistant","content":{"type":"text","text":"a"},"model":"m","stopReason":"endTurn"}"#,
                #"{"content":{"text":"a","type":"text"},"model":"m","role":"assistant","stopReason":"endTurn","text":"a"}"#
            ),
            (
                "mcp.sample { prompt = 'p' }",
                #"{"role":"assistant","content":[{"type":"text","text":"a"},{"type":"image"},{"type":"text","text":"b"}],"model":"m"}"#,
                #"{"content":[{"text":"a","type":"text"},{"type":"image"},{"text":"b","type":"text"}],"model":"m","role":"assistant","text":"a\nb"}"#
            ),
            (
                "mcp.sample { prompt = 'p' }", #"{"role":"assistant","content":{"type":"text"},"model":"m"}"#,
                "a text block needs a text"
            ),
            (
                "mcp.sample { prompt = 'p' }", #"{"role":"system","content":{"type":"text"},"model":"m"}"#,
                #"the role must be "assistant" or "user""#
            ),
            (
                "mcp.sample { prompt = 'p' }", #"{"role":"user","content":{"type":"text","text":""}}"#,
                "the model must be a string"
            ),
            ("mcp.sample { prompt = 'p' }", "null", "it must be an object"),
            (
                "mcp.roots()", #"{"roots":[{"uri":"file:///a","name":"n","x":1},{"uri":"file:///b"}]}"#,
                #"[{"name":"n","uri":"file:///a"},{"uri":"file:///b"}]"#
            ),
            ("mcp.roots()", #"{"roots":[{"name":"n"}]}"#, "roots[0] needs a uri"),
            ("mcp.roots()", #"{"roots":{}}"#, "it needs a list 'roots'"),
        ] as [(String, String, String)])
    func `an answer is what its method says`(_ question: String, _ answer: String, _ result: String) throws {
        let script =
            "local value, problem = (\(question)).accept(json.decode(...)) return value and json.encode(value, { sorted = true }) or problem"
        #expect(try vm.run(script, answer) == result)
    }

    @Test(
        arguments: [
            ("mcp.elicit 'x'", "mcp.elicit takes a table of options, not \"x\""),
            (
                "mcp.elicit { mesage = 'x' }",
                "mcp.elicit has no option 'mesage' (did you mean 'message'?); there are 'fields', 'message', 'url'"
            ),
            ("mcp.elicit { message = 'x' }", "mcp.elicit needs either 'fields' or 'url'"),
            ("mcp.elicit { fields = {} }", "mcp.elicit's message must be a string, not nil"),
            ("mcp.elicit { message = 'x', fields = {} }", "mcp.elicit's fields must have at least one field"),
            (
                "mcp.elicit { message = 'x', fields = { a = mcp.object() } }",
                "mcp.elicit's fields.a: a form has strings"
            ),
            (
                "mcp.elicit { message = 'x', fields = { a = mcp.array() } }",
                "mcp.elicit's fields.a: write items = mcp.enum"
            ),
            (
                "mcp.elicit { message = 'x', fields = { a = mcp.string { pattern = 'a' } } }",
                "mcp.elicit's fields.a: a form cannot express 'pattern'"
            ),
            (
                "mcp.elicit { message = 'x', fields = { a = mcp.string { format = 'ipv4' } } }",
                "mcp.elicit's fields.a: the format must be email, uri, date or date-time, not \"ipv4\""
            ),
            ("mcp.elicit { message = 'x', url = 'javascript:1' }", "mcp.elicit's url must be an http: or https: URL"),
            ("mcp.sample {}", "mcp.sample needs either 'prompt' or 'messages'"),
            (
                "mcp.sample { prompt = 'a', maxTokens = 0 }",
                "mcp.sample's maxTokens must be a whole number above 0, not 0"
            ),
            (
                "mcp.sample { messages = { { role = 'x', content = '' } } }",
                "message 1 of mcp.sample: the role must be \"user\" or \"assistant\""
            ),
            ("mcp.sample { prompt = 'a', toolChoice = 'auto' }", "mcp.sample's toolChoice must be"),
            ("mcp.sample { prompt = '\\255' }", "must be UTF-8"),
        ] as [(String, String)])
    func `a wrong question is refused`(_ code: String, _ error: String) throws {
        #expect(try vm.run(code).contains(error))
    }
}
