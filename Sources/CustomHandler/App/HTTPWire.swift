import Lua

/// How the host hands over the requests of HTTP-only functions; all other invocations always come as payloads
/// (host-contract §5).
public enum HTTPWire: Sendable, Equatable {
    /// As the payload of an invocation.
    case payload
    /// As the caller's own request, at its own path (`enableForwardingHttpRequest`).
    case forwarded
    /// Likewise, streamed in both directions (`enableProxyingHttpRequest`).
    case proxied
    /// As the caller's own request, at `/<function>` (the older section `httpWorker`).
    case named

    /// - Parameter host: host.json, with settings that override it.
    init(_ host: JSONTree) {
        guard let handler = host.member(anyCase: "customHandler") else {
            self = host.member(anyCase: "httpWorker") == nil ? .payload : .named
            return
        }
        if handler.member(anyCase: "enableProxyingHttpRequest")?.isTrue == true {
            self = .proxied
        } else if handler.member(anyCase: "enableForwardingHttpRequest")?.isTrue == true {
            self = .forwarded
        } else {
            self = .payload
        }
    }
}

extension JSONTree {
    /// The value true, or its text, which is what an app setting can hold.
    fileprivate var isTrue: Bool { boolean ?? (string?.lowercased() == "true") }
}
