import JSON
import Testing

@testable import FunctionsModel

@Suite struct QueryTests {
    /// With a copy of the list for each value, this would copy sixteen billion values.
    @Test func `many values of one name take linear time`() {
        let values = HTTPQuery.values(in: [String](repeating: "a", count: 180_000).joined(separator: "&"))
        #expect(values["A"]?.count == 180_000)
    }

    @Test func `a number that JSON does not have is written as a string`() throws {
        let tree = try JSONTree.newtonsoft(Array(#"{"a":NaN,"b":-1e999,"c":1.5}"#.utf8).span.bytes)
        #expect(tree.text == #"{"a":"NaN","b":"-Infinity","c":1.5}"#)
    }
}
