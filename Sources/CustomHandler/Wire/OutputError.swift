import FunctionsModel
import JSON

/// The reason why a handler's result cannot be sent or would not arrive.
enum OutputError: Error, Equatable {
    /// A handler may not return this value.
    case returned(String, hint: String)
    case unknownOutput([String], allowed: [String], hint: String?)
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
        case .unknownOutput(let names, let allowed, let hint): Self.unknown(names, allowed, hint)
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

    private static func unknown(_ names: [String], _ allowed: [String], _ hint: String?) -> String {
        let isOne = names.count == 1
        let shown = names.prefix(mostNames)
        let more = names.count - shown.count
        guard !allowed.isEmpty else {
            return joined(shown.map { "'\($0)'" }, more: more)
                + (isOne ? " is not an output" : " are not outputs") + ": function.json declares no output binding"
        }
        if let name = names.first, isOne {
            return "'\(name)' is not an output of this function; function.json has " + list(allowed)
                + NearestName.question(name, among: allowed) + (hint.map { "; \($0)" } ?? "")
        }
        let questions = shown.map { "'\($0)'\(NearestName.question($0, among: allowed))" }
        return joined(questions, more: more) + " are not outputs of this function; function.json has " + list(allowed)
            + (hint.map { "; \($0)" } ?? "")
    }

    private static let mostNames = 5

    private static func list(_ names: [String]) -> String { joined(names.map { "'\($0)'" }) }

    /// The words as "a, b and c", or as "a, b and 3 more".
    private static func joined(_ words: [String], more: Int = 0) -> String {
        (more > 0 ? words + ["\(more) more"] : words).listed()
    }
}

extension String {
    /// Joins `Outputs.message` and a path such as `.a[2]`. If there is no path, a colon follows the place.
    fileprivate func replacingFirstSpace(_ isRoot: Bool, _ place: String) -> String {
        isRoot ? place + ": " + dropFirst(place.count) : self
    }
}
