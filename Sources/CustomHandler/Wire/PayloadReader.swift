import FunctionsModel
import JSON
import Lua

/// The reason why a request's body is not an invocation payload or cannot be read completely.
enum PayloadError: Error, Equatable, CustomStringConvertible {
    case notJSON(JSONError)
    case noData
    /// The invocation reached a limit.
    case timeLimit
    case memoryLimit

    init(limit: LuaError) {
        if case .timeLimit = limit { self = .timeLimit } else { self = .memoryLimit }
    }

    init(_ error: JSONError) {
        self = error.limit.map { PayloadError(limit: $0) } ?? .notJSON(error)
    }

    var description: String {
        switch self {
        case .timeLimit: "the time limit was exceeded"
        case .memoryLimit: "the payload takes more memory than the function may use"
        case .notJSON(let error): "the request body is not an invocation payload: \(error)"
        case .noData:
            "the invocation payload has no \"Data\"; send {\"Data\":{…},\"Metadata\":{…}} with one member of Data for "
                + "each input binding"
        }
    }
}

/// Converts an invocation payload to the arguments `data` and `metadata`. Each value is what the user expects, never a
/// string inside a string (host-contract §6).
struct PayloadReader {
    let function: Function
    let metatables: Metatables
    let stack: LuaStack

    /// Pushes `data` and, if the handler takes them, `metadata`. [+1 or 2]
    func pushArguments(_ payload: RawSpan, withMetadata takesMetadata: Bool = true) throws(PayloadError) {
        let data = stack.count + 1
        let metadata = data + 1
        let source = data + 2
        stack.pushNil()
        stack.pushNil()
        do throws(JSONError) {
            try stack.pushChecked(payload)
            try pushMembers(of: source, takesMetadata)
        } catch {
            throw PayloadError(error)
        }
        guard !stack.isNil(at: data) else { throw .noData }
        if takesMetadata, stack.isNil(at: metadata) {
            stack.pushTable()
            stack.replace(at: metadata)
        }
        stack.setCount(takesMetadata ? metadata : data)
    }

    /// Replaces the two values below the checked payload on top by `data` and `metadata`. [0]
    private func pushMembers(of source: Int, _ takesMetadata: Bool) throws(JSONError) {
        guard let payload = stack.checkedValue(at: source) else { return }
        guard payload.isObject else {
            throw stack.unexpected(
                payload, inChecked: source, wanted: "an invocation payload, {\"Data\":…,\"Metadata\":…},")
        }
        try stack.forEachMember(of: payload.place, inChecked: source) { key, value throws(JSONError) in
            switch key {
            case "Data":
                try pushData(value, of: source)
                stack.replace(at: source - 2)
            case "Metadata" where takesMetadata:
                if value.isObject, let place = value.place {
                    stack.pushDeferred(.unwrapped, place: place, source: source)
                } else {
                    stack.pushNil()
                }
                stack.replace(at: source - 1)
            default: break
            }
        }
    }

    private func pushData(_ data: CheckedValue, of source: Int) throws(JSONError) {
        guard data.isObject else {
            throw stack.unexpected(data, inChecked: source, wanted: "an object for \"Data\"")
        }
        stack.pushTable(hash: function.inputCount)
        try stack.forEachMember(of: data.place, inChecked: source) { key, value throws(JSONError) in
            stack.push(key)
            switch function.input(of: key) {
            case .request: try pushRequest(value, of: source)
            case .wrapped(let levels): try pushValue(value, of: source, unwrapping: levels)
            case .bytes(let nullable): try pushBytes(value, of: source, nullable: nullable)
            case .encodedText:
                if try pushBytes(value, of: source, nullable: false) { BlobText.decode(at: -1, of: stack) }
            case .manyBytes:
                try pushValue(value, of: source, unwrapping: 1)
                decodeElements()
            }
            setMember()
        }
    }

    private func pushValue(_ value: CheckedValue, of source: Int, unwrapping levels: Int = 0) throws(JSONError) {
        try stack.read(value, inChecked: source) { reader throws(JSONError) in
            try reader.pushValue(unwrapping: levels)
        }
    }

    /// Stores the value on top under the name below it. A null removes an earlier member of that name. [-2]
    private func setMember() {
        if stack.isNull(at: -1) {
            stack.pop()
            stack.pushNil()
        }
        stack.setPair(of: -3)
    }

    // MARK: Bytes

    /// Pushes the bytes of a base64 text, and returns whether it was one. [+1]
    @discardableResult
    private func pushBytes(_ value: CheckedValue, of source: Int, nullable: Bool) throws(JSONError) -> Bool {
        try pushValue(value, of: source)
        guard value.isString else { return false }
        if nullable, stack.isString(at: -1, "null") {
            stack.pushNull()
            stack.replace(at: -2)
            return false
        }
        if stack.holdsJSONString(at: -1) {
            stack.pop()
            try pushValue(value, of: source, unwrapping: 1)
            return false
        }
        guard let bytes = stack.withBytes(at: -1, { Base64.decode($0) }).flatMap(\.self) else { return false }
        stack.push(bytes: bytes)
        stack.replace(at: -2)
        return true
    }

    /// Decodes each element of the list on top that is base64. [0]
    private func decodeElements() {
        guard stack.type(at: -1) == .table else { return }
        for position in 1...max(stack.length(at: -1), 1) {
            stack.pushElement(position, of: -1)
            if let text = stack.string(at: -1), let bytes = Base64.decode(text) {
                stack.push(bytes: bytes)
                stack.setElement(position, of: -3)
            }
            stack.pop()
        }
    }

    // MARK: The request of an HTTP trigger (host-contract §6.4)

    private func pushRequest(_ value: CheckedValue, of source: Int) throws(JSONError) {
        guard value.isObject else { return try pushValue(value, of: source, unwrapping: 1) }
        if let place = value.place { return stack.pushDeferred(metatables.requestFiller, place: place, source: source) }
        stack.pushTable()
        stack.setMetatable(at: -1, metatables.request)
    }

    /// Looks up a member of a request that is not filled yet.
    static func findRequestMember(of place: Int, on stack: LuaStack, _ scope: FunctionVM.Scope) -> Field {
        let field = stack.pushMember(of: place)
        switch field {
        case .value where stack.isString(at: 2, "Body"):
            // The headers decide whether the body is bytes, so the whole request must be read.
            return stack.withBytes(at: -1, Base64.isBase64) == true ? .unclear : field
        case .missing: return RequestMethods.find(on: stack, scope)
        default: return field
        }
    }

    /// Fills a request from the checked payload on top. [0]
    func fillRequest(_ table: Int, from place: Int) {
        stack.fillMembers(of: place, into: table)
        stack.pushValue(at: table)
        decodeBody()
        stack.setMetatable(at: -1, metatables.request)
        stack.pop()
    }

    /// The host sends the body as base64 for two content types, and as text for all others.
    private func decodeBody() {
        stack.pushField("Body", of: -1)
        defer { stack.pop() }
        guard stack.withBytes(at: -1, Base64.isBase64) == true, hasEncodedBody(), let text = stack.string(at: -1),
            let bytes = Base64.decode(text)
        else { return }
        stack.push(bytes: bytes)
        stack.setField("Body", of: -3)
    }

    /// Whether the request below the top has a content type whose body the host encodes.
    func hasEncodedBody() -> Bool {
        stack.pushField("Headers", of: -2)
        defer { stack.pop() }
        guard stack.type(at: -1) == .table else { return false }
        stack.expandDeferred(at: -1)
        var found = false
        stack.forEachPair(at: -1) { () throws(Never) in
            guard stack.string(at: -2)?.lowercased() == "content-type" else { return }
            let isList = stack.type(at: -1) == .table
            if isList { stack.pushElement(1, of: -1) }
            let type = stack.string(at: -1)?.lowercased() ?? ""
            if isList { stack.pop() }
            found = type.hasPrefix("application/octet-stream") || type.contains("multipart/")
        }
        return found
    }
}
