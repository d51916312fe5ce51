import FunctionsModel
import JSON

/// The reason why a handler's result cannot be sent or would not arrive.
enum OutputError: Error, Equatable {
    /// A handler may not return this value.
    case returned(String, hint: String)
    case unknownOutput(String, allowed: [String], hint: String?)
    case unknownMember(String, of: String, allowed: [String])
    /// The table could be the value of `$return` or name outputs.
    case ambiguous(String)
    case notATable(String, got: String)
    case logs
    case unwritable(Place, JSONError)
    /// The host would lose or change the value of the output.
    case lost(Place, String)
}

extension OutputError: CustomStringConvertible {
    var description: String {
        switch self {
        case .returned(let what, let hint): "the handler returns \(what); \(hint)"
        case .unknownOutput(let name, let allowed, let hint):
            if allowed.isEmpty {
                "'\(name)' is not an output: function.json declares no output binding"
            } else {
                "'\(name)' is not an output of this function; function.json has "
                    + Self.list(allowed) + NearestName.question(name, among: allowed)
                    + (hint.map { "; \($0)" } ?? "")
            }
        case .unknownMember(let name, let place, let allowed):
            "\(place) has no member '\(name)'; there are " + Self.list(allowed)
                + NearestName.question(name, among: allowed)
        case .ambiguous(let reason):
            "\(reason); to send this table as the value of '$return', return { [\"$return\"] = { … } }"
        case .notATable(let place, let got): "\(place) must be a table, not \(got)"
        case .logs: "Logs must be a list of strings"
        case .unwritable(let place, .unwritable(let obstacle, let path)):
            "\(place)\(JSONError.unwritable(obstacle, path: path))".replacingFirstSpace(path.isEmpty, "\(place)")
        case .unwritable(let place, let error): "\(place): \(error)"
        case .lost(let place, let reason): "\(place): \(reason)"
        }
    }

    private static func list(_ names: [String]) -> String {
        let quoted = names.map { "'\($0)'" }
        guard let last = quoted.last, quoted.count > 1 else { return quoted.first ?? "" }
        return quoted.dropLast().joined(separator: ", ") + " and " + last
    }
}

extension String {
    /// Joins `Outputs.message` and a path such as `.a[2]`. If there is no path, a colon follows the place.
    fileprivate func replacingFirstSpace(_ isRoot: Bool, _ place: String) -> String {
        isRoot ? place + ": " + dropFirst(place.count) : self
    }
}
