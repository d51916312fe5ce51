extension [String] {
    /// The words as a sentence has them: "a, b and c".
    package func listed(_ word: String = "and") -> String {
        guard let last, count > 1 else { return first ?? "" }
        return dropLast().joined(separator: ", ") + " \(word) " + last
    }

    /// Says which functions an app has, for an error about an unknown one.
    package var listedAsFunctions: String {
        switch count {
        case 0: "the app has no functions"
        case 1: "the only function is \(self[0])"
        default: "there are " + prefix(20).joined(separator: ", ") + (count > 20 ? " and \(count - 20) more" : "")
        }
    }
}
