import FunctionsModel

/// The texts that Newtonsoft parsed as dates, which the answer's author should know about.
extension NewtonsoftValue {
    /// The original text of a date, and the one that replaces it.
    typealias ChangedDate = (text: String, becomes: String)

    /// The date if this value is one, with the text in .NET's notation that arrives instead.
    var date: ChangedDate? { if case .date(let date, let text) = self { (text, date.cultureText) } else { nil } }

    /// The first date inside an array or object whose written form differs from what was read.
    var rewrittenDate: ChangedDate? {
        switch self {
        case .array(let elements): elements.lazy.compactMap(\.rewrittenInside).first
        case .object(let members): members.lazy.compactMap(\.value.rewrittenInside).first
        default: nil
        }
    }

    private var rewrittenInside: ChangedDate? {
        guard case .date(let date, let text) = self else { return rewrittenDate }
        return date.isoText == text ? nil : (text, date.isoText)
    }
}
