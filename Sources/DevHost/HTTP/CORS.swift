import FunctionsModel
import HTTP
import HTTP1

/// Lets pages of the origins in `Host.CORS` of local.settings.json call. Without origins, the functions decide.
struct CORS {
    let origins: [String]
    let allowsCredentials: Bool

    /// Whether the host itself answers a browser's preflight request, as it does for every origin if it knows any.
    func isPreflight(_ request: HTTPRequest) -> Bool {
        !origins.isEmpty && request.method == .options && request.first("origin") != nil
            && request.first("access-control-request-method") != nil
    }

    /// The response to a preflight request.
    func preflight(_ request: HTTPRequest) -> HTTPResponse {
        guard allows(request), var fields = fields(for: request) else { return HTTPResponse(status: 204) }
        fields.add("Access-Control-Allow-Methods", request.first("access-control-request-method") ?? "")
        if let wanted = request.first("access-control-request-headers") {
            fields.add("Access-Control-Allow-Headers", wanted)
        }
        return HTTPResponse(status: 204, fields: fields)
    }

    func allows(_ request: HTTPRequest) -> Bool {
        guard let origin = request.first("origin")?.lowercased() else { return false }
        return origins.contains { $0 == "*" || $0.lowercased() == origin }
    }

    /// The fields of a response to a page of another origin, none for an origin that is not allowed; nil if the function
    /// decides.
    func fields(for request: HTTPRequest) -> HTTPFields? {
        guard !origins.isEmpty, let origin = request.first("origin") else { return nil }
        var fields = HTTPFields()
        guard allows(request) else { return fields }
        let isForAll = origins.contains("*")
        // A browser refuses `*` together with cookies.
        fields.add("Access-Control-Allow-Origin", isForAll && !allowsCredentials ? "*" : origin)
        if !isForAll || allowsCredentials { fields.add("Vary", "Origin") }
        if allowsCredentials { fields.add("Access-Control-Allow-Credentials", "true") }
        return fields
    }

    /// What is wrong with the choice of origins; nil if nothing is.
    var warning: String? {
        guard allowsCredentials, origins.contains("*") else { return nil }
        return "the origin '*' with credentials: \(LocalSettings.credentialsForAll)"
    }

    /// What the developer can do about a page that may not call.
    ///
    /// - Parameter isOption: whether the origins come from the command line.
    func advice(on request: HTTPRequest, isOption: Bool) -> String {
        let place = isOption ? "--cors" : "\"Host\": { \"CORS\": … } of local.settings.json"
        return "\(request.cause): pages of \(request.first("origin") ?? "") may not call, because the origin is not "
            + "listed in \(place); add it there, separated by commas"
    }
}
