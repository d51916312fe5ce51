/// Appends messages, and parts of them, to a buffer. Decides how a body is framed; the fields it is given do not.
public enum MessageWriter {
    /// What follows the head of a response.
    public enum ResponseBody: Hashable, Sendable {
        case length(Int)
        /// Its length is not known: chunks for those who understand them, else the end of the connection.
        case streamed
    }

    /// What the head that was written commits its connection to.
    public struct Ending: Hashable, Sendable {
        /// The body is to be written; otherwise the response is complete with its head.
        public let hasBody: Bool
        /// The body is written by `appendChunk` and `appendLastChunk`.
        public let isChunked: Bool
        /// The connection serves another request afterwards.
        public let keepsAlive: Bool
    }

    /// Appends the head of a response. Of `fields`, those that frame the body and `Connection` are left out, and those
    /// that are not valid.
    ///
    /// - Parameter request: the request that is answered; nil where it could not be read.
    /// - Parameter keepsAlive: the server's own wish; the request's counts as well.
    public static func appendHead(
        status: Int, fields: HTTPFields, body: ResponseBody, to request: RequestHead?, keepsAlive: Bool = true,
        into output: inout [UInt8]
    ) -> Ending {
        Ending(hasBody: false, isChunked: false, keepsAlive: false)
    }

    /// Appends a whole response whose only fields are the content type and the length.
    public static func append(
        status: Int, contentType: StaticString, body: RawSpan, to request: RequestHead?, keepsAlive: Bool = true,
        into output: inout [UInt8]
    ) -> Ending {
        Ending(hasBody: false, isChunked: false, keepsAlive: false)
    }

    /// An informational head, such as `100 Continue`.
    public static func appendInformational(status: Int, into output: inout [UInt8]) {}

    /// What follows the head of a request.
    public enum RequestBody: Hashable, Sendable {
        case none
        case length(Int)
        case chunked
    }

    /// Appends the head of a request. Of `fields`, those that frame the body, `Host` and `Connection` are left out, and
    /// those that are not valid.
    ///
    /// - Parameter target: as it goes out; see `HTTPFields.isValidTarget`.
    public static func appendHead(
        method: HTTPMethod, target: String, host: String, fields: HTTPFields, body: RequestBody,
        keepsAlive: Bool = true, into output: inout [UInt8]
    ) {}

    /// Appends one chunk; nothing for no bytes, since an empty chunk is the last one.
    public static func appendChunk(_ bytes: RawSpan, into output: inout [UInt8]) {}

    public static func appendLastChunk(into output: inout [UInt8]) {}
}
