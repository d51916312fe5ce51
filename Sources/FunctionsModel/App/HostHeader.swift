/// The headers by which the Functions host, its handler and their callers know each other.
package enum HostHeader {
    /// The host's version; absent if somebody else calls (host-contract §7).
    @inlinable package static var hostVersion: String { "X-Azure-Functions-HostVersion" }
    /// The host's id of the invocation. A caller of the host may have sent this header too; the host's own comes last.
    @inlinable package static var invocationID: String { "X-Azure-Functions-InvocationId" }
    /// The same id in a proxied request (host-contract §5).
    @inlinable package static var proxiedInvocationID: String { "x-ms-invocation-id" }
    /// The W3C trace context of the call.
    @inlinable package static var traceparent: String { "traceparent" }

    /// A caller's key for a function (host-contract §12).
    @inlinable package static var functionsKey: String { "x-functions-key" }

    // What the caller of a front end asked for.
    @inlinable package static var forwardedFor: String { "X-Forwarded-For" }
    @inlinable package static var forwardedHost: String { "X-Forwarded-Host" }
    @inlinable package static var forwardedProto: String { "X-Forwarded-Proto" }

    /// Shows a handler that its own stand-in host calls.
    @inlinable package static var secret: String { "X-Luafunc-Secret" }
}
