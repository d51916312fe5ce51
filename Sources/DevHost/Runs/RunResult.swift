package import HTTP1

/// What came of one run of a function.
package struct RunResult: Sendable {
    /// The request that the handler got.
    package struct Request: Sendable {
        package var method: HTTPMethod
        package var target: String
        package var fields: HTTPFields
        package var body: [UInt8]
    }

    /// The value of one output other than HTTP.
    package struct Output: Sendable {
        /// The binding's name; `$return` for the returned value.
        package let name: String
        /// The binding's type, as function.json spells it.
        package let type: String
        /// What arrives: messages or rows; for a blob, a single element with its content.
        package let messages: [[UInt8]]
    }

    /// The host's id of the invocation.
    package let id: String
    package internal(set) var failure: RunFailure?
    /// The reason why the caller gets an empty 500, although the invocation succeeds.
    package internal(set) var unsendable: String?
    /// What the host silently does differently from what the author may expect.
    package internal(set) var warnings: [String] = []
    /// The `Logs` of the answer.
    package internal(set) var logs: [String] = []
    /// The written outputs, in the order of function.json.
    package internal(set) var outputs: [Output] = []
    /// The response that the caller of an HTTP trigger gets.
    package internal(set) var http: HTTPResult?
    /// Whether the function was to get the caller's own request, and not a payload.
    package let isOfCaller: Bool
    /// The request that the handler got; nil if it got none.
    package internal(set) var sent: Request?
    /// The handler's answer; nil if there is none.
    package internal(set) var answer: HandlerAnswer?
    package internal(set) var duration: Duration = .zero
}
