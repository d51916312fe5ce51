/// The reason why a route cannot be read, with the position of the mistake.
struct RouteTemplateError: Error, Equatable {
    enum Source: String {
        case route
        case prefix = "routePrefix"
    }

    enum Reason: Equatable {
        case leadingSlash(String)
        case emptySegment
        case unclosedBrace(name: String)
        case singleBrace
        case strayBrace
        case questionMark
        case emptyName
        case badName(String, holds: Unicode.Scalar)
        case repeatedName(String)
        case catchAllNotLast(String)
        case catchAllBesideText(String)
        case optionalCatchAll(String)
        case optionalNotLast(String)
        case optionalAfter(String, name: String)
        case optionalWithDefault(String, defaultValue: String)
        case adjacentParameters(String, String)
        case constraint(RouteConstraint.Reason)
        case reserved(String)

        /// Whether the real host fails to start because of this one route, with all functions of the app (host-contract
        /// §12).
        var keepsHostFromStarting: Bool {
            switch self {
            case .reserved, .constraint(.pattern): false
            default: true
            }
        }
    }

    let source: Source
    let text: String
    /// The number of the character, from 1.
    let position: Int
    let reason: Reason

    init(_ source: Source, _ text: String, at index: Int, _ reason: Reason) {
        self.source = source
        self.text = text
        self.position = index + 1
        self.reason = reason
    }
}

extension RouteTemplateError: CustomStringConvertible {
    var description: String {
        "\(source.rawValue) '\(text)': character \(position): \(reason)"
            + (reason.keepsHostFromStarting ? Self.consequence : "")
    }

    static let consequence = ". In Azure, the whole host would not start"
}

extension RouteTemplateError.Reason: CustomStringConvertible {
    var description: String {
        switch self {
        case .leadingSlash(let text): "a route does not begin with '\(text)'; leave it out"
        case .emptySegment: "there are two slashes in a row; remove one"
        case .unclosedBrace(let name): "the '{' is never closed; write '{\(name)}'"
        case .singleBrace: "a '{' inside a parameter must be doubled; write '{{', and '}}' for '}'"
        case .strayBrace: "the '}' closes nothing; leave it out, or double it ('}}') if the path contains one"
        case .questionMark: "a path cannot contain '?'; for an optional parameter write '{name?}'"
        case .emptyName: "the parameter has no name; write '{id}'"
        case .badName(let name, let scalar): "'\(name)' is not a parameter name: it must not contain '\(scalar)'"
        case .repeatedName(let name): "two parameters are named '\(name)'; names must differ in more than case"
        case .catchAllNotLast(let name): "'{*\(name)}' takes the rest of the path, so nothing can follow it"
        case .catchAllBesideText(let name): "'{*\(name)}' must stand alone between slashes"
        case .optionalCatchAll(let name): "a catch-all may be empty anyway; write '{*\(name)}'"
        case .optionalNotLast(let name):
            "'{\(name)?}' can be optional only at the end of its segment; write '{\(name)}'"
        case .optionalAfter(let before, let name):
            "'{\(name)?}' can be optional only after a '.' on its own, not after '\(before)'; write '{\(name)}'"
        case .optionalWithDefault(let name, let value):
            "a parameter with a default may be missing anyway; write '{\(name)=\(value)}' or '{\(name)?}'"
        case .adjacentParameters(let first, let second):
            "'{\(first)}' and '{\(second)}' stand side by side; put a text such as '-' or '/' between them"
        case .constraint(let refusal): refusal.description
        case .reserved(let word):
            "the host reserves routes that begin with '\(word)', in any case; choose another beginning"
        }
    }
}
