import FunctionsModel
import HTTP
import HTTP1

/// The head of a handler's response as the caller gets it.
struct ResponseCopy {
    let status: Int
    /// The words after the status.
    let reason: String
    var fields: HTTPFields
    let warnings: [String]

    /// - Parameter dropped: the names of lines in the head that are not header fields.
    private init(status: Int, reason: String, _ fields: HTTPFields, dropped: [String]) {
        self.status = status
        self.reason = reason
        self.fields = fields
        // The host controls the connection to the caller.
        self.fields.remove("keep-alive")
        warnings = dropped.map {
            "the response has a line for '\($0)' that is not a valid HTTP header; it is left out. A name is one word "
                + "before a colon, and a value has no control characters"
        }
    }

    init(_ head: ClientHead) {
        self.init(status: head.status, reason: head.reason, head.fields, dropped: head.dropped)
    }

    init(_ response: ClientResponse) {
        self.init(status: response.status, reason: response.reason, response.fields, dropped: response.dropped)
    }

    init(_ answer: HandlerAnswer) { self.init(status: answer.status, reason: "", answer.fields, dropped: []) }

    /// The fields as the host forwards them (host-contract §7): an empty content type is lost, lists become several lines,
    /// and there is always a length.
    var forwardedFields: HTTPFields {
        var forwarded = HTTPFields()
        fields.forEachBytes { name, value in
            let name = String(decoding: name.withUnsafeBytes { Array($0) }, as: UTF8.self)
            let value = value.withUnsafeBytes { Array($0) }
            if name.lowercased() == "content-type", value.isEmpty { return }
            guard Self.lists.contains(name.lowercased()) else { return forwarded.add(name, bytes: value) }
            for element in String(decoding: value, as: UTF8.self).split(separator: ",") {
                forwarded.add(name, element.trimmed)
            }
        }
        if status == 304 { forwarded.set("Content-Length", "0") }
        return forwarded
    }

    private static let lists: Set<String> = [
        "accept-ranges", "allow", "content-encoding", "content-language", "pragma", "upgrade", "vary", "via",
    ]
}
