import JSON
import Testing

@Suite struct JSONOutlineValuesTests {
    private let outline = JSONOutline()

    /// Whether a value found in the outline has the same content as the tree.
    private func agrees(_ value: JSONOutline.Value, _ tree: JSONTree) throws -> Bool {
        switch tree.value {
        case .object(let members):
            guard value.kind == .object, outline.memberCount(of: value) == members.count else { return false }
            let names: [StaticString] = ["a", "b", "long", "", "\u{e9}"]
            for (name, found) in zip(names, outline.members(of: value, named: names)) {
                guard let member = tree[name.description] else {
                    if found != nil { return false }
                    continue
                }
                guard let found, try agrees(found, member) else { return false }
            }
            return true
        case .array(let elements):
            let found = outline.elements(of: value)
            guard value.kind == .array, found.count == elements.count else { return false }
            return try zip(found, elements).allSatisfy { try agrees($0, $1) }
        case .string(let text): return value.kind == .string && outline.string(value) == text
        default:
            let text = Array(outline.text(value).utf8)
            return try JSONTree.parse(text.span.bytes) == tree
        }
    }

    private static let long = String(repeating: "x\\\"", count: 9000)

    @Test(arguments: [
        "1", " [ ] ", "{}", "[[],{},[[]],{\"a\":{}}]", #"{"a":1,"b":[1,2,{"a":"\n"}],"a":{"b":null}}"#,
        "[ 1 ,\n{ \"a\" : [ ] , \"b\" : { \"b\" : -1.5e3 } } , \"\" , true ,false,null ] ",
        #"{"\u0061":"\ud83d\ude00\\","":[""],"é":"\u00e9"}"#, #"{"x\"a":1,"\\":2,"a":"\\"}"#,
        "{\"\(long)\":[\"\(long)\",[1]],\"long\":\"\(long)\",\"b\":[\"\(long)\"],\"a\":7}",
        "[" + String(repeating: "{\"a\":[],\"b\":[0]},", count: 500) + "0]",
    ])
    func `values are found as in a tree`(text: String) throws {
        let bytes = Array(text.utf8)
        let isJSON = outline.check(bytes.span.bytes)
        let tree = try JSONTree.parse(bytes.span.bytes)
        #expect(isJSON)
        #expect(try agrees(outline.root, tree))
    }
}
