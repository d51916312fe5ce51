import JSON
import TestSupport
import Testing

@testable import FunctionsModel

@Suite struct DotNetTextTests {
    @Test(arguments: [
        (0, "0"), (-0.0, "-0"), (5, "5"), (100, "100"), (-1.5, "-1.5"), (0.1, "0.1"), (12.034, "12.034"),
        (0.0001, "0.0001"), (0.00001, "1E-05"), (1.5e-10, "1.5E-10"), (1e14, "100000000000000"),
        (1e15, "1000000000000000"), (1e16, "10000000000000000"), (1e17, "1E+17"),
        (1_234_567_890_123_456, "1234567890123456"), (123_456_789_012_345_680, "1.2345678901234568E+17"),
        (1e100, "1E+100"), (-2.5e-300, "-2.5E-300"),
    ])
    func `a number has the text that .NET gives it`(_ number: Double, _ expected: String) {
        #expect(number.dotNetText == expected)
    }

    @Test func `a number is written as .NET and Newtonsoft write it`() throws {
        try Golden.compare("dotnet/doubles", key: { $0["in"]?.string ?? "" }) { row in
            let text = row["in"]?.string ?? ""
            let number = try NewtonsoftValue(json: text, as: .serializer)
            let list = try NewtonsoftValue(json: "[\(text)]", as: .serializer)
            let answer = try NewtonsoftObject("{\"Logs\":[\(text)]}", .answer, zone: .utc)
            let found = [
                "type": number.dotNetType, "text": number.text, "json": number.json(), "inArray": list.json(),
                "element": list.elements?.first?.text, "log": answer?["Logs"]?.elements?.first?.string,
            ]
            let differences = found.filter { row[$0.key]?.string != $0.value }
            return differences.isEmpty ? nil : "\(differences)"
        }
    }

    @Test(arguments: [
        ("a", "a"), (" \t\r\na b\u{a0}\u{2003}\u{85}", "a b"), ("", ""), (" ", ""), ("\u{feff} a", "\u{feff} a"),
    ])
    func `white space is trimmed at both ends`(_ text: String, _ trimmed: String) {
        #expect(text.trimmed == trimmed)
    }

    @Test(arguments: [
        ("{}", true), ("\u{a0}[1] \n", true), ("{]", false), ("{", false), ("", false), ("\u{feff}{}", false),
        ("// {}", false),
    ])
    func `the host reads texts in brackets as JSON`(_ text: String, _ isRead: Bool) {
        #expect(text.hasJSONBrackets == isRead)
    }

    @Test func `names are equal in upper and lower case, but an ASCII letter never equals another letter`() {
        let names: CaselessDictionary<Int> = ["É": 1, "K": 2, "ß": 3]
        #expect(names["é"] == 1 && names["k"] == 2 && names["ß"] == 3)
        #expect(names["\u{212a}"] == nil && names["SS"] == nil)
    }
}
