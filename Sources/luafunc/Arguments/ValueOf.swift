import FunctionsModel

/// A form of value that is read as a `Value`.
struct ValueOf<Value: Sendable>: Sendable {
    let form: ValueForm

    init(
        placeholder: String? = nil, completion: ValueForm.Completion = .none,
        read: @escaping @Sendable (String) throws(ValueProblem) -> Value
    ) {
        form = ValueForm(placeholder: placeholder, completion: completion) { text throws(ValueProblem) in
            try read(text)
        }
    }
}

extension ValueOf<String> {
    static let text = ValueOf { text throws(ValueProblem) in text }
    static let file = ValueOf(placeholder: "file", completion: .file) { text throws(ValueProblem) in text }

    /// The name of a function of the app.
    static let function = ValueOf(placeholder: "name", completion: .functions) { text throws(ValueProblem) in text }

    /// The app folder.
    static let app = ValueOf(completion: .app) { text throws(ValueProblem) in text }

    static func folder(placeholder: String? = nil) -> ValueOf {
        ValueOf(placeholder: placeholder, completion: .folder) { text throws(ValueProblem) in text }
    }
}

extension ValueOf<Int> {
    static func number(_ bounds: ClosedRange<Int>) -> ValueOf {
        ValueOf { text throws(ValueProblem) in
            guard let number = Int(text) else { throw .unreadable(nil) }
            guard bounds.contains(number) else {
                throw .outOfBounds("must be from \(bounds.lowerBound) to \(bounds.upperBound)")
            }
            return number
        }
    }

    /// A size with its unit.
    static func size(_ bounds: ClosedRange<Int>) -> ValueOf {
        ValueOf { text throws(ValueProblem) in
            guard let bytes = ByteCount.parse(text) else {
                throw .unreadable("'\(text)' is not a size such as 64MB")
            }
            func shown(_ bytes: Int) -> String { ByteCount.text(bytes).filter { $0 != " " } }
            if bytes < bounds.lowerBound { throw .outOfBounds("must be at least \(shown(bounds.lowerBound))") }
            if bytes > bounds.upperBound { throw .outOfBounds("must be at most \(shown(bounds.upperBound))") }
            return bytes
        }
    }
}

extension ValueOf<Duration> {
    /// A length of time with its unit.
    static let time = ValueOf { text throws(ValueProblem) in
        guard let time = TimeLimit.parse(text) else { throw .unreadable("'\(text)' is not a time such as 10s") }
        return time
    }
}

extension ValueOf where Value: RawRepresentable<String> & CaseIterable {
    /// One of a few words.
    static var choice: ValueOf {
        let choices = Value.allCases.map(\.rawValue)
        return ValueOf(completion: .choices(choices)) { text throws(ValueProblem) in
            guard let value = Value(rawValue: text) else {
                throw .unreadable(
                    "it must be one of \(choices.joined(separator: ", "))\(question(text, choices))")
            }
            return value
        }
    }

    /// Also for a text that contains a choice, such as "HTTP trigger" in place of "http".
    private static func question(_ text: String, _ choices: [String]) -> String {
        let near = NearestName.question(text, among: choices)
        let letters = text.lowercased().filter { $0 != " " }
        let contained = choices.filter { letters.contains($0) }.max { $0.count < $1.count }
        return near.isEmpty ? contained.map { " (did you mean '\($0)'?)" } ?? "" : near
    }
}
