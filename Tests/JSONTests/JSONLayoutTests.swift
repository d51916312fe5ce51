import TestSupport
import Testing

@testable import JSON

@Suite struct JSONLayoutTests {
    @Test(arguments: [
        ("1", "1"), ("\"a\"", "\"a\""), ("{}", "{}"), ("[]", "[]"), ("null", "null"),
        ("[1,[],{}]", "[\n  1,\n  [],\n  {}\n]"),
        (
            #"{"b":{"c":[true]},"a":"x,\"{"}"#,
            "{\n  \"b\": {\n    \"c\": [\n      true\n    ]\n  },\n  \"a\": \"x,\\\"{\"\n}"
        ),
    ])
    func `pretty text has a line for each member and element`(_ text: String, _ expected: String) {
        #expect(Self.layout(text, pretty: true, sorted: false) == expected)
    }

    @Test(arguments: [
        (#"{"b":1,"a":2}"#, #"{"a":2,"b":1}"#),
        (#"{"b":{"d":1,"c":2},"a":[{"y":1,"x":2}]}"#, #"{"a":[{"x":2,"y":1}],"b":{"c":2,"d":1}}"#),
        (#"{"a":1}"#, #"{"a":1}"#),
        (#"{"ab":1,"a":2,"":3,"B":4,"é":5,"z":6}"#, #"{"":3,"B":4,"a":2,"ab":1,"z":6,"é":5}"#),
        // These are the bytes 0x09, 0x1f, 0x21, 0x22, 0x5c, 0x61 and 0x7f.
        (
            #"{"a":1,"\\":2,"\"":3,"!":4,"\u001f":5,"\t":6,"\u007f":7}"#,
            #"{"\t":6,"\u001f":5,"!":4,"\"":3,"\\":2,"a":1,"\u007f":7}"#
        ),
        (#"[{"b":"}","a":"{"},"{\"b\":1,\"a\":2}"]"#, #"[{"a":"{","b":"}"},"{\"b\":1,\"a\":2}"]"#),
    ])
    func `sorted text has the members in the order of their names' bytes`(_ text: String, _ expected: String) {
        #expect(Self.layout(text, pretty: false, sorted: true) == expected)
    }

    @Test func `any text keeps its value, in steps of any size`() throws {
        var numbers = Numbers(state: 7)
        for round in 0..<500 {
            let tree = Self.tree(&numbers, depth: 5)
            let step = [1, 3, 17, 1 << 16][round % 4]
            let sorted = Self.layout(tree.text, pretty: false, sorted: true, step: step)
            #expect(sorted == Self.sorted(tree).text)
            let pretty = Self.layout(tree.text, pretty: true, sorted: true, step: step)
            #expect(try JSONTree.parse(pretty.utf8Span.span.bytes).text == sorted)
            #expect(Self.layout(tree.text, pretty: false, sorted: false, step: step) == tree.text)
        }
    }

    private static func layout(_ text: String, pretty: Bool, sorted: Bool, step: Int = 1 << 16) -> String {
        var layout = JSONLayout(pretty: pretty, sorted: sorted)
        let output = JSONText()
        while !layout.advance(text.utf8Span.span.bytes, by: step, into: output) {}
        return output.text
    }

    private static func tree(_ numbers: inout Numbers, depth: Int) -> JSONTree {
        func value(_ value: JSONTree.Value) -> JSONTree { JSONTree(value, line: 1) }
        let count = Int.random(in: 0..<6, using: &numbers)
        switch Int.random(in: 0..<(depth > 0 ? 6 : 3), using: &numbers) {
        case 0: return value(.integer(Int64(count)))
        case 1: return value(.string(String(repeating: "\"é{,", count: count)))
        case 2: return value(.null)
        case 3: return value(.array((0..<count).map { _ in tree(&numbers, depth: depth - 1) }))
        default:
            var members: [String: JSONTree] = [:]
            for _ in 0..<count * count {
                let name = ["a", "\\", "\"", "\n", "é"].randomElement(using: &numbers) ?? ""
                members[name + String(Int.random(in: 0..<40, using: &numbers))] = tree(&numbers, depth: depth - 2)
            }
            return value(.object(members.map { JSONTree.Member(name: $0.key, tree: $0.value) }))
        }
    }

    private static func sorted(_ tree: JSONTree) -> JSONTree {
        switch tree.value {
        case .array(let elements): return JSONTree(.array(elements.map(sorted)), line: 1)
        case .object(let members):
            let sorted = members.map { JSONTree.Member(name: $0.name, tree: Self.sorted($0.tree)) }
                .sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
            return JSONTree(.object(sorted), line: 1)
        default: return tree
        }
    }
}
