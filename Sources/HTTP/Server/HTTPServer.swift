import EventLoop
public import HTTP1

/// Listens, and serves each connection on the loop that has the fewest. Lives on the loop that it listens on.
public final class HTTPServer {
    public struct Settings: Sendable {
        /// Bytes that the body of a request may have, unless it is streamed.
        public var bodyLimit = 100 << 20
        /// How long a head may take, and how long a body may pause, before the caller gets 408.
        public var patience = Duration.seconds(30)
        /// How long a caller may read nothing of what is queued for it before it is disconnected.
        public var stall = Duration.seconds(60)
        public var headLimits = HeadLimits()
        /// What a caller is told whose request is refused; `Refusal.response` unless a product knows better advice.
        public var refusal: @Sendable (Refusal) -> HTTPResponse = { $0.response }

        public init() {}

        var limits: ConnectionState.Limits { .init(body: bodyLimit, patience: patience, stall: stall) }
    }
}
