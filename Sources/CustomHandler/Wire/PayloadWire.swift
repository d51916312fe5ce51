import HTTP

/// The host's default protocol: `POST /<function>` with a payload (host-contract §6.1, §9.1).
enum PayloadWire {
    /// The host throws the body of an error status away. A text that it cannot read as a payload fails the invocation
    /// too, and the host logs it (host-contract §9.1). Other callers get a true error status.
    static func response(
        _ failure: InvocationFailure, function: String, id: String?, toHost: Bool
    ) -> HTTPResponse {
        if toHost {
            return HTTPResponse(status: 200, contentType: "text/plain; charset=utf-8", body: Array(failure.text.utf8))
        }
        let isRequest = failure.fault == .request
        var members: [(String, JSONText.Value)] = [("function", .text(function))]
        if let id { members.append(("invocationId", .text(id))) }
        if !failure.traceback.isEmpty { members.append(("traceback", .list(failure.traceback))) }
        if !failure.logs.isEmpty { members.append(("logs", .list(failure.logs))) }
        return ProblemDetails.response(
            isRequest ? 400 : 500,
            title: isRequest ? "The request is not an invocation" : "The function failed",
            detail: failure.message, members)
    }
}
