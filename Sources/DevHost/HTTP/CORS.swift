import HTTP
import HTTP1

/// Lets pages of the origins in `Host.CORS` of local.settings.json call.
struct CORS {
    let origins: [String]
    let allowsCredentials: Bool

    /// The response to a browser's preflight request; nil for any other request.
    func preflight(_ request: HTTPRequest) -> HTTPResponse? {
        guard request.method == .options, let method = request.first("access-control-request-method"),
            var fields = grant(request)
        else { return nil }
        fields.add("Access-Control-Allow-Methods", method)
        if let wanted = request.first("access-control-request-headers") {
            fields.add("Access-Control-Allow-Headers", wanted)
        }
        return HTTPResponse(status: 204, fields: fields)
    }

    /// The additional response fields for a page of a granted origin; nil for any other caller.
    func grant(_ request: HTTPRequest) -> HTTPFields? {
        guard let origin = request.first("origin") else { return nil }
        let isForAll = origins.contains("*")
        guard isForAll || origins.contains(where: { $0.lowercased() == origin.lowercased() }) else { return nil }
        var fields = HTTPFields()
        // A browser refuses `*` together with cookies.
        fields.add("Access-Control-Allow-Origin", isForAll && !allowsCredentials ? "*" : origin)
        if !isForAll || allowsCredentials { fields.add("Vary", "Origin") }
        if allowsCredentials { fields.add("Access-Control-Allow-Credentials", "true") }
        return fields
    }
}
