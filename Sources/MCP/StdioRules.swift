/// A connection over standard input and output, which carries one message a line. The first request decides whether it
/// is one of the modern revision (mcp-contract §12).
package struct StdioRules {
    package enum Decision {
        /// Nobody gets an answer.
        case ignored
        /// A line to write, without its end.
        case answer(String)
        /// The message goes to the server as a post with these fields.
        ///
        /// - Parameter isLegacyOnly: goes into `Rules`. The message is served under the rules of the older revisions,
        ///   whatever its `_meta` says.
        case forward(Message, fields: [(String, String)], isLegacyOnly: Bool)
    }

    private enum Era {
        case undecided
        /// The client has only asked what the server is, and may still choose.
        case probed
        case modern
        /// - Parameter revision: nil before `initialize`.
        case legacy(revision: Revision?)
    }

    private var era = Era.undecided

    package init() {}

    package mutating func decide(_ line: [UInt8]) -> Decision {
        switch Body.read(line.span.bytes) {
        // There is no request to which an answer could belong.
        case .notJSON, .batch, .longBatch: return .ignored
        case .message(.failure(let malformed)):
            guard let id = malformed.id else { return .ignored }
            return .answer(ErrorText.error(.invalidRequest, malformed.reason, id: id))
        case .message(.success(let message)): return decide(message)
        }
    }

    private mutating func decide(_ message: Message) -> Decision {
        guard message.kind == .request else { return forward(message) }
        let isInitialize = message.method == "initialize" && message[.metaProtocolVersion] == nil
        switch era {
        case .undecided, .probed:
            if isInitialize {
                era = .legacy(revision: Revision.agreed(on: message[.protocolVersion]?.string))
            } else if message[.metaProtocolVersion] != nil {
                era = message.method == "server/discover" ? .probed : .modern
            } else if case .undecided = era {
                era = .legacy(revision: nil)
            }
        case .modern:
            if isInitialize {
                let wanted = message[.protocolVersion]?.string ?? ""
                return .answer(Ladder.unsupportedVersion(wanted, id: message.id).body)
            }
        case .legacy:
            if isInitialize { era = .legacy(revision: Revision.agreed(on: message[.protocolVersion]?.string)) }
        }
        return forward(message)
    }

    private func forward(_ message: Message) -> Decision {
        let isModern: Bool
        let version: String?
        switch era {
        case .modern, .probed:
            isModern = true
            version = message[.metaProtocolVersion]?.string ?? Revision.july2026.rawValue
        case .legacy(let revision):
            isModern = false
            version = message.method == "initialize" ? nil : revision?.rawValue
        case .undecided:
            isModern = false
            version = nil
        }
        let name = MessageFields.nameMember(of: message.method).flatMap { message[$0]?.string }
        // A response has no place in the modern revision, so it needs no version that would refuse it.
        let isResponse = message.kind != .request && message.kind != .notification
        let fields = MessageFields.fields(
            message.method, name: name, version: isResponse && isModern ? nil : version,
            isModern: isModern && !isResponse)
        return .forward(message, fields: fields, isLegacyOnly: !isModern)
    }
}
