/// A complete response.
package struct Answer: Sendable {
    package let status: Int
    package let fields: [(String, String)]
    package let body: String

    package init(status: Int, fields: [(String, String)] = [("content-type", "application/json")], body: String) {
        self.status = status
        self.fields = fields
        self.body = body
    }

    /// A response that is one error.
    ///
    /// - Parameter status: nil for the usual status of the code.
    package static func error(
        _ code: Code, _ message: String, id: String?, data: String? = nil, status: Int? = nil, isModern: Bool = false
    ) -> Answer {
        Answer(
            status: status ?? code.status(isModern: isModern),
            body: ErrorText.error(code, message, id: id, data: data))
    }

    /// The response to a post without requests.
    package static let accepted = Answer(status: 202, fields: [], body: "")
}
