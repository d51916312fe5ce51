public import Compression
public import EventLoop
public import HTTP1

/// Why a call got no response, or no complete one.
public enum HTTPClientError: Error, Equatable, Sendable, CustomStringConvertible {
    public enum Stage: Hashable, Sendable {
        case connect, firstByte, whole
    }

    /// The request is invalid, so it was not sent.
    case request(String)
    case name(ResolverError)
    /// No address accepted the connection. The error is `.system(ECONNREFUSED)` if no program listens on the port.
    case connect(StreamError)
    case tls(TLSError)
    /// The response is not valid HTTP.
    case response(ResponseError)
    case chunk(ChunkError)
    /// The server broke another rule of HTTP.
    case protocolBroken(String)
    /// The connection ended before the response was complete. The error is nil if the server closed it properly.
    case closed(StreamError?)
    case content(InflateError)
    case timeout(Stage)
    /// The body is larger than the caller allows.
    case limit(Int)
    case redirect(String)
    case cancelled

    public var description: String {
        switch self {
        case .request(let reason): reason
        case .name(let error): error.description
        case .connect(let error): "could not connect: \(error)"
        case .tls(let error): error.description
        case .response(let error): error.description
        case .chunk(let error): error.description
        case .protocolBroken(let reason): reason
        case .closed(let error):
            "the connection ended before the response was complete" + (error.map { ": \($0)" } ?? "")
        case .content(let error): error.description
        case .timeout(.connect): "connecting timed out"
        case .timeout(.firstByte), .timeout(.whole): "no complete answer arrived in time"
        case .limit(let limit): "the response body is larger than \(limit) bytes"
        case .redirect(let reason): reason
        case .cancelled: "cancelled"
        }
    }
}
