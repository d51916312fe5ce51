internal import JSON

/// One JSON-RPC message. It keeps the few members that the protocol gives a meaning; the rest stays text.
///
/// Ids, tokens and arguments are kept as JSON text, so that `1`, `"1"` and `1.0` stay what they are.
package struct Message: Sendable {
    package enum Kind: Sendable, Equatable {
        case request
        case notification
        /// The answer to a request that was sent to the peer.
        case response(isError: Bool)
    }

    /// A member, as it stands in the body.
    package struct Part: Sendable {
        package enum Kind: Sendable { case object, array, string, number, boolean, null }

        package let kind: Kind
        /// Where its JSON text stands in the body.
        package let range: Range<Int>
        /// The text of a string, unescaped; nil for other values.
        package let string: String?
    }

    /// A message that breaks the rules of JSON-RPC.
    package struct Malformed: Error {
        /// The JSON text of its id, if that can be used in an answer.
        package let id: String?
        package let reason: String
    }

    package let kind: Kind
    /// The JSON text of the id; nil for notifications, and for errors that answer no particular request.
    package let id: String?
    /// Empty for responses.
    package let method: String
    /// The value of `params`, `result` or `error`.
    package let content: Part?
    private let parts: [Part?]

    /// A member of `params` or of `params._meta`. If it occurs more than once, the last one counts.
    package subscript(member: Member) -> Part? { parts[member.rawValue] }

    /// The JSON text of `params._meta.progressToken` if it is a string or a number.
    package let progressToken: String?
    /// The JSON text of `params.requestId`, written like `id`, so that the two can be compared.
    package let cancelledID: String?

    init(_ outline: JSONOutline, _ value: JSONOutline.Value) throws(Malformed) {
        guard value.kind == .object else { throw Malformed(id: nil, reason: "a message must be an object") }
        let members = outline.members(of: value, named: ["jsonrpc", "id", "method", "params", "result", "error"])
        let (version, id, method, params) = (members[0], members[1], members[2], members[3])
        let (result, error) = (members[4], members[5])
        let echo = id.flatMap { Self.scalar($0, outline) }
        func malformed(_ reason: String) -> Malformed { Malformed(id: echo, reason: reason) }
        guard let version, version.kind == .string, outline.string(version) == "2.0" else {
            throw malformed("jsonrpc must be \"2.0\"")
        }
        if let method {
            guard method.kind == .string else { throw malformed("method must be a string") }
            guard id == nil || id.map({ Self.isID($0, outline) }) == true else {
                throw malformed("id must be a string or an integer")
            }
            guard params == nil || params?.kind == .object else { throw malformed("params must be an object") }
            kind = id == nil ? .notification : .request
            self.method = outline.string(method)
            content = params.map { Part($0, outline) }
        } else {
            guard let answer = error ?? result, result == nil || error == nil else {
                throw malformed("a message must have one of method, result and error")
            }
            let isError = error != nil
            guard let id, Self.isID(id, outline) || isError && id.kind == .null else {
                throw malformed("id must be a string or an integer")
            }
            kind = .response(isError: isError)
            self.method = ""
            content = Part(answer, outline)
        }
        self.id = echo
        var parts = [Part?](repeating: nil, count: Member.allCases.count)
        var token: String?
        var cancelled: String?
        if !self.method.isEmpty, let params {
            let found = outline.members(of: params, named: Member.paramNames)
            for (index, value) in found.enumerated() {
                parts[index] = value.map { Part($0, outline) }
            }
            if let requestID = found[Member.requestId.rawValue] { cancelled = Self.scalar(requestID, outline) }
            if let meta = found[Member.meta.rawValue] {
                let found = outline.members(of: meta, named: Member.metaNames)
                for (index, value) in found.enumerated() {
                    parts[Member.paramNames.count + index] = value.map { Part($0, outline) }
                }
                token = found[Member.progressToken.rawValue - Member.paramNames.count].flatMap {
                    Self.scalar($0, outline)
                }
            }
        }
        self.parts = parts
        progressToken = token
        cancelledID = cancelled
    }

    /// The JSON text of a string or a number. Strings are written in one way only, so that equal ones have equal texts.
    private static func scalar(_ value: JSONOutline.Value, _ outline: JSONOutline) -> String? {
        switch value.kind {
        case .number: return outline.text(value)
        case .string:
            let text = JSONText()
            text.append(string: outline.string(value))
            return text.text
        default: return nil
        }
    }

    private static func isID(_ value: JSONOutline.Value, _ outline: JSONOutline) -> Bool {
        switch value.kind {
        case .string: true
        case .number:
            // An integer may be written as 1.0 or 1e3. A double beyond 2^53 has no fraction.
            Double(outline.text(value)).map { $0.magnitude >= 0x1p53 || Double(Int64($0)) == $0 } == true
        default: false
        }
    }
}

extension Message.Part {
    init(_ value: JSONOutline.Value, _ outline: JSONOutline) {
        kind =
            switch value.kind {
            case .object: .object
            case .array: .array
            case .string: .string
            case .number: .number
            case .boolean: .boolean
            case .null: .null
            }
        range = value.range
        string = value.kind == .string ? outline.string(value) : nil
    }
}
