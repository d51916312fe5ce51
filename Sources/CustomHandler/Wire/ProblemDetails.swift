import HTTP
import JSON

/// Makes `application/problem+json` responses (RFC 9457) with additional members of luafunc.
enum ProblemDetails {
    static func response(
        _ status: Int, title: String, detail: String, _ members: [(String, JSONText.Value)]
    ) -> HTTPResponse {
        let text = JSONText.object(
            [
                ("type", .text("about:blank")), ("title", .text(title)), ("status", .number(status)),
                ("detail", .text(detail)),
            ] + members)
        return HTTPResponse(status: status, contentType: "application/problem+json", body: Array((text + "\n").utf8))
    }
}
