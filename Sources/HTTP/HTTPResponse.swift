public import HTTP1

/// A response. The connection itself writes `Content-Length`, `Transfer-Encoding` and `Connection`, and ignores these
/// fields here, with one exception: a streamed response, and a chunked one to HEAD, may have a `Content-Length`. A
/// streamed body is then sent without chunks and must have exactly that length.
public struct HTTPResponse: Sendable {
    public enum Body: Sendable {
        case bytes([UInt8])
        /// The whole body, whose length is not told in the head. The response to HEAD has no body either.
        case chunked([UInt8])
        /// The body follows through the connection's `write` and `end`.
        case streamed
    }

    public var status: Int
    /// The text after the status; nil for the usual one.
    public var reason: String?
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

    /// An `application/problem+json` response (RFC 9457).
    public static func problem(status: Int, title: String, detail: String) -> HTTPResponse {
        let members = [
            #""type":"about:blank""#, #""title":\#(quoted(title))"#, #""status":\#(status)"#,
            #""detail":\#(quoted(detail))"#,
        ]
        return HTTPResponse(
            status: status, contentType: "application/problem+json", text: "{\(members.joined(separator: ","))}\n")
    }

    /// The text as a JSON string.
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
