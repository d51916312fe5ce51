import FunctionsModel

/// A response whose headers are not checked yet.
struct DraftResponse {
    /// What the host's formatters write.
    enum Body {
        /// A text, in the charset of the content type.
        case text(String)
        /// The bytes of a base64 text, which have no content type.
        case bytes([UInt8])
        /// A value whose format was negotiated with the caller. The formatter knows its length before it writes.
        case formatted([UInt8], type: String)
        case none
    }

    var status = 200
    /// The headers. A text that is nil stands for null.
    var headers: [(name: String, text: String?)] = []
    let body: Body

    init(_ body: Body) { self.body = body }

    /// Makes the response that ASP.NET makes from a value that no http output took.
    init(object value: NewtonsoftValue, accept: AcceptedTypes) {
        switch value {
        case .null:
            body = .none
            status = 204
        case .string(let text):
            let type = accept.preferred(among: ["text/plain", "application/json", "text/json"] + Self.xmlTypes)
            if let type, Self.xmlTypes.contains(type) {
                body = .formatted(Array(Self.xml(text).utf8), type: type)
            } else if let type, type != "text/plain" {
                body = .formatted(value.jsonBytes(), type: type)
            } else {
                body = .text(text)
            }
        default:
            let type = accept.preferred(among: ["application/json", "text/json"])
            body = .formatted(value.jsonBytes(), type: type ?? "application/json")
        }
    }

    private static let xmlTypes = ["application/xml", "text/xml"]

    private static func xml(_ text: String) -> String {
        let escaped = text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
        return "<string xmlns=\"http://schemas.microsoft.com/2003/10/Serialization/\">\(escaped)</string>"
    }

    /// The response for the caller (host-contract §9.5; golden/dotnet/httpout).
    func written(place: String, _ warnings: inout [AnswerWarning]) throws(UnsendableResponse) -> HTTPResult {
        var contentType: String?
        var length: Int?
        var seen: Set<String> = []
        var written: [(name: String, value: String)] = []
        for (name, text) in headers {
            guard let text else { throw .nullHeader(place: place, name: name) }
            let key = name.lowercased()
            if key != "content-type", !seen.insert(key).inserted {
                warnings.append(.repeatedHeader(place: place, name))
                continue
            }
            if name.isEmpty { throw .emptyHeader(place: place) }
            if let scalar = name.unicodeScalars.first(where: { !$0.isToken })
                ?? text.unicodeScalars.first(where: \.isControl)
            {
                throw .header(place: place, name: name, scalar)
            }
            let value = text.trimmed
            switch key {
            case "content-type": if !value.isEmpty { contentType = value }
            case "content-length":
                guard let number = Int(value), number >= 0 else { throw .contentLength(place: place, value) }
                length = number
            case "transfer-encoding": warnings.append(.transferEncoding(place: place))
            default: written.append((name, value))
            }
        }
        let (bytes, type) = encoded(contentType, place, &warnings)
        if let type { written.insert(("Content-Type", type), at: 0) }
        var result = HTTPResult(status: status, headers: written, body: bytes)
        if [204, 205, 304].contains(status) {
            if !bytes.isEmpty { warnings.append(.droppedBody(place: place, status)) }
            result.body = []
            return result
        }
        if let length {
            result.framing = .contentLength(length)
            if result.breaksOff { warnings.append(.wrongLength(place: place, said: length, count: bytes.count)) }
        } else if case .formatted = body {
            result.framing = .contentLength(bytes.count)
        } else if !bytes.isEmpty {
            result.framing = .chunks
        }
        return result
    }

    /// The body's bytes, and the content type with their charset.
    private func encoded(
        _ given: String?, _ place: String, _ warnings: inout [AnswerWarning]
    ) -> (bytes: [UInt8], type: String?) {
        switch body {
        case .none: return ([], given)
        case .bytes(let bytes): return (bytes, given)
        case .formatted(let bytes, let type): return (bytes, MediaType(given ?? type).inSupportedCharset)
        case .text(let text):
            let type = MediaType(given ?? "text/plain")
            if let charset = type.charset, !MediaType.supportedCharsets.contains(charset) {
                warnings.append(.charset(place: place, charset))
            }
            let isUTF16 = type.charset == "utf-16"
            return (isUTF16 ? text.utf16.flatMap(\.littleEndianBytes) : Array(text.utf8), type.inSupportedCharset)
        }
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
