/// Finds the known name that the author of a misspelt one probably meant.
public enum NearestName {
    /// Finds the most similar name. Returns nil if more than a third of the letters would have to change, or if the
    /// name is very long.
    public static func find(_ name: String, among names: [String]) -> String? {
        guard name.utf8.count <= 64 else { return nil }
        let wanted = Array(name.lowercased().unicodeScalars)
        var nearest: (name: String, steps: Int)?
        for candidate in names {
            let letters = Array(candidate.lowercased().unicodeScalars)
            let limit = min(max(1, letters.count / 3), (nearest?.steps ?? .max) - 1)
            // Comparing lengths is cheap.
            guard abs(letters.count - wanted.count) <= limit else { continue }
            let steps = distance(wanted, letters)
            if steps <= limit { nearest = (candidate, steps) }
        }
        return nearest?.name
    }

    /// ` (did you mean 'name'?)` for the end of a sentence; empty if no name is similar.
    package static func question(_ name: String, among names: [String]) -> String {
        find(name, among: names).map { " (did you mean '\($0)'?)" } ?? ""
    }

    /// The number of edits between two names: letters to insert, delete, change, or swap with the next one.
    private static func distance(_ first: [Unicode.Scalar], _ second: [Unicode.Scalar]) -> Int {
        var before = Array(repeating: 0, count: second.count + 1)
        var row = Array(0...second.count)
        for index in first.indices {
            var next = [index + 1]
            for column in second.indices {
                let change = row[column] + (second[column] == first[index] ? 0 : 1)
                var steps = min(change, row[column + 1] + 1, next[column] + 1)
                if index > 0, column > 0, first[index] == second[column - 1], first[index - 1] == second[column] {
                    steps = min(steps, before[column - 1] + 1)
                }
                next.append(steps)
            }
            before = row
            row = next
        }
        return row[second.count]
    }
}
