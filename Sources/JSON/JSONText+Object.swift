/// Writes small objects whose members keep the given order.
extension JSONText {
    public enum Value: Sendable {
        case text(String)
        case number(Int)
        case list([String])
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
