import Lua

/// The members of an HTTP output's value that a handler may use.
let responseMembers = ["statusCode", "status", "headers", "body", "cookies"]
private let responseKeys: [StaticString] = ["statusCode", "status", "headers", "body", "cookies"]

/// An HTTP response from a handler, checked but not yet written for either protocol.
struct ResponseParts {
    struct Header {
        let name: String
        /// A Lua list gives several values.
        let values: [String]
    }

    var status = 200
    /// Sorted by name; without `Content-Length`, which luafunc computes.
    var headers: [Header] = []
    /// `cookies`, as values of `Set-Cookie`.
    var cookies: [String] = []
    /// The body's index on the stack.
    let body: Int

    func hasHeader(_ name: String) -> Bool { headers.contains { $0.name.lowercased() == name } }

    /// A response with such a status has no body (RFC 9110 §6.4.1).
    var isBodyless: Bool { status == 204 || status == 304 }
}

extension OutputEncoder {
    /// Reads the response from the table at `index`. Its parts stay on the stack above it. [+]
    func readResponse(at index: Int, place: Place) throws(OutputError) -> ResponseParts {
        stack.expandDeferred(at: index)
        try checkMembers(at: index, place: place)
        let status = try status(at: index, place: place)
        stack.pushField(marks.names.headers, of: index)
        let headers = stack.count
        stack.pushField(marks.names.body, of: index)
        var parts = ResponseParts(status: status, body: stack.count)
        if parts.isBodyless, !isEmptyBody(at: parts.body) {
            throw .lost(place.member("body"), "a response with status \(status) has no body; leave it out")
        }
        try readHeaders(at: headers, into: &parts, place: place)
        if stack.pushField(marks.names.cookies, of: index) != .nil {
            parts.cookies = try SetCookie.values(at: stack.count, on: stack, place: place)
        }
        return parts
    }

    private func isEmptyBody(at index: Int) -> Bool {
        stack.isNil(at: index) || stack.isNull(at: index) || stack.withBytes(at: index, { $0.isEmpty }) == true
    }

    private func checkMembers(at index: Int, place: Place) throws(OutputError) {
        var unknown: String?
        stack.forEachPair(at: index) { () throws(Never) in
            if responseKeys.contains(where: { stack.isString(at: -2, $0) }) { return }
            let name = stack.messageText(at: -2) ?? "\(stack.integer(at: -2) ?? 0)"
            if unknown.map({ name < $0 }) ?? true { unknown = name }
        }
        if let unknown { throw .unknownMember(unknown, of: "\(place), an HTTP response,", allowed: responseMembers) }
    }

    // MARK: Status

    private func status(at index: Int, place: Place) throws(OutputError) -> Int {
        stack.pushField(marks.names.status, of: index)
        stack.pushField(marks.names.statusCode, of: index)
        defer { stack.pop(2) }
        if stack.isNil(at: -1) {
            stack.pushValue(at: -2)
            stack.replace(at: stack.count - 1)
        } else if !stack.isNil(at: -2) {
            throw .lost(place.member("status"), "statusCode is there, too, and means the same; write one of them")
        }
        if stack.isNil(at: -1) { return 200 }
        let written = stack.integer(at: -1) ?? stack.string(at: -1).flatMap { Int64($0) }
        guard let written, 200...599 ~= written else {
            throw .lost(place.member("statusCode"), "a status is a whole number from 200 to 599")
        }
        return Int(written)
    }

    // MARK: Headers

    private func readHeaders(at index: Int, into parts: inout ResponseParts, place: Place) throws(OutputError) {
        if stack.isNil(at: index) { return }
        guard stack.type(at: index) == .table else {
            throw .notATable("\(place).headers", got: stack.type(at: index).name)
        }
        stack.expandDeferred(at: index)
        var headers: [ResponseParts.Header] = []
        var names: [String: String] = [:]
        let body = parts.body
        try stack.forEachPair(at: index) { () throws(OutputError) in
            guard let name = stack.string(at: -2) else {
                throw .notATable("\(place).headers", got: "a list; write { [\"name\"] = \"value\" }")
            }
            let place = place.member("headers").key(name)
            try checkName(name, place: place)
            if let twin = names.updateValue(name, forKey: name.lowercased()) {
                throw .lost(place, "the header is there twice, also as '\(twin)'; give one of them all values")
            }
            guard names.count <= Self.headerLimit else {
                throw .lost(place, "a response has at most \(Self.headerLimit) headers")
            }
            let values = try headerValues(place: place)
            if name.lowercased() == "content-length" {
                try checkLength(values, body: body, place: place)
            } else {
                headers.append(.init(name: name, values: values))
            }
        }
        parts.headers = headers.sorted { $0.name < $1.name }
    }

    private static let headerLimit = 256

    private func checkName(_ name: String, place: Place) throws(OutputError) {
        let isToken =
            !name.isEmpty
            && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && !"()<>@,;:\\\"/[]?={}".utf8.contains($0) }
        guard isToken else { throw .lost(place, "this is not a header name") }
        let ofConnection = ["connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"]
        guard !ofConnection.contains(name.lowercased()) else {
            throw .lost(place, "this header belongs to the connection, not to the response; leave it out")
        }
    }

    /// The texts of the header value on top.
    private func headerValues(place: Place) throws(OutputError) -> [String] {
        let values: [String]
        switch stack.type(at: -1) {
        case .string: values = [stack.string(at: -1) ?? ""]
        case .number: values = [stack.numberText(at: -1) ?? ""]
        case .boolean: values = [stack.boolean(at: -1) ? "true" : "false"]
        case .table: values = try listTexts(place: place)
        case let other: throw .lost(place, "a header value is text, not \(other.name)")
        }
        for text in values {
            guard !text.utf8.contains(where: { $0 < 0x20 && $0 != 0x09 || $0 == 0x7f }) else {
                throw .lost(place, "a header value cannot hold line breaks or control characters")
            }
            guard text.utf8.allSatisfy({ $0 < 0x80 }) else {
                throw .lost(place, "a header value holds ASCII characters only; encode the others")
            }
        }
        return values
    }

    private func listTexts(place: Place) throws(OutputError) -> [String] {
        stack.expandDeferred(at: -1)
        var texts: [String] = []
        let count = stack.length(at: -1)
        guard count <= Self.headerLimit else {
            throw .lost(place, "a header has at most \(Self.headerLimit) values")
        }
        for position in 0..<count {
            stack.pushElement(position + 1, of: -1)
            defer { stack.pop() }
            guard let text = stack.string(at: -1) else {
                throw .lost(place, "a list of header values holds texts only")
            }
            texts.append(text)
        }
        return texts
    }

    private func checkLength(_ values: [String], body: Int, place: Place) throws(OutputError) {
        let length = stack.withBytes(at: body) { $0.byteCount } ?? 0
        let isCounted = [.nil, .string].contains(stack.type(at: body))
        guard isCounted, values.count == 1, values.first.flatMap({ Int($0) }) == length else {
            throw .lost(place, "the length is counted for you; leave the header out")
        }
    }

    // MARK: Body

    /// Whether it is `azure.bytes`, or a string that is not UTF-8.
    @inline(__always)
    func isBinary(at index: Int) -> Bool {
        stack.type(at: index) == .table ? marks.isBytes(at: index, of: stack) : !stack.isUTF8(at: index)
    }
}
