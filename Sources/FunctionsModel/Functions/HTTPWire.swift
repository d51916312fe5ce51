import JSON

/// How the host passes on the requests of functions that have only HTTP bindings. All other invocations arrive as
/// payloads (host-contract §5).
public enum HTTPWire: Sendable, Equatable {
    /// As the payload of an invocation.
    case payload
    /// As the caller's own request, at its own path (`enableForwardingHttpRequest`).
    case forwarded
    /// As the caller's own request, at its own path, streamed in both directions (`enableProxyingHttpRequest`).
    case proxied
    /// As the caller's own request, at `/<function>` (the older section `httpWorker`).
    case named

    /// - Parameter host: host.json, with the settings that override it.
    init(_ host: JSONTree) throws(Problem) {
        guard let handler = host.member(anyCase: "customHandler") else {
            self = host.member(anyCase: "httpWorker") == nil ? .payload : .named
            return
        }
        if try Self.flag("enableProxyingHttpRequest", of: handler) {
            self = .proxied
        } else if try Self.flag("enableForwardingHttpRequest", of: handler) {
            self = .forwarded
        } else {
            self = .payload
        }
    }

    private static func flag(_ name: String, of handler: JSONTree) throws(Problem) -> Bool {
        guard let tree = handler.member(anyCase: name) else { return false }
        if let truth = tree.flag { return truth }
        throw Problem("host.json", at: tree.place, "\"\(name)\" must be true or false, not \(tree.text)")
    }
}
