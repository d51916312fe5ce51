import HTTP
import HTTP1

/// The head of a handler's response as the caller gets it.
struct ResponseCopy {
    let status: Int
    private(set) var fields: HTTPFields
    let warnings: [String]

    /// - Parameter dropped: the names of lines in the head that are not header fields.
    init(status: Int, _ fields: HTTPFields, dropped: [String]) {
        self.status = status
        self.fields = fields
        // The host controls the connection to the caller.
        self.fields.remove("keep-alive")
        warnings = dropped.map {
            "the response has a line for '\($0)' that is not a valid HTTP header; it is left out. A name is one word "
                + "before a colon, and a value has no control characters"
        }
    }

    mutating func add(_ more: HTTPFields) { for (name, value) in more { fields.add(name, value) } }
}
