import FunctionsModel

/// A response whose headers are not checked yet.
struct DraftResponse {
    var status = 200
    /// The headers. A text that is nil stands for null.
    var headers: [(name: String, text: String?)] = []
    var body: [UInt8] = []
    /// The content type that applies if no header sets one.
    var contentType: String?

    init(text: String) {
        body = Array(text.utf8)
        contentType = Self.plainText
    }

    private static let plainText = "text/plain; charset=utf-8"

    init(bytes: [UInt8]) { body = bytes }

    /// Makes the response that ASP.NET makes from a value that no http output took, for a caller that accepts
    /// everything.
    init(object value: NewtonsoftValue) {
        switch value {
        case .null: status = 204
        case .string(let text):
            body = Array(text.utf8)
            contentType = Self.plainText
        default:
            body = Array(value.json().utf8)
            contentType = "application/json; charset=utf-8"
        }
    }

    /// The response for the caller. Throws if a header or the body cannot be written.
    func written(place: String, _ warnings: inout [AnswerWarning]) throws(AnswerFailure) -> HTTPResult {
        var contentType = contentType
        var seen: Set<String> = []
        var written: [(name: String, value: String)] = []
        for (name, text) in headers {
            guard let text else { throw .nullHeader(place: place, name: name) }
            let key = name.lowercased()
            if key != "content-type", !seen.insert(key).inserted {
                warnings.append(.repeatedHeader(place: place, name))
                continue
            }
            if let scalar = name.unicodeScalars.first(where: { !$0.isToken })
                ?? text.unicodeScalars.first(where: \.isControl)
            {
                throw .header(place: place, name: name, scalar)
            }
            let value = text.trimmed
            switch key {
            case "content-type": if !value.isEmpty { contentType = value.inUTF8(place, &warnings) }
            case "content-length":
                guard Int(value) == body.count else {
                    throw .contentLength(place: place, said: value, count: body.count)
                }
            default: written.append((name, value))
            }
        }
        if [204, 205, 304].contains(status), !body.isEmpty { throw .body(place: place, status: status) }
        if let contentType { written.insert(("Content-Type", contentType), at: 0) }
        return HTTPResult(status: status, headers: written, body: body)
    }
}

extension Unicode.Scalar {
    /// Whether the character may be part of a header's name.
    fileprivate var isToken: Bool {
        switch self {
        case "a"..."z", "A"..."Z", "0"..."9": true
        default: "!#$%&'*+-.^_`|~".unicodeScalars.contains(self)
        }
    }

    /// Whether the character may not be part of a header's value. The server refuses non-ASCII letters too.
    fileprivate var isControl: Bool { (self < " " && self != "\t") || self > "~" }
}

extension String {
    /// A content type with the charset in which the body is written.
    fileprivate func inUTF8(_ place: String, _ warnings: inout [AnswerWarning]) -> String {
        switch MediaType(self).charset {
        case nil: return self + "; charset=utf-8"
        case "utf-8": return self
        case let charset?:
            warnings.append(.charset(place: place, charset))
            return (MediaType(self).name ?? "") + "; charset=utf-8"
        }
    }
}
