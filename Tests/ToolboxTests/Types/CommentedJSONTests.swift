import FunctionsModel
import JSON
import Testing

@testable import Toolbox

/// Settings files of users, to which members are added.
struct CommentedJSONTests {
    private static func merged(_ text: String) throws -> String {
        let merged = try EditorSettings.vsCode.merged(into: Array(text.utf8))
        // A second time changes nothing.
        #expect(try EditorSettings.vsCode.merged(into: merged) == merged)
        return String(decoding: merged, as: UTF8.self)
    }

    private static let first = """
        { "fileMatch": ["/*/function.json", "/functions/*/function.json"], "url": \
        "./.luafunc/types/function.schema.json" }
        """
    private static let second = #"{ "fileMatch": ["/host.json"], "url": "./.luafunc/types/host.schema.json" }"#
    private static let both = "\"json.schemas\": [\n    \(first),\n    \(second)\n  ]"

    private static let additions: [(String, String)] = [
        ("", "{\n  \(both)\n}\n"), ("{}", "{\n  \(both)\n}"), ("// mine\n", "// mine\n{\n  \(both)\n}\n"),
        ("{ \"a\": 1 }", "{ \"a\": 1, \(both) }"),
        ("{\n    \"a\": 1\n}\n", "{\n    \"a\": 1,\n    \(both)\n}\n"),
        ("{\r\n\t\"a\": 1\r\n}", "{\r\n\t\"a\": 1,\r\n\t\(both)\r\n}"),
        // Comments and commas stay where they are.
        (
            "{\n  \"a\": [1, 2,], // } one\n  /* \" */ \"b\": \"//\", // two\n  // three\n}",
            "{\n  \"a\": [1, 2,], // } one\n  /* \" */ \"b\": \"//\", // two\n  // three\n  \(both)\n}"
        ),
        (
            "{\n  \"a\": 1 // \"one\"\n}", "{\n  \"a\": 1, // \"one\"\n  \(both)\n}"
        ),
        ("{ \"json.schemas\": [] }", "{ \"json.schemas\": [\(first), \(second)] }"),
        ("{ \"json.schemas\": [\(second)] }", "{ \"json.schemas\": [\(second), \(first)] }"),
        (
            "{\n  \"json.schemas\": [\n    // mine\n    { \"url\": \"x\" }\n  ]\n}",
            "{\n  \"json.schemas\": [\n    // mine\n    { \"url\": \"x\" },\n    \(first),\n    \(second)\n  ]\n}"
        ),
        ("\u{feff}{}", "\u{feff}{\n  \(both)\n}"),
    ]

    @Test(arguments: additions)
    func `members are added and everything else stays`(_ before: String, _ after: String) throws {
        #expect(try Self.merged(before) == after)
    }

    @Test(arguments: [
        ("{", "it is not valid JSON: line 1, column 2: the text ends in the middle of a value"),
        ("[]", "it is not an object"), ("{} x", "it is not valid JSON"), ("{ a: 1 }", "it is not valid JSON"),
        ("{,}", "it is not valid JSON"), ("[1,,]", "it is not valid JSON"),
        ("[,]", "it is not valid JSON"), ("{ \"a\": 1, , }", "it is not valid JSON"), (",", "it is not valid JSON"),
        ("{ \"a\": 1 /* }", "it is not valid JSON"), ("\"\\", "it is not valid JSON"),
        ("{ \"a\": \"\\u00", "it is not valid JSON"),
        ("{ \"json.schemas\": {} }", "\"json.schemas\" is not a list"),
        ("{ \"json\": { \"schemas\": 7 } }", "\"json.schemas\" is not a list"),
    ])
    func `a file to which nothing can be added is refused with the reason`(_ text: String, _ reason: String) {
        let refusal = #expect(throws: EditorSettings.Refusal.self) {
            try EditorSettings.vsCode.merged(into: Array(text.utf8))
        }
        #expect(refusal?.description.hasPrefix(reason) == true, "\(String(describing: refusal))")
    }

    @Test func `a damaged file is merged or refused`() throws {
        let sample = Array("{ \"a.b\": [1, {}, \"\\\"x\\u0041\",], /* c */ \"json.schemas\": [ ] } // end\n".utf8)
        var merged = 0
        for place in sample.indices {
            for byte in "{}[],:\"/*\\ \n\u{0}a".utf8 {
                var damaged = sample
                damaged[place] = byte
                for text in [damaged, Array(sample[..<place]) + [byte]] {
                    guard let result = try? EditorSettings.vsCode.merged(into: text) else { continue }
                    merged += 1
                    #expect(try EditorSettings.vsCode.merged(into: result) == result)
                }
            }
        }
        #expect(merged > 100)
    }

    @Test func `a deeply nested file is refused`() {
        #expect(throws: EditorSettings.Refusal.self) {
            try EditorSettings.vsCode.merged(into: Array(repeating: UInt8(ascii: "["), count: 100_000))
        }
    }

    /// Values of .luarc.json in each of the forms that the language server reads.
    @Test(arguments: [
        (
            #"{ "runtime": { "version": "Lua 5.1", "path": ["?.lua"] }, "workspace.library": { "x": true } }"#,
            ["\"version\": \"Lua 5.1\"", "\"?.lua\", \"?/init.lua\"", "\"x\": true, \".luafunc/types\": true"]
        ),
        (
            #"{ "Lua.workspace.library": ["x"], "Lua": { "runtime": { "builtin": { "io": "enable" } } } }"#,
            ["\"Lua.workspace.library\": [\"x\", \".luafunc/types\"]", "\"io\": \"enable\", \"debug\": \"disable\""]
        ),
        (#"{ "workspace.library": ["a", ".luafunc/types"] }"#, ["[\"a\", \".luafunc/types\"]"]),
    ])
    func `the user's own form is kept`(_ text: String, _ parts: [String]) throws {
        let merged = try EditorSettings.languageServer.merged(into: Array(text.utf8))
        let result = String(decoding: merged, as: UTF8.self)
        for part in parts { #expect(result.contains(part), "\(result)") }
        #expect(try EditorSettings.languageServer.merged(into: merged) == merged)
        let tree = try JSONTree.parse(merged.span.bytes)
        // No name is there twice.
        #expect(Set(tree.members?.map(\.name) ?? []).count == tree.members?.count)
    }

    @Test func `a new .luarc.json has all that the language server needs`() throws {
        let text = try EditorSettings.languageServer.merged(into: [])
        let tree = try JSONTree.parse(text.span.bytes)
        #expect(tree["runtime.version"]?.string == "Lua 5.4")
        #expect(tree["runtime.path"]?.elements?.compactMap(\.string).contains("lib/?.lua") == true)
        #expect(tree["workspace.library"]?.elements?.compactMap(\.string) == [".luafunc/types"])
        #expect(tree["runtime.builtin"]?.members?.map(\.name) == ["debug", "io", "os"])
    }
}
