import HTTP

/// The host's other protocol, for HTTP-only functions: it passes on the caller's own request, and the caller gets the
/// function's own response (host-contract §7, §8).
enum PlainWire {
    /// - Parameter showsErrors: tells the caller what failed. For development.
    static func response(
        _ failure: InvocationFailure, to invocation: Invocation, files: AppFiles, showsErrors: Bool
    ) -> HTTPResponse {
        guard showsErrors else {
            return ProblemDetails.response(
                500, title: "The function failed", detail: "its log tells the reason",
                [("invocationId", .text(invocation.id))])
        }
        guard invocation.request.values("accept").contains(where: { $0.contains("text/html") }) else {
            return PayloadWire.response(
                failure, function: invocation.function.name, id: invocation.id, toHost: false)
        }
        let page = ErrorPage(failure: failure, invocation: invocation, files: files)
        return HTTPResponse(status: 500, contentType: "text/html; charset=utf-8", body: Array(page.text.utf8))
    }
}
