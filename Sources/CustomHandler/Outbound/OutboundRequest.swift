import FunctionsModel
import HTTP
import HTTP1
import JSON
import Lua

/// A request of the `http` module.
struct OutboundRequest {
    /// The URL as the script wrote it.
    let url: String
    let target: Result<URL, URLError>
    /// The name of the function that sends the request.
    let function: String
    var method = HTTPMethod.get
    var fields = HTTPFields()
    var body: [UInt8]?
    /// The timeout of the whole request, from resolving the host name to the last byte of the response.
    var timeout = Duration.seconds(30)
    var follows = true
    /// The maximum size of the response body in bytes.
    var limit = 32 << 20

    /// The maximum size of a request's head, which is also the limit of common servers.
    private static let headLimit = 64 << 10
    private static let fieldLimit = 256

    private static let members = ["url", "method", "headers", "body", "timeout", "follow", "limit"]

    /// Reads the options at `index`. [0]
    init(at index: Int, of stack: LuaStack, function: String) throws(LuaError) {
        let level = stack.count
        defer { stack.setCount(level) }
        var unknown: String?
        stack.forEachPair(at: index) { () throws(Never) in
            let name = stack.messageText(at: -2) ?? "\(stack.type(at: -2).name)"
            if !Self.members.contains(name) { unknown = name }
        }
        if let unknown {
            let question = NearestName.question(unknown, among: Self.members)
            throw .message("http.request has no option '\(unknown)'\(question)")
        }
        stack.pushField("url", of: index)
        guard let url = stack.string(at: -1) else {
            throw .message("http.request needs a url, such as \"https://example.com/\"")
        }
        guard url.utf8.count <= Self.headLimit else {
            throw .message("http.request: a url may have at most \(ByteCount.text(Self.headLimit))")
        }
        self.url = url
        self.function = function
        target = Result { () throws(URLError) in try URL(url) }
        if case .failure(.port) = target { throw .message("http.request: the port of \(url) must be from 1 to 65535") }
        stack.pushField("method", of: index)
        if !stack.isNil(at: -1) {
            guard let method = stack.string(at: -1), HTTPFields.isValidName(method) else {
                throw .message("http.request: method must be text such as \"GET\"")
            }
            self.method = HTTPMethod(method.uppercased())
        }
        stack.pushField("headers", of: index)
        if !stack.isNil(at: -1) { try readHeaders(at: stack.count, of: stack) }
        stack.pushField("body", of: index)
        if !stack.isNil(at: -1) { try readBody(at: stack.count, of: stack) }
        stack.pushField("timeout", of: index)
        if !stack.isNil(at: -1) {
            guard let seconds = stack.number(at: -1), seconds > 0, seconds < 1e9 else {
                throw .message("http.request: timeout must be seconds")
            }
            timeout = .nanoseconds(max(1, Int64(seconds * 1e9)))
        }
        stack.pushField("follow", of: index)
        if !stack.isNil(at: -1) { follows = stack.boolean(at: -1) }
        stack.pushField("limit", of: index)
        if !stack.isNil(at: -1) {
            guard let bytes = stack.integer(at: -1), bytes >= 0 else {
                throw .message("http.request: limit must be a number of bytes")
            }
            limit = Int(bytes)
        }
    }

    // MARK: Headers

    private mutating func readHeaders(at index: Int, of stack: LuaStack) throws(LuaError) {
        guard stack.type(at: index) == .table else { throw .message("http.request: headers must be a table") }
        stack.expandDeferred(at: index)
        var fields = HTTPFields()
        try stack.forEachPair(at: index) { () throws(LuaError) in
            guard let name = stack.string(at: -2) else { throw .message("http.request: header names must be text") }
            guard HTTPFields.isValidName(name) else { throw .message("http.request: '\(name)' is not a header name") }
            switch stack.type(at: -1) {
            case .string, .number: try Self.addValue(of: name, to: &fields, stack)
            case .table:
                for position in 0..<stack.length(at: -1) {
                    stack.pushElement(position + 1, of: -1)
                    try Self.addValue(of: name, to: &fields, stack)
                    stack.pop()
                }
            case let type: throw .message("http.request: the header '\(name)' must be text, not \(type.name)")
            }
        }
        self.fields = fields
    }

    /// Adds the text or number on top. [0]
    private static func addValue(of name: String, to fields: inout HTTPFields, _ stack: LuaStack) throws(LuaError) {
        guard let value = stack.bytes(at: -1) ?? stack.numberText(at: -1).map({ Array($0.utf8) }) else {
            throw .message("http.request: the header '\(name)' must be text, not \(stack.type(at: -1).name)")
        }
        guard HTTPFields.isValidValue(value) else {
            throw .message("http.request: the header '\(name)' cannot contain line breaks or control characters")
        }
        guard value.count <= headLimit, fields.count < fieldLimit else {
            throw .message(
                "http.request: a request has at most \(fieldLimit) headers of \(ByteCount.text(headLimit)) each")
        }
        fields.add(name, bytes: value)
    }

    // MARK: Body

    private mutating func readBody(at index: Int, of stack: LuaStack) throws(LuaError) {
        guard stack.type(at: index) == .table else {
            try stack.demand(stack.withBytes(at: index) { $0.byteCount } ?? 0)
            guard let bytes = stack.bytes(at: index) else {
                throw .message("http.request: body must be text or a table")
            }
            return body = bytes
        }
        let writer = JSONWriter(for: stack.owner)
        do throws(JSONError) {
            try writer.append(at: index, of: stack)
        } catch {
            if case .unwritable(.timeLimit, _) = error { throw .timeLimit }
            // The path in the error begins with a dot or a bracket.
            let reason = "\(error)"
            throw .message("http.request: body\(reason.first == "." || reason.first == "[" ? "" : ": ")\(reason)")
        }
        try stack.demand(writer.count)
        body = writer.bytes(from: 0)
        if !fields.contains("content-type") { fields.add("content-type", "application/json") }
    }
}
