internal import JSON

/// The checks that a post passes before a server sees its messages (mcp-contract §1). Their order matters, because
/// clients observe which of them fails first.
package struct Ladder {
    private let rules: Rules

    package init(_ rules: Rules) { self.rules = rules }

    /// Steps 1 and 3, which need no body. Authorization comes next, then `route`.
    package func admit(_ post: Post) -> Answer? {
        guard rules.hosts.admits(host: post.field("host")) else {
            return .error(.refused, "this Host is not allowed", id: nil, status: 403)
        }
        // An origin that is present but empty is not absent.
        guard rules.origins.admits(origin: post.header("origin")) else {
            return .error(.refused, "this Origin is not allowed", id: nil, status: 403)
        }
        guard post.method == "POST" else {
            return Answer(status: 405, fields: [("allow", "POST")], body: "")
        }
        return nil
    }

    /// Steps 4 to 18.
    package func route(_ post: Post, body: RawSpan) -> Routing {
        guard mediaType(post.field("content-type")) == "application/json" else {
            return .refused(.error(.refused, "Content-Type must be application/json", id: nil, status: 415))
        }
        guard body.byteCount <= rules.bodyLimit else {
            return .refused(
                .error(.refused, "the body is longer than \(rules.bodyLimit) bytes", id: nil, status: 413))
        }
        switch Body.read(body) {
        case .notJSON(let reason):
            return .refused(.error(.parseError, "the body is not JSON: \(reason)", id: nil))
        case .message(.failure(let malformed)):
            return .refused(.error(.invalidRequest, malformed.reason, id: malformed.id))
        case .message(.success(let message)): return route(message, post)
        case .longBatch:
            return .refused(
                .error(.invalidRequest, "a batch may have at most \(Body.batchLimit) messages", id: nil))
        case .batch(let messages): return route(messages, post)
        }
    }

    // MARK: One message

    private func route(_ message: Message, _ post: Post) -> Routing {
        let version = post.field("mcp-protocol-version")
        let names = version.flatMap(Revision.init(rawValue:))
        let headerIsModern = names?.isModern == true && !rules.isLegacyOnly
        switch message.kind {
        case .response:
            if headerIsModern {
                return .refused(.error(.refused, "revision \(version ?? "") has no responses of clients", id: nil))
            }
            return .accepted(.init(responses: [message], revision: names ?? .march2025))
        case .notification:
            return .accepted(.init(notifications: [message], revision: names ?? .march2025))
        case .request:
            let claimsModern = message[.metaProtocolVersion] != nil && !rules.isLegacyOnly
            if claimsModern || headerIsModern { return routeModern(message, post, version) }
            return routeLegacy(message, post, version)
        }
    }

    private func routeLegacy(_ message: Message, _ post: Post, _ version: String?) -> Routing {
        if let refusal = refuseAccept(post) { return .refused(refusal) }
        let revision: Revision
        if message.method == "initialize" {
            revision = Revision.agreed(on: message[.protocolVersion]?.string)
        } else if let version {
            guard let named = Revision(rawValue: version), !named.isModern || rules.isLegacyOnly else {
                return .refused(unsupported(version))
            }
            revision = min(named, .newestLegacy)
        } else {
            revision = .march2025
        }
        guard rules.families.have(message.method, in: revision) else {
            return .refused(.error(.methodNotFound, Self.noMethod(message.method), id: message.id))
        }
        return .accepted(.init(requests: [message], revision: revision))
    }

    /// Steps 13 to 18.
    private func routeModern(_ message: Message, _ post: Post, _ header: String?) -> Routing {
        let id = message.id
        if message.method == "initialize", message[.metaProtocolVersion] == nil {
            return .refused(
                mismatch("MCP-Protocol-Version names \(header ?? ""), which has no initialize", id))
        }
        if let reason = Envelope.fault(in: message) {
            return .refused(.error(.invalidParams, reason, id: id, status: 400))
        }
        let claimed = message[.metaProtocolVersion]?.string ?? ""
        guard let header else {
            return .refused(mismatch("MCP-Protocol-Version is missing", id))
        }
        guard header == claimed else {
            return .refused(mismatch("MCP-Protocol-Version differs from _meta", id))
        }
        let method = post.field("mcp-method")
        if let method, method != message.method {
            return .refused(mismatch("Mcp-Method differs from method", id))
        }
        guard let revision = Revision(rawValue: claimed), revision.isModern else {
            return .refused(Self.unsupportedVersion(claimed, id: id))
        }
        guard method != nil else { return .refused(mismatch("Mcp-Method is missing", id)) }
        if let fault = nameFault(message, post) { return .refused(mismatch(fault, id)) }
        guard rules.families.have(message.method, in: revision) else {
            return .refused(.error(.methodNotFound, Self.noMethod(message.method), id: id, isModern: true))
        }
        return .accepted(.init(requests: [message], revision: revision))
    }

    /// If the body has no name, its own error follows later.
    private func nameFault(_ message: Message, _ post: Post) -> String? {
        guard let member = MessageFields.nameMember(of: message.method) else { return nil }
        guard let name = message[member]?.string else { return nil }
        guard let header = post.header("mcp-name") else { return "Mcp-Name is missing" }
        guard let decoded = Sentinel.decode(Post.trim(header)) else { return "Mcp-Name is not valid base64 of UTF-8" }
        return decoded == name ? nil : "Mcp-Name differs from params.\(member)"
    }

    // MARK: Batches

    private func route(_ messages: [Result<Message, Message.Malformed>], _ post: Post) -> Routing {
        func refused(_ reason: String) -> Routing { .refused(.error(.invalidRequest, reason, id: nil)) }
        guard !messages.isEmpty else { return refused("a batch must not be empty") }
        let version = post.field("mcp-protocol-version")
        let revision = version.flatMap(Revision.init(rawValue:))
        if let revision, revision != .march2025 { return refused("revision \(revision.rawValue) has no batches") }
        var delivery = Routing.Delivery(revision: .march2025, isBatch: true)
        for message in messages {
            switch message {
            case .failure(let malformed): return refused("a message of the batch is invalid: \(malformed.reason)")
            case .success(let message):
                if message[.metaProtocolVersion] != nil, !rules.isLegacyOnly {
                    return refused("revision \(Revision.july2026.rawValue) has no batches")
                }
                switch message.kind {
                case .request where message.method == "initialize":
                    return refused("initialize must not be in a batch")
                case .request: delivery.requests.append(message)
                case .notification: delivery.notifications.append(message)
                case .response: delivery.responses.append(message)
                }
            }
        }
        if !delivery.requests.isEmpty, let refusal = refuseAccept(post) { return .refused(refusal) }
        if let version, revision == nil { return .refused(unsupported(version)) }
        return .accepted(delivery)
    }

    // MARK: Refusals

    private func refuseAccept(_ post: Post) -> Answer? {
        let accept = post.header("accept")?.lowercased() ?? ""
        if accept.contains("application/json"), accept.contains("text/event-stream") { return nil }
        return .error(
            .refused, "Accept must list both application/json and text/event-stream", id: nil, status: 406)
    }

    private func mismatch(_ fault: String, _ id: String?) -> Answer {
        .error(.headerMismatch, "header mismatch: \(fault)", id: id)
    }

    private func unsupported(_ version: String) -> Answer {
        .error(.refused, "unsupported protocol version \(version) (supported: \(Revision.listed))", id: nil)
    }

    private func mediaType(_ value: String?) -> String? {
        value.map { Post.trim(String($0.prefix { $0 != ";" })).lowercased() }
    }

    /// The message of the error about a method that the server does not have.
    package static func noMethod(_ method: String) -> String {
        "method not found: \(String(String.UnicodeScalarView(method.unicodeScalars.prefix(100))))"
    }

    /// The error about a revision that the modern era does not have.
    package static func unsupportedVersion(_ version: String, id: String?) -> Answer {
        let text = JSONText()
        text.append(raw: #"{"supported":"#)
        text.append(list: Revision.modern.map(\.rawValue))
        text.append(raw: #","requested":"#)
        text.append(string: version)
        text.append(raw: "}")
        return .error(.unsupportedVersion, "unsupported protocol version \(version)", id: id, data: text.text)
    }
}
