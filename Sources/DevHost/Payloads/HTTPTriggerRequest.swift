import FunctionsModel
import HTTP
import HTTP1

/// A caller's request to an HTTP function that gets the default payload (host-contract §6.4).
struct HTTPTriggerRequest: Sendable {
    var method: String
    /// Scheme, host and path.
    var url: String
    /// The query as the caller wrote it; nil if there is no `?`.
    var query: String?
    var headers: [(name: String, value: String)]
    /// The route parameters. An optional one that is missing in the path is nil.
    var routeParameters: [(name: String, value: String?)] = []
    var body: [UInt8] = []
    /// Whether the request has a Content-Length. The host drops a body without it.
    var hasContentLength = true
    var identity = HTTPIdentity.anonymous

    /// - Parameter zone: the host's, in which it holds the dates in a JSON body.
    func payload(for trigger: TriggerBinding, _ zone: HostZone = .utc) -> InvocationPayload {
        let (values, headers) = (values, headerValues)
        var request: [(name: String, value: NewtonsoftValue)] = [
            ("Url", .string(url + (query.map { "?" + $0.replacing("#", with: "%23") } ?? ""))),
            ("Method", .string(method)),
            ("Query", .record(values.entries.map { ($0.name, .string($0.value.joinedValues)) })),
            ("Headers", .record(headers.entries.map { ($0.name, .array($0.value.map { .string($0) })) })),
            ("Params", .record(routeParameters.map { ($0.name, $0.value.map { .string($0) } ?? .null) })),
            ("Identities", .array([identity.tree])),
        ]
        if hasBody { request.append(("Body", hasBinaryType ? BindingValue.bytes(body).element : .string(text.text))) }
        return InvocationPayload(trigger, .json(.record(request)), bindingData(values, headers, zone))
    }

    /// Warnings about what the host silently changes in this request.
    var warnings: [HTTPTriggerWarning] {
        var warnings: [HTTPTriggerWarning] = []
        if hasBody, !hasBinaryType, text.isSpoiled { warnings.append(.bodySpoiled(contentType: contentType)) }
        if !body.isEmpty, !hasContentLength { warnings.append(.bodyDropped) }
        return warnings + values.entries.filter { $0.value.count > 1 }.map { .queryJoined(name: $0.name) }
    }

    /// The members of a JSON body, then the query, then the route; `Query` and `Headers` only if the caller has not
    /// used these names.
    private func bindingData(
        _ values: CaselessDictionary<[String]>, _ headers: CaselessDictionary<[String]>, _ zone: HostZone
    ) -> BindingData {
        var data: BindingData = [:]
        if hasBody { data.setMembers(of: text.text, zone) }
        for (name, values) in values.entries where name.lowercased() != "code" { data.set(name, .text(values.last)) }
        for (name, value) in routeParameters { data.set(name, .text(value)) }
        if data["Query"] == nil {
            data.set("Query", .json(.record(values.entries.map { ($0.name, .string($0.value.last ?? "")) })))
        }
        if data["Headers"] == nil {
            data.set(
                "Headers", .json(.record(headers.entries.map { ($0.name, .string($0.value.joined(separator: ","))) })))
        }
        return data
    }

    private var values: CaselessDictionary<[String]> { HTTPQuery.values(in: query ?? "") }

    private var headerValues: CaselessDictionary<[String]> {
        var values: CaselessDictionary<[String]> = [:]
        for (name, value) in headers { values[name, default: []].append(value) }
        return values
    }

    private var contentType: String? { headerValues["content-type"]?.first }

    private var hasBinaryType: Bool {
        let mediaType = MediaType.essence(of: contentType)
        return mediaType == "application/octet-stream" || mediaType.contains("multipart/")
    }

    private var hasBody: Bool { hasContentLength && !body.isEmpty }
    private var text: StreamText { StreamText(body) }
}

extension HTTPTriggerRequest {
    /// - Parameters:
    ///   - parameters: the values in the path, by the function's route.
    ///   - address: the host's own, for the scheme, and for the host and port of a caller that names none.
    init(_ request: HTTPRequest, _ parameters: [(name: String, value: String?)], at address: String) {
        let host = request.host.map { "\(address.prefix { $0 != ":" })://\($0)" } ?? address
        self.init(
            method: request.method.text, url: "\(host)\(request.hostPath)",
            query: request.query,
            headers: CallerFields(request).fields.flatMap { field in
                field.values.map { (field.name, String(decoding: $0, as: UTF8.self)) }
            })
        routeParameters = parameters
        body = request.body
        hasContentLength = request.hasLength
    }
}

/// Something that the host changes in a request (host-contract §6.4). The description says how to avoid it.
enum HTTPTriggerWarning: Equatable, Sendable {
    case bodySpoiled(contentType: String?)
    case bodyDropped
    case queryJoined(name: String)
}

extension HTTPTriggerWarning: CustomStringConvertible {
    var description: String {
        switch self {
        case .bodySpoiled(let contentType):
            """
            the body \(contentType.map { "is \($0)" } ?? "has no content type"): the host decodes it as UTF-8 text, \
            and bytes are lost; forward requests (enableForwardingHttpRequest) or send application/octet-stream
            """
        case .bodyDropped:
            """
            the body comes without a Content-Length (chunked): the host drops it; send a Content-Length, \
            or let the host proxy requests (enableProxyingHttpRequest)
            """
        case .queryJoined(let name):
            """
            '\(name)' is in the query more than once: the host joins its values with ',' in Query, \
            and Metadata has the last; take them from Url
            """
        }
    }
}
