import FunctionsModel
import JSON

/// The reason why the host fails an invocation although the handler answered.
enum AnswerFailure: Error {
    case status(Int)
    case contentType(String?)
    case json(JSONError)
    case date(DateTimeOutOfRange)
    /// A part of the answer has the wrong type.
    case kind(String, String, wanted: String)
    /// The value of an http output, or one of its members, has a type that cannot become a response.
    case response(String, String)
    case nullHeader(place: String, name: String)
    /// A header has a character that is not allowed in headers.
    case header(place: String, name: String, Unicode.Scalar)
    case body(place: String, status: Int)
    case contentLength(place: String, said: String, count: Int)
    case noRequest(place: String)
    case dateToBlob(place: String, String, advice: String)
    case notADocument(place: String, type: String, kind: String)
    case jsonText(place: String, NewtonsoftError, advice: String)

    /// Whether the whole answer is unusable, so that it is worth showing.
    var isAboutWholeAnswer: Bool {
        switch self {
        case .status, .contentType, .json, .date, .kind: true
        default: false
        }
    }
}

extension AnswerFailure: CustomStringConvertible {
    var description: String {
        switch self {
        case .status(let status):
            "Response status code does not indicate success: \(status). Answer 200 with application/json; a status for "
                + "the caller goes into \"statusCode\" of the http output"
        case .contentType(let name?):
            "Invalid HttpResponseMessage: the content type is '\(name)'; answer with application/json"
        case .contentType(nil):
            "Invalid HttpResponseMessage: the answer has no content type; answer with application/json"
        case .json(let error):
            "Invalid HttpResponseMessage: the answer is not JSON: \(error)"
        case .date(let error):
            "Invalid HttpResponseMessage: \(error); add a character to it"
        case .kind(let what, let kind, let wanted):
            "Invalid HttpResponseMessage: \(what) is \(kind); it must be \(wanted)"
        case .response(let what, let kind):
            "Failed while trying to Deserialize to httpOutputBindingResponse. Output is not in expected format: "
                + "\(what) is \(kind); send an object such as "
                + "{\"statusCode\": 200, \"headers\": {\"x-name\": \"text\"}, \"body\": \"text\"}"
        case .nullHeader(let place, let name): "\(place): the header '\(name)' is null; leave it out"
        case .header(let place, let name, let scalar):
            "\(place): Invalid non-ASCII or control character in header: \(Self.code(scalar)), in '\(name)'; a "
                + "header must be one line of ASCII, so join lists with \", \" and send at most one Set-Cookie"
        case .body(let place, let status):
            "\(place): Writing to the response body is invalid for responses with status code \(status); leave the "
                + "body out"
        case .contentLength(let place, let said, let count):
            "\(place): the header 'Content-Length' says \(said), but the body has \(count) bytes; leave the header out"
        case .noRequest(let place):
            "\(place): there is no caller to respond to, because the trigger is not HTTP; remove the output from "
                + "function.json"
        case .dateToBlob(let place, let text, let advice):
            "\(place): the text '\(text)' is parsed as a date, which cannot be written to a blob; \(advice)"
        case .notADocument(let place, let type, let kind):
            "\(place): '\(type)' takes an object or an array of objects, not \(kind)"
        case .jsonText(let place, let error, let advice):
            "\(place): the text has the brackets of JSON but cannot be read: \(error); \(advice)"
        }
    }

    private static func code(_ scalar: Unicode.Scalar) -> String {
        "0x" + scalar.value.padded(4, radix: 16, uppercase: true)
    }
}
