/// Writes small objects whose members keep the given order.
extension JSONText {
    public enum Value: Sendable {
        case text(String)
        case number(Int)
        case list([String])
    }

    /// The text as a JSON string.
    public static func quoted(_ text: String) -> String {
        let output = JSONText()
        output.append(string: text)
        return output.text
    }

    /// The texts as a JSON array.
    public static func quotedList(_ texts: [String]) -> String {
        let output = JSONText()
        output.append(list: texts)
        return output.text
    }

    public static func object(_ members: [(String, Value)]) -> String {
        let text = JSONText()
        for (position, (name, value)) in members.enumerated() {
            text.append(raw: position == 0 ? "{" : ",")
            text.append(string: name)
            text.append(raw: ":")
            switch value {
            case .text(let value): text.append(string: value)
            case .number(let number): text.append(raw: String(number))
            case .list(let texts): text.append(list: texts)
            }
        }
        text.append(raw: members.isEmpty ? "{}" : "}")
        return text.text
    }
}
