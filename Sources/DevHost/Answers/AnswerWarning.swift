import FunctionsModel

/// Something that the host silently does to an answer and that its author probably does not want.
enum AnswerWarning {
    // The answer as a whole, §9.1 and §9.2.
    case hangs(String)
    case ignoredText(String)
    case ignoredMember(String)
    case repeatedName(String)
    /// A name that Newtonsoft takes for itself, such as `$type`.
    case reservedName(String)
    case unknownOutput(String, known: [String])
    case replacedOutput(String)
    case ignoredReturnValue(known: [String])

    // Texts that become something else, §9.3.
    case base64(place: String, String, count: Int, advice: String)
    case byteArray(place: String, String, advice: String)
    case base64IsOff(place: String, count: Int)
    case date(place: String, String, becomes: String, advice: String)
    /// A date inside an array or object.
    case dateInside(place: String, String, becomes: String)

    // Messages and blobs, §9.4.
    case splitText(place: String, count: Int, advice: String)
    case rewrittenText(place: String, advice: String)
    case boolean(place: String, Bool, advice: String)
    case rawBytes(place: String, String, count: Int)

    // Responses, §9.5 and §9.6.
    case missingResponse(String)
    case ignoredStatus(place: String, Int)
    case unreadableStatus(place: String, String)
    case unusualStatus(place: String, Int)
    case ignoredResponseMember(place: String, String)
    case ignoredHeaders(place: String, kind: String)
    case repeatedHeader(place: String, String)
    case structuredHeader(place: String, String, kind: String, becomes: String)
    case charset(place: String, String)
    case listBody(place: String, becomes: String)
    case droppedBody(place: String, Int)
    case wrongLength(place: String, said: Int, count: Int)
    case transferEncoding(place: String)
    case unsendable(UnsendableResponse)
    case objectIsBody(place: String, ignored: String)
    case plainJSON(place: String)
}

extension AnswerWarning: CustomStringConvertible {
    var description: String {
        switch self {
        case .hangs(let what):
            "the answer is \(what): nothing is reported back, so the invocation hangs until functionTimeout and the "
                + "handler is killed; answer at least {}"
        case .ignoredText(let text):
            "the text after the answer's object is ignored: '\(text.shortened)'; answer one object and nothing else"
        case .ignoredMember(let name):
            "'\(name)' at the top of the answer is ignored; there are \"Outputs\", \"Logs\" and \"ReturnValue\""
        case .repeatedName(let name): "'\(name)' occurs twice in one object of the answer; only the last one counts"
        case .reservedName(let name):
            "'\(name)' at the beginning of an object is a word of the host's JSON reader: "
                + (["$ref": "the object becomes null", "$values": "its value replaces the object"][name]
                    ?? "it is dropped") + "; put another member first"
        case .unknownOutput(let name, let known):
            "there is no output '\(name)'; it is dropped" + Self.suggestion(for: name, among: known)
        case .replacedOutput(let name):
            "'\(name)' in \"Outputs\" is dropped, because ReturnValue takes its place; put the value into ReturnValue"
        case .ignoredReturnValue(let known):
            "ReturnValue is ignored: function.json has no output '$return'"
                + (known.isEmpty
                    ? "" : "; put the value into \"Outputs\", under \(known.map { "'\($0)'" }.listed("or"))")
        case .base64(let place, let text, let count, let advice):
            "\(place): the text '\(text.shortened)' decodes as base64, so \(count) bytes arrive instead; \(advice)"
        case .byteArray(let place, let text, let advice):
            "\(place): the text '\(text.shortened)' decodes as base64, so the text 'System.Byte[]' arrives instead; "
                + advice
        case .base64IsOff(let place, let count):
            "\(place): \"dataType\": \"binary\" turns base64 off, so the text itself arrives and not the \(count) "
                + "bytes it stands for; remove \"dataType\" to send bytes"
        case .date(let place, let text, let becomes, let advice):
            "\(place): the text '\(text)' is parsed as a date, so '\(becomes)' arrives instead; \(advice)"
        case .dateInside(let place, let text, let becomes):
            "\(place): the date '\(text)' in the value arrives as '\(becomes)'; write dates in UTC, without "
                + "zeros at the end of the fraction"
        case .splitText(let place, let count, let advice):
            "\(place): the text is a JSON array, so each of its \(count) elements is sent on its own; \(advice)"
        case .rewrittenText(let place, let advice):
            "\(place): the text is JSON, so the host parses and reformats it; \(advice)"
        case .boolean(let place, let truth, let advice):
            "\(place): \(truth) arrives as '\(truth ? "True" : "False")'; \(advice)"
        case .rawBytes(let place, let value, let count):
            "\(place): \(value) is written as \(count) raw byte\(count == 1 ? "" : "s"); send base64 of its text"
        case .missingResponse(let name):
            "output '\(name)' is missing in \"Outputs\", so the caller gets 200 with the body {}; return it, even if only "
                + "with {\"statusCode\": 204}"
        case .ignoredStatus(let place, let status):
            "\(place): \"status\" is ignored here, the caller gets \(status); write \"statusCode\""
        case .unreadableStatus(let place, let text):
            "\(place): the status \(text.shortened) is not a whole number, so the caller gets 200"
        case .unusualStatus(let place, let status):
            "\(place): the status \(status) is not from 200 to 599, so callers may not understand it"
        case .ignoredResponseMember(let place, "cookies"):
            "\(place): \"cookies\" is ignored; set one cookie with the header \"Set-Cookie\""
        case .ignoredResponseMember(let place, let name):
            "\(place): \"\(name)\" is ignored; there are \"statusCode\", \"headers\" and \"body\""
        case .ignoredHeaders(let place, let kind):
            "\(place): \"headers\" is \(kind) and is ignored; send an object of names and strings"
        case .repeatedHeader(let place, let name):
            "\(place): the header '\(name)' occurs twice, and the later one is dropped; join the values with \", \""
        case .structuredHeader(let place, let name, let kind, let becomes):
            "\(place): the header '\(name)' is \(kind) and arrives as '\(becomes)'; send a text"
        case .charset(let place, let charset):
            "\(place): the body is sent in UTF-8, and the header says so in place of '\(charset)'"
        case .listBody(let place, let becomes):
            "\(place): the body is an array, so the text '\(becomes)' arrives instead; send the body as JSON text"
        case .droppedBody(let place, let status):
            "\(place): the body is dropped, because a response with the status \(status) has none"
        case .wrongLength(let place, let said, let count):
            "\(place): the header 'Content-Length' says \(said), but the body has \(count) bytes, so the response breaks "
                + "off; leave the header out"
        case .transferEncoding(let place):
            "\(place): the header 'Transfer-Encoding' is left out; in Azure it breaks the response, because the body "
                + "is not encoded so; leave it out"
        case .unsendable(let reason): reason.description
        case .objectIsBody(let place, let ignored):
            "\(place): there is no \"body\", so the whole object is the body and \"\(ignored)\" has no effect; add "
                + "\"body\""
        case .plainJSON(let place):
            "\(place): the JSON is sent as text/plain; send an object whose \"headers\" have a \"content-type\""
        }
    }

    private static func suggestion(for name: String, among known: [String]) -> String {
        if known.isEmpty { return "; function.json has no outputs" }
        if let meant = known.first(where: { $0.lowercased() == name.lowercased() }) {
            return " (did you mean '\(meant)'?)"
        }
        return "; function.json has \(known.map { "'\($0)'" }.listed())"
    }
}

extension String {
    fileprivate var shortened: String { count > 60 ? prefix(60) + "…" : self }
}
