import HTTP
import HTTP1

extension HTTPConnection {
    /// Sends a function's response as the host does: a text in chunks, and a body of another length than its
    /// `Content-Length` broken off (host-contract §9.5, §12).
    ///
    /// - Parameter ours: the fields that the host adds to the response.
    func respond(_ result: HTTPResult, adding ours: HostFields) {
        var fields = HTTPFields(result.headers.map { ($0.name, $0.value) })
        ours.apply(to: &fields)
        if fields.first("connection")?.lowercased() == "close" { drain() }
        switch result.framing {
        case .contentLength(let length) where result.breaksOff:
            fields.set("Content-Length", "\(length)")
            respond(HTTPResponse(status: result.status, fields: fields, body: .streamed))
            // The host refuses to write more than it has announced.
            if length > result.body.count { write(result.body.span.bytes) }
            end(isComplete: false)
        case .chunks: respond(HTTPResponse(status: result.status, fields: fields, body: .chunked(result.body)))
        case .contentLength, .none:
            var response = HTTPResponse(status: result.status, fields: fields, body: .bytes(result.body))
            response.leaveOutZeroLength(to: request)
            respond(response)
        }
    }
}

extension HTTPResponse {
    /// The host tells a HEAD request no length of its own for an empty body, but passes on the handler's.
    mutating func leaveOutZeroLength(to request: HTTPRequest) {
        if request.method == .head, case .bytes(let bytes) = body, bytes.isEmpty { body = .chunked([]) }
    }
}
