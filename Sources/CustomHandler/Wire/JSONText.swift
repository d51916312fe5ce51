import Lua

/// Small JSON objects that luafunc itself makes, with the members in the given order.
public enum JSONText {
    public enum Value: Sendable {
        case text(String)
        case number(Int)
        case list([String])
    }

    public static func object(_ members: [(String, Value)]) -> String {
        let writer = JSONWriter()
        for (position, (name, value)) in members.enumerated() {
            writer.append(raw: position == 0 ? "{" : ",")
            writer.append(string: name)
            writer.append(raw: ":")
            switch value {
            case .text(let text): writer.append(string: text)
            case .number(let number): writer.append(raw: String(number))
            case .list(let texts): writer.append(list: texts)
            }
        }
        writer.append(raw: members.isEmpty ? "{}" : "}")
        return writer.text
    }
}
