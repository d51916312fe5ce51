/// The headers that the Functions host, its handler and their callers use.
public enum HostHeader {
    /// The host's version. It is absent if the caller is not the host (host-contract §7).
    @inlinable public static var hostVersion: String { "X-Azure-Functions-HostVersion" }
    /// The host's id of the invocation. If a caller of the host has sent this header too, the host's own comes last.
    @inlinable public static var invocationID: String { "X-Azure-Functions-InvocationId" }
    /// The same id in a proxied request (host-contract §5).
    @inlinable public static var proxiedInvocationID: String { "x-ms-invocation-id" }
    /// The W3C trace context of the call.
    @inlinable public static var traceparent: String { "traceparent" }

    /// A caller's key for a function (host-contract §12).
    @inlinable public static var functionsKey: String { "x-functions-key" }

    // The client's address, and the host and scheme of the client's request to a proxy in front.
    @inlinable public static var forwardedFor: String { "X-Forwarded-For" }
    @inlinable public static var forwardedHost: String { "X-Forwarded-Host" }
    @inlinable public static var forwardedProto: String { "X-Forwarded-Proto" }

    /// Proves to a handler that the request comes from the `luafunc start` that started it.
    @inlinable public static var secret: String { "X-Luafunc-Secret" }
}
