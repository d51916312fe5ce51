import JSON
import Testing

@testable import FunctionsModel

@Suite struct NewtonsoftTreeTests {
    @Test func `the host's dialect is read with line numbers`() throws {
        let text = """
            \u{FEFF}// settings
            {
              'a': 1, /* two
              lines */ "b": [true, null,],
            }
            """
        let tree = try JSONTree.newtonsoft(text.utf8Span.span.bytes)
        #expect(tree["a"]?.integer == 1)
        #expect(tree["b"]?.line == 4)
        #expect(tree["b"]?.elements?.count == 2)
        #expect(tree.text == #"{"a":1,"b":[true,null]}"#)
    }

    @Test(arguments: [("{ 'a }", 1), ("{\n\n/* x", 3), ("{\n\"a\": nope }", 2)])
    func `an error names the line of the mistake`(_ text: String, _ line: Int) {
        let error = #expect(throws: JSONError.self) { try JSONTree.newtonsoft(text.utf8Span.span.bytes) }
        guard case .syntax(_, let found, _) = error else { return #expect(Bool(false), "no syntax error") }
        #expect(found == line)
    }
}
