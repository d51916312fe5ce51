import FunctionsModel

/// luafunc's objects, whose methods a script may call by a wrong name.
enum AbsentMethod: String {
    case request, task, response

    /// - Parameter variable: how the script writes the object.
    static func sentence(_ name: String, of object: AbsentMethod, called variable: String) -> String {
        let methods = object.methods
        let meaning = object.meanings[name.lowercased()]
        var text = "a \(object.rawValue) has no method '\(name)'"
        if let meaning, meaning.hasPrefix(".") {
            text += "; write \(variable)\(meaning)."
        } else if let meant = meaning ?? methods.first(where: { $0 == name.lowercased() })
            ?? NearestName.find(name, among: methods)
        {
            text += "; did you mean \(variable):\(meant)(…)?"
        } else {
            text += "."
        }
        return text + " It has " + methods.joined(separator: ", ")
    }

    private var methods: [String] {
        switch self {
        case .request: RequestMethods.calls.keys.sorted()
        case .task: ["cancel", "join"]
        case .response: ["chunks", "close", "json", "values"]
        }
    }

    /// What other libraries call differently, by its name there. What begins with a dot is a field.
    private var meanings: [String: String] {
        switch self {
        case .request:
            ["args": "query", "arg": "query", "get": "header", "param": ".Params.name", "text": ".Body"]
        case .task:
            [
                "wait": "join", "await": "join", "result": "join", "get": "join", "kill": "cancel", "stop": "cancel",
                "abort": "cancel",
            ]
        case .response:
            ["header": ".headers[name]", "lines": "chunks", "read": "chunks", "text": ".body"]
        }
    }
}
