import NIOCore
import NIOHTTP1

/// `application/problem+json` (RFC 9457).
enum ProblemDetails {
    static func response(
        _ status: HTTPResponseStatus, title: String, detail: String, _ members: [(String, JSONText.Value)] = []
    ) -> Response {
        let text = JSONText.object(
            [
                ("type", .text("about:blank")), ("title", .text(title)), ("status", .number(Int(status.code))),
                ("detail", .text(detail)),
            ] + members)
        return Response(
            status: status, contentType: "application/problem+json", body: ByteBuffer(string: text + "\n"))
    }
}
