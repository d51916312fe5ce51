import JSON
import Testing

@testable import DevHost

struct NewtonsoftJSONTests {
    @Test(arguments: [
        ("plain", #""plain""#),
        (#"a"b\c"#, #""a\"b\\c""#),
        ("\u{8}\t\n\u{c}\r", #""\b\t\n\f\r""#),
        ("\0\u{1}\u{b}\u{1f}", #""\u0000\u0001\u000b\u001f""#),
        ("\u{85}\u{2028}\u{2029}", #""\u0085\u2028\u2029""#),
        ("/<>&'\u{7f}\u{a0}", "\"/<>&'\u{7f}\u{a0}\""),
        ("grün €😀", "\"grün €😀\""),
        ("\r\n", #""\r\n""#),
    ])
    func `a string has only the escapes it must have`(_ text: String, _ expected: String) {
        #expect(NewtonsoftJSON.text(.string(text)) == expected)
    }

    @Test(arguments: [
        ("5", "5"), ("-9223372036854775808", "-9223372036854775808"), ("5.0", "5.0"), ("1e2", "100.0"),
        ("1.5", "1.5"), ("1e20", "1E+20"), ("1e-7", "1E-07"),
        (#"{ "b" : [ ] , "a" : [ 1 , null, true, {} ] }"#, #"{"b":[],"a":[1,null,true,{}]}"#),
    ])
    func `a value is compact, its members in their order`(_ text: String, _ expected: String) throws {
        #expect(NewtonsoftJSON.text(try json(text).value) == expected)
    }
}
