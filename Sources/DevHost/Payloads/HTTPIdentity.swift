import FunctionsModel

/// The caller's identity as far as the host knows it, written as .NET's `ClaimsIdentity`.
enum HTTPIdentity: Sendable {
    case anonymous
    /// A caller with an access key: `level` is `Function` or `Admin`, `id` the key's name, such as `default` or
    /// `master`.
    case key(level: String, id: String)

    var tree: NewtonsoftValue {
        let claims: [NewtonsoftValue] =
            switch self {
            case .anonymous: []
            case .key(let level, let id):
                [Self.claim("authlevel", level), Self.claim("invoke", "true"), Self.claim("keyid", id)]
            }
        return .record([
            ("AuthenticationType", claims.isEmpty ? .null : .string("WebJobsAuthLevel")),
            ("IsAuthenticated", .boolean(!claims.isEmpty)),
            ("Actor", .null),
            ("BootstrapContext", .null),
            ("Claims", .array(claims)),
            ("Label", .null),
            ("Name", .null),
            ("NameClaimType", .string("http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name")),
            ("RoleClaimType", .string("http://schemas.microsoft.com/ws/2008/06/identity/claims/role")),
        ])
    }

    private static func claim(_ type: String, _ value: String) -> NewtonsoftValue {
        .record([
            ("Issuer", .string("LOCAL AUTHORITY")),
            ("OriginalIssuer", .string("LOCAL AUTHORITY")),
            ("Properties", .record([])),
            ("Type", .string("http://schemas.microsoft.com/2017/07/functions/claims/" + type)),
            ("Value", .string(value)),
            ("ValueType", .string("http://www.w3.org/2001/XMLSchema#string")),
        ])
    }
}
