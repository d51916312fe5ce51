import TestSupport
import Testing

@testable import JSON

@Suite struct JSONTextTests {
    @Test func `a string is written with its escapes, of any length and at any place`() {
        var numbers = Numbers(state: 9)
        let odd: [String] = ["\"", "\\", "\n", "\u{1}", "\u{7f}", "é", "€", "😀", "\u{80}", "/"]
        let output = JSONText()
        for round in 0..<4000 {
            var text = ""
            for _ in 0..<round % 41 {
                text += Int.random(in: 0..<6, using: &numbers) == 0 ? odd.randomElement(using: &numbers) ?? "" : "x"
            }
            output.truncate()
            output.append(string: text)
            #expect(output.text == Self.quoted(text))
        }
    }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\\(scalar)"
            case "\n": quoted += "\\n"
            case "\u{1}": quoted += "\\u0001"
            case "\u{7f}": quoted += "\\u007f"
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
