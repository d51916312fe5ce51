import FoundationEssentials
import FunctionsModel

/// A property of an input or output with expressions, which each invocation fills in: from the trigger's data, or with
/// the host's own `{datetime}`, `{rand-guid}`, `{sys.utcnow}` and `{sys.randguid}`, in any case.
struct BindingExpression: Sendable {
    private let place: BindingTemplate.Place
    private let parts: [Part]

    private enum Part {
        case literal(String)
        case given(String)
        /// The host's default without a format: ISO 8601, in a form allowed in a path.
        case now(DateTimeFormat?)
        case guid(GUIDFormat)
    }

    private enum GUIDFormat: String {
        case digits = "N"
        case dashes = "D"
        case braces = "B"
        case parentheses = "P"
    }

    init(_ text: String, property: String, binding: String) throws(BindingTemplateError) {
        let template = try BindingTemplate(text, property: property, binding: binding)
        place = template.place
        var parts: [Part] = []
        for token in template.tokens { parts.append(try Self.part(token, place)) }
        self.parts = parts
    }

    /// - Parameters:
    ///   - names: all names in the trigger's data, for an error.
    ///   - value: returns the trigger's value for the name in an expression: in any case, and `a.b` for a member of
    ///     `a`.
    func resolve(at now: Date, names: [String], value: (String) -> String?) throws(BindingTemplateError) -> String {
        var text = ""
        for part in parts {
            switch part {
            case .literal(let literal): text += literal
            case .now(let format): text += Self.time(now, format)
            case .guid(let format): text += Self.newGUID(format)
            case .given(let name):
                if let value = value(name) {
                    text += value
                } else if name.lowercased() == "datetime" {
                    text += Self.time(now, nil)
                } else {
                    throw BindingTemplateError(place, .unknown(name, known: names))
                }
            }
        }
        return text
    }

    /// Reads one expression. For a name that the host knows, the trigger's value takes precedence, except for `sys` and
    /// for names with a format, because the host looks up the name together with its format.
    private static func part(
        _ token: BindingTemplate.Token, _ place: BindingTemplate.Place
    ) throws(BindingTemplateError) -> Part {
        switch token {
        case .literal(let literal): return .literal(literal)
        case .expression(let name, let suffix):
            // To the host, white space is not a format, and it does not format a value that is already text.
            let format = suffix.flatMap { $0.allSatisfy(\.isWhitespace) ? nil : $0 }
            switch (name.lowercased(), format) {
            case ("sys.utcnow", nil): return .now(nil)
            case ("sys.utcnow", let format?): return .now(try dateFormat(format, place))
            case ("datetime", let format?):
                guard !format.contains(".") else { throw BindingTemplateError(place, .dotInDateFormat(format)) }
                return .now(try dateFormat(format, place))
            case ("rand-guid", let format), ("sys.randguid", let format):
                guard let known = GUIDFormat(rawValue: format?.uppercased() ?? "D") else {
                    throw BindingTemplateError(place, .guidFormat(format ?? ""))
                }
                return .guid(known)
            default: return .given(name)
            }
        }
    }

    private static func dateFormat(
        _ text: String, _ place: BindingTemplate.Place
    ) throws(BindingTemplateError) -> DateTimeFormat {
        do throws(DateTimeFormat.Reason) {
            return try DateTimeFormat(text)
        } catch {
            throw BindingTemplateError(place, .dateFormat(text, error))
        }
    }

    private static func time(_ now: Date, _ format: DateTimeFormat?) -> String {
        let time = DotNetDateTime(now, .utc)
        return format?.text(of: time) ?? time.isoText(decimals: 0).replacing(":", with: "-")
    }

    private static func newGUID(_ format: GUIDFormat) -> String {
        let guid = UUID().uuidString.lowercased()
        return switch format {
        case .digits: guid.replacing("-", with: "")
        case .dashes: guid
        case .braces: "{\(guid)}"
        case .parentheses: "(\(guid))"
        }
    }
}
