import FunctionsModel
import HTTP1

/// Takes a caller's secrets out of a recording.
enum SecretMask {
    static let text = "***"

    /// Whether a header is a secret as a whole.
    static func hides(header name: String) -> Bool {
        let name = name.lowercased()
        return headers.contains(name) || words.contains { name.contains($0) }
    }

    private static let headers: Set<String> = [
        "authorization", "proxy-authorization", "cookie", "set-cookie", HostHeader.functionsKey,
        "ocp-apim-subscription-key", "x-zumo-auth", "x-ms-client-principal",
    ]
    private static let words = ["token", "secret", "password", "api-key", "apikey", "api_key"]

    /// Whether a parameter of a query is a secret: a function's key, the signature of a storage account, a token.
    static func hides(parameter name: String) -> Bool {
        let name = name.lowercased()
        return ["code", "sig", "signature", "key"].contains(name) || words.contains { name.contains($0) }
    }

    /// A header's value. URLs in it, as in `Referer`, may have a query with secrets.
    static func value(_ value: String, ofHeader name: String) -> String {
        hides(header: name) ? text : url(value)
    }

    /// A text without the secrets in the queries of its URLs.
    static func url(_ text: String) -> String {
        guard text.utf8.contains(UInt8(ascii: "=")) else { return text }
        let bytes = Array(text.utf8)
        var masked: [UInt8] = []
        var index = 0
        while index < bytes.count {
            masked.append(bytes[index])
            index += 1
            guard "?&".utf8.contains(bytes[index - 1]) else { continue }
            let end = bytes[index...].firstIndex { $0 == UInt8(ascii: "=") || isEnd($0) } ?? bytes.count
            guard end < bytes.count, bytes[end] == UInt8(ascii: "=") else { continue }
            let name = String(decoding: EscapedText.decode(bytes[index..<end].span), as: UTF8.self)
            masked += bytes[index...end]
            index = end + 1
            guard hides(parameter: name) else { continue }
            masked += Self.text.utf8
            index = bytes[index...].firstIndex(where: isEnd) ?? bytes.count
        }
        return String(decoding: masked, as: UTF8.self)
    }

    private static func isEnd(_ byte: UInt8) -> Bool { byte <= 0x20 || "&#\"'<>".utf8.contains(byte) }

    static func fields(_ fields: HTTPFields) -> HTTPFields {
        HTTPFields(fields.map { ($0.name, value($0.value, ofHeader: $0.name)) })
    }

    /// The payload of an HTTP trigger; nil for one that cannot be read.
    ///
    /// - Parameter trigger: the binding's name.
    static func payload(_ bytes: [UInt8], trigger: String) -> [UInt8]? {
        guard let text = String(validating: bytes, as: UTF8.self),
            let payload = try? NewtonsoftValue(json: text, as: .parser, zone: nil)
        else { return nil }
        var secret: Set<String> = []
        let masked = payload.mapped { name, value in
            switch name {
            case "Data":
                value.mapped { name, value in
                    guard name == trigger else { return value }
                    return value.mapped { name, value in
                        switch name {
                        case "Url": value.string.map { .string(url($0)) } ?? value
                        case "Query":
                            value.mapped { name, value in
                                guard hides(parameter: name) else { return value }
                                secret.insert(name.lowercased())
                                return .string(Self.text)
                            }
                        case "Headers": headers(value)
                        default: value
                        }
                    }
                }
            case "Metadata":
                value.mapped { name, value in
                    switch name {
                    case "Query": value.mapped { hides(parameter: $0) ? .string(Self.text) : $1 }
                    case "Headers": headers(value)
                    // The query's values are there by their own names too.
                    default: secret.contains(name.lowercased()) ? .string("\"\(Self.text)\"") : value
                    }
                }
            default: value
            }
        }
        return masked.jsonBytes()
    }

    private static func headers(_ value: NewtonsoftValue) -> NewtonsoftValue {
        value.mapped { name, value in
            if let text = value.string { return .string(Self.value(text, ofHeader: name)) }
            guard let elements = value.elements else { return value }
            return .array(elements.map { .string(Self.value($0.string ?? "", ofHeader: name)) })
        }
    }
}

extension NewtonsoftValue {
    /// This object with other values; any other value stays as it is.
    fileprivate func mapped(_ change: (_ name: String, NewtonsoftValue) -> NewtonsoftValue) -> NewtonsoftValue {
        guard let members else { return self }
        return .record(members.map { ($0.name, change($0.name, $0.value)) })
    }
}
