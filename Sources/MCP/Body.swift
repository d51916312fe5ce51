internal import JSON

/// What a body consists of.
package enum Body {
    /// - Parameter reason: what is wrong, and where.
    case notJSON(reason: String)
    case message(Result<Message, Message.Malformed>)
    case batch([Result<Message, Message.Malformed>])
    case longBatch

    /// The most messages that a batch may have.
    package static let batchLimit = 100

    /// Reads a body in one pass; the time is proportional to its length, however it is nested.
    package static func read(_ body: RawSpan) -> Body {
        let outline = JSONOutline()
        guard outline.check(body) else { return .notJSON(reason: "\(outline.mistake)") }
        let root = outline.root
        guard root.kind == .array else { return .message(message(outline, root)) }
        guard outline.memberCount(of: root) <= batchLimit else { return .longBatch }
        return .batch(outline.elements(of: root).map { message(outline, $0) })
    }

    private static func message(
        _ outline: JSONOutline, _ value: JSONOutline.Value
    ) -> Result<Message, Message.Malformed> {
        do throws(Message.Malformed) {
            return .success(try Message(outline, value))
        } catch {
            return .failure(error)
        }
    }
}
