import FunctionsModel
import JSON

/// The reason why the host fails an invocation although the handler answered.
enum AnswerFailure: Error {
    case status(Int)
    case contentType(String?)
    case json(JSONError)
    /// A text that Newtonsoft parses as a date, and .NET cannot hold.
    case date(String)
    /// A part of the answer has the wrong type.
    case kind(String, String, wanted: String)
    /// The value of an http output, or one of its members, has a type that cannot become a response.
    case response(String, String)
    case statusTooLarge(place: String, Int64)
    case noRequest(place: String)
    case dateToBlob(place: String, String, advice: String)
    case integerToBlob(place: String, String)
    case notADocument(place: String, type: String, kind: String)
    case jsonText(place: String, JSONError, advice: String)

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
        case .date(let text):
            "Invalid HttpResponseMessage: the text '\(text)' is parsed as a date, and .NET has only the years 1 to 9999; "
                + "add a character to it"
        case .kind(let what, let kind, let wanted):
            "Invalid HttpResponseMessage: \(what) is \(kind); it must be \(wanted)"
        case .response(let what, let kind):
            "Failed while trying to Deserialize to httpOutputBindingResponse. Output is not in expected format: "
                + "\(what) is \(kind); send an object such as "
                + "{\"statusCode\": 200, \"headers\": {\"x-name\": \"text\"}, \"body\": \"text\"}"
        case .statusTooLarge(let place, let status):
            "\(place): Value was either too large or too small for an Int32: the status \(status); send a status from "
                + "200 to 599"
        case .noRequest(let place):
            "\(place): there is no caller to respond to, because the trigger is not HTTP; remove the output from "
                + "function.json"
        case .dateToBlob(let place, let text, let advice):
            "\(place): the text '\(text)' is parsed as a date, which cannot be written to a blob, and the blob is left "
                + "empty; \(advice)"
        case .integerToBlob(let place, let digits):
            "\(place): the integer \(digits) takes more than 64 bits and cannot be written to a blob, which is left "
                + "empty; send it as a string"
        case .notADocument(let place, let type, let kind):
            "\(place): '\(type)' takes an object or an array of objects, not \(kind)"
        case .jsonText(let place, let error, let advice):
            "\(place): the text has the brackets of JSON but cannot be read: \(error); \(advice)"
        }
    }
}
