public import HTTP1

/// An answer to a request. The connection writes what frames the body (`Content-Length`, `Transfer-Encoding`) and what
/// the connection itself is about (`Connection`): such fields given here are left out.
///
/// Two given lengths count: that of a response to HEAD, and that of a streamed body, which then goes out without chunks
/// and is held to it.
public struct HTTPResponse: Sendable {
    public enum Body: Sendable {
        case bytes([UInt8])
        /// Comes later, piece by piece.
        case streamed
    }

    public var status: Int
    public var fields: HTTPFields
    public var body: Body

    public init(status: Int, fields: HTTPFields = [:], body: Body = .bytes([])) {
        self.status = status
        self.fields = fields
        self.body = body
    }

    public init(status: Int, contentType: String, body: [UInt8]) {
        self.init(status: status, fields: ["content-type": contentType], body: .bytes(body))
    }

    public init(status: Int, contentType: String = "text/plain; charset=utf-8", text: String) {
        self.init(status: status, contentType: contentType, body: Array(text.utf8))
    }

    /// `application/problem+json` (RFC 9457).
    public static func problem(status: Int, title: String, detail: String) -> HTTPResponse {
        let members = [
            #""type":"about:blank""#, #""title":\#(quoted(title))"#, #""status":\#(status)"#,
            #""detail":\#(quoted(detail))"#,
        ]
        return HTTPResponse(
            status: status, contentType: "application/problem+json", text: "{\(members.joined(separator: ","))}\n")
    }

    /// As a JSON string.
    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case ..<" ": quoted += "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
