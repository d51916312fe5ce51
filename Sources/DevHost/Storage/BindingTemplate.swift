import FunctionsModel

/// A binding's property with expressions in braces, such as `out/{name}-{rand-guid:N}.txt`, in the grammar of the host's
/// BindingTemplateParser: `{{` and `}}` stand for a brace, and `%NAME%` is already replaced.
struct BindingTemplate: Sendable {
    enum Token: Sendable {
        case literal(String)
        /// `{name:format}`; the name may have dots.
        case expression(name: String, format: String?)
    }

    /// The text and its position, for errors.
    struct Place: Sendable, Equatable {
        let text: String
        /// The property's name, such as `path` or `queueName`.
        let property: String
        let binding: String
    }

    let place: Place
    let tokens: [Token]

    init(_ text: String, property: String, binding: String) throws(BindingTemplateError) {
        place = Place(text: text, property: property, binding: binding)
        var tokens: [Token] = []
        var rest = text[...]
        while let first = rest.first {
            let position = text.distance(from: text.startIndex, to: rest.startIndex) + 1
            if rest.hasPrefix("{{") || rest.hasPrefix("}}") {
                tokens.append(.literal(String(first)))
                rest = rest.dropFirst(2)
            } else if first == "{" {
                let inner = rest.dropFirst().prefix { $0 != "{" && $0 != "}" }
                guard text[inner.endIndex...].first == "}" else {
                    throw BindingTemplateError(place, .unclosed(position: position))
                }
                tokens.append(try Self.expression(inner, place))
                rest = text[inner.endIndex...].dropFirst()
            } else if first == "}" {
                throw BindingTemplateError(place, .unopened(position: position))
            } else {
                let literal = rest.prefix { $0 != "{" && $0 != "}" }
                tokens.append(.literal(String(literal)))
                rest = rest[literal.endIndex...]
            }
        }
        self.tokens = tokens
    }

    private static func expression(_ text: Substring, _ place: Place) throws(BindingTemplateError) -> Token {
        let name = text.prefix { $0 != ":" }
        let format = name.endIndex < text.endIndex ? String(text[name.endIndex...].dropFirst()) : nil
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        let isName = parts.enumerated().allSatisfy { index, part in
            // The host accepts a dash only after a dot, as in {headers.x-id}; its own {rand-guid} is the exception.
            !part.isEmpty && part.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "-" && index > 0 }
        }
        let startsWell = name.first.map { $0.isLetter || $0 == "_" } ?? false
        guard isName && startsWell || name.lowercased() == "rand-guid" else {
            throw BindingTemplateError(place, .name(String(name)))
        }
        return .expression(name: String(name), format: format)
    }
}

/// The reason why a property of a binding cannot be read or filled in.
struct BindingTemplateError: Error, Equatable {
    let place: BindingTemplate.Place
    let fault: Reason

    init(_ place: BindingTemplate.Place, _ fault: Reason) {
        self.place = place
        self.fault = fault
    }

    enum Reason: Equatable {
        case unclosed(position: Int)
        case unopened(position: Int)
        case name(String)
        case unknown(String, known: [String])
        case dateFormat(String, DateTimeFormat.Reason)
        case dotInDateFormat(String)
        case guidFormat(String)
        case notAContainerPath
        case expressionInContainer
        case refused(StorageError)
        case notAParameter(String)
    }
}

extension BindingTemplateError: CustomStringConvertible {
    var description: String {
        "the \(place.property) '\(place.text)' of binding '\(place.binding)' \(sentence)"
    }

    /// The message for a context that already names the binding.
    var reason: String { "the \(place.property) '\(place.text)' \(sentence)" }

    private var sentence: String {
        switch fault {
        case .unclosed(let position): "has no } for the { at character \(position); a brace itself is written {{"
        case .unopened(let position): "has no { for the } at character \(position); a brace itself is written }}"
        case .name(""): "has empty braces; put a name in them"
        case .name(let name):
            "has '\(name)' in braces, which is not a name; use letters, digits and _, and dots before members"
        case .unknown(let name, let known):
            "uses {\(name)}, which the trigger does not give; it gives "
                + (known.isEmpty ? "nothing" : known.sorted().joined(separator: ", "))
        case .dateFormat(let format, let fault): "uses the date format '\(format)', \(fault.sentence)"
        case .dotInDateFormat(let format):
            "uses {datetime:\(format)}, of which the host reads only the part before the first dot; write "
                + "{sys.utcnow:\(format)}"
        case .guidFormat(let format):
            "uses the format '\(format)' for a GUID, with which each invocation fails in Azure; use N, D, B or P"
        case .notAContainerPath: "is not container/name or container"
        case .expressionInContainer: "has an expression in its container's name, where the host does not allow one"
        case .refused(let error): "is not a valid path: \(error)"
        case .notAParameter(let name): "cannot take {\(name)} from a blob's name; use a plain name such as {name}"
        }
    }
}
