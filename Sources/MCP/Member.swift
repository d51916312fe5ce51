extension Message {
    /// The members of `params`, and after them those of `params._meta`, that the protocol gives a meaning.
    package enum Member: Int, CaseIterable, Sendable {
        case name, uri, cursor, arguments, inputResponses, requestState, meta
        /// Of `initialize`.
        case protocolVersion, capabilities, clientInfo
        /// Of `completion/complete`.
        case ref, argument, context
        /// Of `logging/setLevel`.
        case level
        /// Of `subscriptions/listen`.
        case notifications
        /// Of `notifications/cancelled`.
        case requestId, reason
        /// Of `_meta`.
        case metaProtocolVersion, metaCapabilities, metaClientInfo, metaLogLevel, progressToken
        case traceparent, tracestate, baggage

        static let paramNames: [StaticString] = [
            "name", "uri", "cursor", "arguments", "inputResponses", "requestState", "_meta", "protocolVersion",
            "capabilities", "clientInfo", "ref", "argument", "context", "level", "notifications", "requestId", "reason",
        ]
        static let metaNames: [StaticString] = [
            "io.modelcontextprotocol/protocolVersion", "io.modelcontextprotocol/clientCapabilities",
            "io.modelcontextprotocol/clientInfo", "io.modelcontextprotocol/logLevel", "progressToken", "traceparent",
            "tracestate", "baggage",
        ]
    }
}
