package import HTTP1

/// A handler that runs in this process, in place of one behind a port.
package protocol HandlerChannel: Sendable {
    func exchange(
        _ method: HTTPMethod, _ target: String, fields: HTTPFields, body: [UInt8]
    ) async throws -> HandlerAnswer
}

/// A handler's whole response.
package struct HandlerAnswer: Sendable {
    package var status: Int
    package var fields: HTTPFields
    package var body: [UInt8]
    /// False if a streamed body was cut off.
    package var isComplete: Bool
    /// Why the invocation failed, if the handler says so beside its response.
    package var failure: RunFailure?

    package init(
        status: Int, fields: HTTPFields, body: [UInt8], isComplete: Bool = true, failure: RunFailure? = nil
    ) {
        self.status = status
        self.fields = fields
        self.body = body
        self.isComplete = isComplete
        self.failure = failure
    }
}

/// Why a run failed.
package struct RunFailure: Sendable, Equatable {
    package enum Kind: String, Sendable {
        /// The function has failed, or does not load.
        case function
        /// The function has used up its time or its memory.
        case limit
        /// The host does not call the function, or cannot use its answer.
        case host
    }

    package var message: String
    package var kind: Kind
    /// The active calls, innermost first; empty if no Lua code failed.
    package var traceback: [String] = []

    package init(message: String, kind: Kind, traceback: [String] = []) {
        self.message = message
        self.kind = kind
        self.traceback = traceback
    }
}
