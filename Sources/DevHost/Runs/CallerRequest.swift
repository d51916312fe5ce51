import FunctionsModel
import HTTP
package import HTTP1

/// A request that a caller sends to the host, for an HTTP function.
package struct CallerRequest: Sendable {
    package var method: HTTPMethod
    /// Path and query.
    package var target: String
    package var fields: HTTPFields
    package var body: [UInt8]

    package init(method: HTTPMethod, target: String, fields: HTTPFields = [:], body: [UInt8] = []) {
        self.method = method
        self.target = target
        self.fields = fields
        self.body = body
    }

    /// The address at which callers reach `luafunc start`.
    static let authority = "localhost:7071"

    /// The request as it arrives. `Host` and the body's length are added if they are missing.
    func http() throws(EventError) -> HTTPRequest {
        var fields = fields
        if !fields.contains("host") { fields.set("Host", Self.authority) }
        if !body.isEmpty || fields.contains("content-length") { fields.set("Content-Length", "\(body.count)") }
        do throws(RequestError) {
            return try HTTPRequest(method: method, target: target, fields: fields, body: body)
        } catch {
            throw .unfit("the request \(method) \(target) cannot be sent: \(error)")
        }
    }
}

extension RequestCopy {
    /// The request as the handler gets it.
    func recorded(_ body: [UInt8]) -> RecordedRequest {
        RecordedRequest(
            wire: wire, .init(method: request.method, target: target, fields: framed.fields, body: body))
    }

    /// The fields and the body as they arrive. The length stands where the host writes it.
    var framed: (fields: HTTPFields, body: [UInt8]) {
        var fields = fields
        guard wire != .proxied else {
            if !fields.contains("host") { fields.set("Host", fields.first(HostHeader.forwardedHost) ?? "localhost") }
            return (fields, request.body)
        }
        switch body {
        case .bytes(let bytes):
            fields.set("Content-Length", "\(bytes.count)")
            return (fields, bytes)
        default:
            fields.remove("content-length")
            return (fields, [])
        }
    }
}
