import FunctionsModel
import HTTP
import HTTP1
import Lua

/// A request of the `http` module.
struct OutboundRequest {
    enum Body {
        case none
        case bytes([UInt8])
        /// The script writes the body piece by piece. The length is nil if it set no `content-length`.
        case pieces(length: Int?)
    }

    let target: Result<URL, OutboundFault>
    /// The name of the function that sends the request.
    let function: String
    /// The function of the module that the script called, such as `http.get`, for messages.
    let caller: String
    var method = HTTPMethod.get
    var fields = HTTPFields()
    var body = Body.none
    /// The time limit of one attempt, from resolving the host name to the last byte of the response. If the script
    /// sends or reads piece by piece, it is the time limit of each wait.
    var timeout = Duration.seconds(30)
    /// The maximum number of redirects.
    var follow = 5
    /// The maximum size of the response body in bytes, or nil if the script reads a stream and has set none.
    var limit: Int?
    /// Whether the script reads the response body piece by piece.
    var streams = false
    var retry: RetryOptions?

    /// The URL for messages.
    var shownURL: String {
        switch target {
        case .success(let url): url.shown
        case .failure(let fault): fault.url
        }
    }

    /// Whether the script sends or reads a body piece by piece.
    var isInPieces: Bool { if case .pieces = body { true } else { streams } }

    private let urlSize: Int

    /// The memory that the URL and the headers take: the request keeps them, and sends a copy to which it adds its own.
    var headSize: Int { 2 * (urlSize + fields.room) }

    /// The maximum size of a URL, and of all headers of a request, which is also the limit of common servers.
    static let headLimit = 64 << 10
    static let fieldLimit = 256
    private static let mostRedirects = 50
    /// The limit of a response's body, unless the script sets another.
    static let usualLimit = 32 << 20

    private static let members = [
        "url", "method", "headers", "body", "timeout", "follow", "limit", "stream", "retry",
    ]

    /// What is tried again unless the script says otherwise: failures and statuses that are often over soon.
    private static let usualRetry = RetryOptions(
        kinds: ["dns", "connect", "timeout", "network"], statuses: [408, 429, 502, 503, 504])

    /// Checks the names of the options that a script has passed to a short form such as `http.get`. What its name and
    /// its other arguments say cannot be an option too. [0]
    static func checkOptions(at index: Int, of stack: LuaStack, caller: String) throws(LuaError) {
        let takesBody = ["http.post", "http.put", "http.patch"].contains(caller)
        let given = takesBody ? ["url", "method", "body"] : ["url", "method"]
        for name in given {
            defer { stack.pop() }
            guard stack.pushField(name, of: index) != .nil else { continue }
            if name == "method" {
                throw .message("the method of \(caller) is in its name; for another method use http.request")
            }
            throw .message(
                "\(caller) takes the \(name) as its \(name == "url" ? "first" : "second") argument; leave it out of the "
                    + "options")
        }
        try stack.checkMembers(of: index, members.filter { !given.contains($0) }, "\(caller) has no option")
    }

    /// Creates a message that has no URL, such as a stub's reply. Errors in it begin with the name of the caller.
    init(caller: String) {
        (target, function, self.caller, urlSize) = (.failure(OutboundFault("", kind: "url")), "", caller, 0)
    }

    /// Reads the options at `index`. [0]
    init(at index: Int, of stack: LuaStack, function: String, caller: String) throws(LuaError) {
        let level = stack.count
        defer { stack.setCount(level) }
        try stack.checkMembers(of: index, Self.members, "\(caller) has no option")
        stack.pushField("url", of: index)
        urlSize = stack.withBytes(at: -1) { $0.byteCount } ?? 0
        guard urlSize <= Self.headLimit else {
            throw .message("\(caller): a url may have at most \(ByteCount.text(Self.headLimit))")
        }
        guard let url = stack.string(at: -1) else {
            throw .message("\(caller) needs a url, such as \"https://example.com/\"")
        }
        (self.function, self.caller) = (function, caller)
        do throws(URLError) {
            target = .success(try URL(url))
        } catch {
            target = .failure(OutboundFault(error, in: url))
        }
        stack.pushField("method", of: index)
        if !stack.isNil(at: -1) {
            guard let method = stack.string(at: -1), HTTPFields.isValidName(method) else {
                throw .message("\(caller): method must be text such as \"GET\"")
            }
            self.method = HTTPMethod(method.uppercased())
        }
        if stack.pushField("headers", of: index) != .nil { try readHeaders(at: stack.count, of: stack) }
        try stack.demand(headSize)
        if stack.pushField("body", of: index) != .nil { try readBody(at: stack.count, of: stack) }
        if stack.pushField("timeout", of: index) != .nil {
            guard let seconds = stack.number(at: -1), seconds > 0, seconds < 1e9 else {
                throw .message("\(caller): timeout must be a number of seconds above 0")
            }
            timeout = .nanoseconds(max(1, Int64(seconds * 1e9)))
        }
        if stack.pushField("follow", of: index) != .nil { try readFollow(of: stack) }
        if stack.pushField("stream", of: index) != .nil {
            guard stack.type(at: -1) == .boolean else { throw .message("\(caller): stream must be true or false") }
            streams = stack.boolean(at: -1)
        }
        limit = streams ? nil : Self.usualLimit
        if stack.pushField("limit", of: index) != .nil {
            guard let bytes = stack.integer(at: -1), bytes >= 0 else {
                throw .message("\(caller): limit must be a number of bytes")
            }
            limit = Int(bytes)
        }
        if stack.pushField("retry", of: index) != .nil {
            if case .pieces = body {
                throw .message(
                    "\(caller): retry does not work with a function as the body, because its pieces cannot be sent "
                        + "a second time")
            }
            retry = try Self.usualRetry.reading(
                at: -1, of: stack, caller: caller, known: OutboundFault.kinds)
        }
    }

    /// Reads the option `follow` on top of the stack. [0]
    private mutating func readFollow(of stack: LuaStack) throws(LuaError) {
        switch stack.type(at: -1) {
        case .boolean: if !stack.boolean(at: -1) { follow = 0 }
        case .number:
            if let count = stack.integer(at: -1), 0...Int64(Self.mostRedirects) ~= count {
                follow = Int(count)
                return
            }
            fallthrough
        default:
            throw .message(
                "\(caller): follow must be true, false, or the number of redirects to follow, from 0 to "
                    + "\(Self.mostRedirects)")
        }
    }
}
