import NIOHTTP1

/// Lets pages of other origins call, as `Host.CORS` of local.settings.json says.
struct CORS: Sendable {
    let origins: [String]
    let allowsCredentials: Bool

    /// The answer to a browser that asks before it sends; nil where the request is another one.
    func preflight(_ request: FrontRequest) -> FrontResponse? {
        guard request.head.method == .OPTIONS, let method = request.header("access-control-request-method"),
            let granted = grant(request)
        else { return nil }
        var headers = granted
        headers.add(name: "Access-Control-Allow-Methods", value: method)
        if let wanted = request.header("access-control-request-headers") {
            headers.add(name: "Access-Control-Allow-Headers", value: wanted)
        }
        return FrontResponse(.noContent, headers)
    }

    /// What the response to a page of a granted origin says besides; nil for any other caller.
    func grant(_ request: FrontRequest) -> HTTPHeaders? {
        guard let origin = request.header("origin") else { return nil }
        let isForAll = origins.contains("*")
        guard isForAll || origins.contains(where: { $0.lowercased() == origin.lowercased() }) else { return nil }
        var headers = HTTPHeaders()
        // A browser takes no `*` where cookies come along.
        headers.add(name: "Access-Control-Allow-Origin", value: isForAll && !allowsCredentials ? "*" : origin)
        if !isForAll || allowsCredentials { headers.add(name: "Vary", value: "Origin") }
        if allowsCredentials { headers.add(name: "Access-Control-Allow-Credentials", value: "true") }
        return headers
    }
}
