/// What becomes of a post.
package enum Routing {
    case refused(Answer)
    case accepted(Delivery)

    /// Messages that a server has to see. If there is no request among them, the response is `Answer.accepted`.
    package struct Delivery {
        package var requests: [Message] = []
        /// For instance `notifications/cancelled`. Unknown ones are to be ignored.
        package var notifications: [Message] = []
        /// Answers to what the server has asked. Those that nobody waits for are to be ignored.
        package var responses: [Message] = []
        /// For `initialize`, the revision to agree on.
        package var revision: Revision
        /// Whether the responses go into an array. Then the server must itself refuse methods that it does not have.
        package var isBatch = false
    }
}
