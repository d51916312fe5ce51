import FunctionsModel
import JSON

/// Makes a response from the value of an http output (host-contract §9.5, §9.6).
struct HTTPOutput {
    let binding: OutputBinding
    private let zone: HostZone
    private let accept: AcceptedTypes
    private(set) var warnings: [AnswerWarning] = []

    init(_ binding: OutputBinding, zone: HostZone, accept: AcceptedTypes) {
        self.binding = binding
        self.zone = zone
        self.accept = accept
    }

    private var place: String { binding.place }

    // MARK: §9.5

    /// Makes the response of an output with a name. The case of member names does not matter, and the last one counts.
    mutating func named(_ value: NewtonsoftValue) throws(AnswerFailure) -> DraftResponse {
        try checkDepth(of: value)
        guard let members = value.members ?? value.read(zone)?.members else { throw .response(place, value.kind) }
        let read = try Self.read(value.text, place, zone)
        func member(_ name: String) -> NewtonsoftValue {
            members.last { $0.name.lowercased() == name.lowercased() }?.value ?? .null
        }
        let body = member("body")
        warn(of: body)
        warnings += read.reservedNames.map { .reservedName($0) }
        var response = DraftResponse(.text(read["body"]?.text ?? ""))
        response.status = status(member("statusCode"))
        if member("statusCode").isNull, !member("status").isNull {
            warnings.append(.ignoredStatus(place: place, response.status))
        }
        let headers = Dictionary((member("headers").members ?? []).map { ($0.name, $0) }) { first, _ in first }
        response.headers = (read["headers"]?.members ?? []).map { sent in
            header(headers[sent.name] ?? sent, text: sent.value.text)
        }
        if body.isStructured { warnOfPlainJSON(response) }
        warnOfOthers(than: ["statuscode", "status", "headers", "body"], members)
        return response
    }

    private static func read(
        _ text: String, _ place: String, _ zone: HostZone
    ) throws(AnswerFailure) -> NewtonsoftObject {
        do throws(JSONError) {
            if let read = try NewtonsoftObject(text, .response, zone: zone) { return read }
        } catch .syntax(.wrongKind(let what, let kind, _), _, _) {
            throw .response("\(what) of \(place)", kind)
        } catch {
            throw .response(place, "not readable (\(error))")
        }
        throw .response(place, "not an object")
    }

    /// Newtonsoft's limit for texts.
    private static let depthLimit = 64

    private func checkDepth(of value: NewtonsoftValue) throws(AnswerFailure) {
        if value.depth > Self.depthLimit { throw .response(place, "more than \(Self.depthLimit) levels deep") }
    }

    // MARK: §9.6

    /// Makes the response of `$return` or of a member of `ReturnValue`.
    mutating func returned(_ value: NewtonsoftValue) throws(AnswerFailure) -> DraftResponse {
        switch value {
        case .bytes(let bytes, let text):
            if Base64Guess.isAccident(text, decodedAs: bytes) {
                warnings.append(.base64(place: place, text, count: bytes.count, advice: binding.advice))
            }
            return DraftResponse(.bytes(bytes))
        case .string(let text):
            guard let read = value.read(zone) else { return DraftResponse(.text(text)) }
            if let body = read.member(anyCase: "body") { return try response(read, body: body) }
            if read.text != text { warnings.append(.rewrittenText(place: place, advice: binding.advice)) }
            return DraftResponse(.text(read.text))
        default:
            if value.members != nil { try checkDepth(of: value) }
            if let body = value.member(anyCase: "body") { return try response(value, body: body) }
            for name in ["statusCode", "status", "headers"] where value.member(anyCase: name) != nil {
                warnings.append(.objectIsBody(place: place, ignored: name))
            }
            warn(of: value)
            let response = DraftResponse(.text(value.text))
            if value.isStructured { warnOfPlainJSON(response) }
            return response
        }
    }

    /// Members with the exact name come first, and `statusCode` hides `status` even if it is null.
    private mutating func response(
        _ value: NewtonsoftValue, body: NewtonsoftValue
    ) throws(AnswerFailure) -> DraftResponse {
        var response: DraftResponse
        if case .boolean(true) = value.member(anyCase: "enableContentNegotiation") {
            response = DraftResponse(object: body, accept: accept)
        } else if case .array = body {
            response = DraftResponse(.text(Self.list))
            warnings.append(.listBody(place: place, becomes: Self.list))
        } else {
            warn(of: body)
            response = DraftResponse(.text(body.isStructured ? body.json() : body.text))
        }
        let given = value.member(anyCase: "statusCode") ?? value.member(anyCase: "status") ?? .null
        if case .integer(let number) = given, Int32(exactly: number) == nil {
            throw .statusTooLarge(place: place, number)
        }
        let status = status(given)
        if status != 200 { response.status = status }
        switch value.member(anyCase: "headers") ?? .null {
        case .null: break
        case .object(let headers): response.headers = headers.map { header($0, text: Self.typeName($0.value)) }
        case let other: warnings.append(.ignoredHeaders(place: place, kind: other.kind))
        }
        if case .object = body { warnOfPlainJSON(response) }
        let known = ["statuscode", "status", "headers", "body", "enablecontentnegotiation"]
        warnOfOthers(than: known, value.members ?? [])
        return response
    }

    private static let list = "System.Collections.Generic.List`1[System.Object]"

    private static func typeName(_ value: NewtonsoftValue) -> String {
        switch value {
        case .array: list
        case .object: "System.Dynamic.ExpandoObject"
        default: value.text
        }
    }

    // MARK: Parts of a response

    private mutating func status(_ value: NewtonsoftValue) -> Int {
        let number: Int32? =
            switch value {
            case .null: 200
            case .integer(let number): Int32(exactly: number)
            case .string(let text): Int32(text.trimmed)
            default: nil
            }
        if let number, 600...999 ~= number { warnings.append(.unusualStatus(place: place, Int(number))) }
        if number == nil { warnings.append(.unreadableStatus(place: place, value.json())) }
        return Int(number ?? 200)
    }

    private mutating func header(_ member: NewtonsoftValue.Member, text: String) -> (name: String, text: String?) {
        let place = "\(place), header '\(member.name)'"
        switch member.value {
        case .null: return (member.name, nil)
        case .boolean(let truth): warnings.append(.boolean(place: place, truth, advice: "send \"\(truth)\""))
        case .date(let date, let text):
            warnings.append(
                .date(place: place, text, becomes: date.cultureText, advice: "add a space at its end"))
        case .array, .object:
            // The server refuses a text of several lines.
            guard !text.contains("\n") else { break }
            warnings.append(
                .structuredHeader(place: self.place, member.name, kind: member.value.kind, becomes: text))
        default: break
        }
        return (member.name, text)
    }

    private mutating func warn(of body: NewtonsoftValue) {
        switch body {
        case .boolean(let truth): warnings.append(.boolean(place: place, truth, advice: "send \"body\": \"\(truth)\""))
        case .date(let date, let text):
            warnings.append(
                .date(place: place, text, becomes: date.cultureText, advice: "add a line break at its end"))
        default:
            guard let date = body.rewrittenDate else { break }
            warnings.append(.dateInside(place: place, date.text, becomes: date.becomes))
        }
    }

    private mutating func warnOfPlainJSON(_ response: DraftResponse) {
        guard case .text = response.body else { return }
        if !response.headers.contains(where: { $0.name.lowercased() == "content-type" }) {
            warnings.append(.plainJSON(place: place))
        }
    }

    private mutating func warnOfOthers(than known: [String], _ members: [NewtonsoftValue.Member]) {
        for member in members where !known.contains(member.name.lowercased()) {
            warnings.append(.ignoredResponseMember(place: place, member.name))
        }
    }
}

extension NewtonsoftValue {
    fileprivate var isStructured: Bool { elements != nil || members != nil }

    /// How many arrays and objects lie in each other.
    fileprivate var depth: Int {
        switch self {
        case .array(let elements): 1 + (elements.map(\.depth).max() ?? 0)
        case .object(let members): 1 + (members.map(\.value.depth).max() ?? 0)
        default: 0
        }
    }

    /// The JSON value in a text; nil for other values and for text that is not JSON, which is not an error.
    fileprivate func read(_ zone: HostZone) -> NewtonsoftValue? {
        guard case .string(let text) = self else { return nil }
        return try? NewtonsoftValue(json: text, as: .serializer, zone: zone)
    }
}
