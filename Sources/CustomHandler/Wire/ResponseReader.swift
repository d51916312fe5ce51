import FunctionsModel
import Lua

/// The members that the value of an HTTP output may have.
let responseMembers = ["statusCode", "status", "headers", "body", "cookies"]
private let responseKeys: [StaticString] = ["statusCode", "status", "headers", "body", "cookies"]

/// An HTTP response from a handler, checked but not yet written for either protocol.
struct ResponseParts {
    struct Header {
        let name: String
        /// The values. A Lua list gives several.
        let values: [String]
    }

    var status = 200
    /// The headers, sorted by name, without `Content-Length`, which luafunc computes.
    var headers: [Header] = []
    /// The member `cookies`, as values of `Set-Cookie`.
    var cookies: [String] = []
    /// The body's index on the stack.
    let body: Int

    func hasHeader(_ name: String) -> Bool { headers.contains { $0.name.lowercased() == name } }

    /// Whether a response with this status has no body (RFC 9110 §6.4.1, §15.3.6).
    var isBodyless: Bool { status == 204 || status == 205 || status == 304 }
}

extension OutputEncoder {
    /// Reads the response from the table at `index`. Its parts stay on the stack above it. [+]
    mutating func readResponse(at index: Int, place: Place) throws(OutputError) -> ResponseParts {
        stack.expandDeferred(at: index)
        let first = stack.count + 1
        for name in metatables.names.responseMembers { stack.pushField(name, of: index) }
        let known = (first..<first + responseMembers.count).count { !stack.isNil(at: $0) }
        if stack.countPairs(at: index, upTo: known + 1) > known { throw unknownMember(at: index, place: place) }
        // The stack indexes of the members, in the order of `responseMembers`.
        let (statusCode, otherStatus, headers, body, cookies) = (first, first + 1, first + 2, first + 3, first + 4)
        let status = try status(at: statusCode, or: otherStatus, place: place)
        var parts = ResponseParts(status: status, body: body)
        if parts.isBodyless, !isEmptyBody(at: parts.body) {
            warning =
                "\(place.member("body")): a response with status \(status) has no body, so it is dropped; leave it out"
        }
        try readHeaders(at: headers, into: &parts, place: place)
        if !stack.isNil(at: cookies) { parts.cookies = try SetCookie.values(at: cookies, on: stack, place: place) }
        return parts
    }

    /// Whether the returned value at `index` is or contains a response whose body is a function or coroutine. [0]
    func isStreamed(at index: Int) -> Bool {
        let level = stack.count
        defer { stack.setCount(level) }
        guard let http = function.httpOutput, let returned = try? interpret(index) else { return false }
        var response = returned.single?.1 ?? returned.value
        if let outputs = returned.outputs, http.name != "$return", stack.type(at: outputs) == .table {
            stack.expandDeferred(at: outputs)
            stack.pushField(http.key, of: outputs)
            response = stack.count
        }
        guard var body = response else { return false }
        if stack.type(at: body) == .table {
            if metatables.isBytes(at: body, of: stack) { return false }
            stack.expandDeferred(at: body)
            let table = body
            stack.pushField("statusCode", of: table)
            stack.pushField("status", of: table)
            let status = try? status(at: stack.count - 1, or: stack.count, place: .returnValue)
            if ResponseParts(status: status ?? 200, body: 0).isBodyless { return false }
            stack.pushField("body", of: table)
            body = stack.count
        }
        return [.function, .thread].contains(stack.type(at: body))
    }

    private func isEmptyBody(at index: Int) -> Bool {
        stack.isNil(at: index) || stack.isNull(at: index) || stack.withBytes(at: index, { $0.isEmpty }) == true
    }

    private func unknownMember(at index: Int, place: Place) -> OutputError {
        var unknown: String?
        stack.forEachPair(at: index) { () throws(Never) in
            if responseKeys.contains(where: { stack.isString(at: -2, $0) }) { return }
            let name = stack.messageText(at: -2) ?? "\(stack.integer(at: -2) ?? 0)"
            if unknown.map({ name < $0 }) ?? true { unknown = name }
        }
        return .unknownMember(unknown ?? "", of: "\(place), an HTTP response,", allowed: responseMembers)
    }

    // MARK: Status

    private func status(at statusCode: Int, or other: Int, place: Place) throws(OutputError) -> Int {
        let isOther = stack.isNil(at: statusCode)
        if !isOther, !stack.isNil(at: other) {
            throw .lost(place.member("status"), "statusCode is also set and means the same; use only one")
        }
        let index = isOther ? other : statusCode
        if stack.isNil(at: index) { return 200 }
        let written = stack.integer(at: index) ?? stack.string(at: index).flatMap { Int64($0) }
        guard let written, 200...599 ~= written else {
            throw .lost(place.member("statusCode"), "a status must be a whole number from 200 to 599")
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
                throw .lost(place, "the header is set twice, also as '\(twin)'; give one of them all values")
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
        guard isToken else { throw .lost(place, "this is not a valid header name") }
        let ofConnection = ["connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"]
        guard !ofConnection.contains(name.lowercased()) else {
            throw .lost(place, "this header belongs to the connection, not to the response; leave it out")
        }
    }

    /// The values of the header whose Lua value is on top.
    private func headerValues(place: Place) throws(OutputError) -> [String] {
        let values: [String]
        switch stack.type(at: -1) {
        case .string: values = [stack.string(at: -1) ?? ""]
        case .table: values = try listTexts(place: place)
        case let other:
            guard let text = headerText() else { throw .lost(place, "a header value must be text, not \(other.name)") }
            values = [text]
        }
        for text in values {
            guard !text.utf8.contains(where: { $0 < 0x20 && $0 != 0x09 || $0 == 0x7f }) else {
                throw .lost(place, "a header value cannot contain line breaks or control characters")
            }
            guard text.utf8.allSatisfy({ $0 < 0x80 }) else {
                throw .lost(place, "a header value may contain only ASCII characters; encode the others")
            }
        }
        return values
    }

    /// The text, number or boolean on top as text; nil for anything else.
    private func headerText() -> String? {
        switch stack.type(at: -1) {
        case .string: stack.string(at: -1)
        case .number: stack.numberText(at: -1)
        case .boolean: stack.boolean(at: -1) ? "true" : "false"
        default: nil
        }
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
            guard let text = headerText() else {
                throw .lost(place, "a list of header values may contain only text, numbers and booleans")
            }
            texts.append(text)
        }
        return texts
    }

    private func checkLength(_ values: [String], body: Int, place: Place) throws(OutputError) {
        let length = stack.withBytes(at: body) { $0.byteCount } ?? 0
        let isCounted = [.nil, .string].contains(stack.type(at: body))
        guard isCounted, values.count == 1, values.first.flatMap({ Int($0) }) == length else {
            throw .lost(place, "luafunc computes the length; leave the header out")
        }
    }

    // MARK: Body

    /// Whether the value is `azure.bytes` or a string that is not UTF-8.
    @inline(__always)
    func isBinary(at index: Int) -> Bool {
        stack.type(at: index) == .table ? metatables.isBytes(at: index, of: stack) : !stack.isUTF8(at: index)
    }
}
