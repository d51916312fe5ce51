import FoundationEssentials
import FunctionsModel

/// A property of an input or output with expressions, which each invocation fills in: from the trigger's data, or with
/// the host's own `{datetime}`, `{rand-guid}`, `{sys.utcnow}` and `{sys.randguid}`, in any case
/// (golden/dotnet/bindingtemplates).
struct BindingExpression: Sendable {
    private let place: BindingTemplate.Place
    private let parts: [Part]

    private enum Part {
        case literal(String)
        /// A value of the trigger. A blank format is the host's own.
        case given(String, format: String)
        case now(DateTimeFormat)
        /// A new GUID, or the trigger's value of this name.
        case guid(GUIDFormat, given: String?)
    }

    /// A value of the trigger for an expression.
    enum Value: Sendable, Equatable {
        /// A text, which has no formats.
        case text(String)
        case time(DotNetDateTime)
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
    func resolve(at now: Date, names: [String], value: (String) -> Value?) throws(BindingTemplateError) -> String {
        let now = DotNetDateTime(now, .utc)
        var text = ""
        for part in parts {
            switch part {
            case .literal(let literal): text += literal
            case .now(let format): text += format.text(of: now)
            case .guid(let format, let name):
                if case .text(let guid)? = name.flatMap(value) {
                    text += Self.text(guid, format)
                } else {
                    text += Self.text(UUID().uuidString.lowercased(), format)
                }
            case .given(let name, let format):
                switch value(name) {
                case .text(let value): text += value
                case .time(let time): text += try Self.dateFormat(format, place).text(of: time)
                case nil where name.lowercased() == "datetime": text += try Self.dateFormat("", place).text(of: now)
                case nil: throw BindingTemplateError(place, .unknown(name, known: names))
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
            case ("sys.utcnow", let format): return .now(try dateFormat(format ?? "", place))
            case ("datetime", let format?):
                guard !format.contains(".") else { throw BindingTemplateError(place, .dotInDateFormat(format)) }
                return .now(try dateFormat(format, place))
            case ("rand-guid", let format), ("sys.randguid", let format):
                guard let known = GUIDFormat(rawValue: format?.uppercased() ?? "D") else {
                    throw BindingTemplateError(place, .guidFormat(format ?? ""))
                }
                return .guid(known, given: name.contains(".") ? name : nil)
            default: return .given(name, format: format ?? "")
            }
        }
    }

    private static func dateFormat(
        _ text: String, _ place: BindingTemplate.Place
    ) throws(BindingTemplateError) -> DateTimeFormat {
        do throws(DateTimeFormat.Reason) {
            return try DateTimeFormat(host: text)
        } catch {
            throw BindingTemplateError(place, .dateFormat(text, error))
        }
    }

    private static func text(_ guid: String, _ format: GUIDFormat) -> String {
        switch format {
        case .digits: guid.replacing("-", with: "")
        case .dashes: guid
        case .braces: "{\(guid)}"
        case .parentheses: "(\(guid))"
        }
    }
}
