import NIOCore
import NIOHTTP1

/// The other way the host speaks to HTTP-only functions: with the caller's own request, to which the caller gets the
/// function's own response (host-contract §7, §8).
enum PlainWire {
    /// - Parameter showsErrors: in development the caller is told what failed.
    static func response(
        _ outcome: Outcome, to request: Request, of invocation: Invocation, files: AppFiles, showsErrors: Bool
    ) -> Response {
        switch outcome {
        case .payload(let payload): return Response(status: .ok, contentType: "application/json", body: payload)
        case .response(let response): return response
        case .failed(let failure):
            guard showsErrors else {
                return ProblemDetails.response(
                    .internalServerError, title: "The function failed", detail: "its log tells the reason",
                    [("invocationId", .text(invocation.id))])
            }
            let accepts = request.head.headers[canonicalForm: "accept"].contains { $0.contains("text/html") }
            guard accepts else {
                return PayloadWire.response(
                    failure, function: invocation.function.name, id: invocation.id, toHost: false)
            }
            let page = ErrorPage(failure: failure, invocation: invocation, request: request, files: files)
            return Response(
                status: .internalServerError, contentType: "text/html; charset=utf-8",
                body: ByteBuffer(string: page.text))
        }
    }
}
