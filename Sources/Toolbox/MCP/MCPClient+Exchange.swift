import HTTP
import HTTP1
import JSON
import MCP

/// Sends a message and reads the answer, which is JSON or events.
extension MCPClient {
    /// Returns the answer to a request; nil for a notification.
    ///
    /// - Parameters:
    ///   - body: the message in JSON.
    ///   - mirrored: the header fields that repeat arguments.
    func post(
        _ message: ClientMessage, _ body: String, isRequest: Bool, _ mirrored: [(String, String)]
    ) async throws(Failure) -> JSONTree? {
        var fields = self.fields
        for (name, value) in message.fields { fields.set(name, value) }
        for (name, value) in mirrored { fields.set(name, value) }
        var request = ClientRequest(.post, url, fields: fields, body: .bytes(Array(body.utf8)))
        request.decodes = true
        request.timeout = timeout
        do {
            let response = try await http.execute(request)
            guard isRequest else {
                response.cancel()
                return nil
            }
            if response.status == 401 || response.status == 403 {
                response.cancel()
                throw Failure(description: "\(url): \(Self.refusal(response))", status: response.status)
            }
            let type = response.fields.first("content-type")?.lowercased() ?? ""
            if type.hasPrefix("text/event-stream") { return try await answer(inEventsOf: response) }
            return try answer(in: try await response.collect(upTo: Self.limit), status: response.status)
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure(description: "\(url): \(error)")
        }
    }

    /// What a server says that wants a token or a key.
    private static func refusal(_ response: ClientResponse) -> String {
        let challenge = response.fields.values("www-authenticate").joined(separator: ", ")
        var text = "status \(response.status), "
        text +=
            challenge.lowercased().contains("bearer")
            ? "the server wants a token: --header 'authorization=Bearer TOKEN'"
            : "the server wants a key or a token: --header x-functions-key=KEY, or --header 'authorization=Bearer TOKEN'"
        if let start = challenge.firstRange(of: "resource_metadata=") {
            let value = challenge[start.upperBound...].drop { $0 == "\"" }.prefix {
                $0 != "\"" && $0 != "," && $0 != " "
            }
            text += "; who issues tokens is written at \(value)"
        } else if !challenge.isEmpty {
            text += " (\(challenge.prefix(200)))"
        }
        return text
    }

    /// The largest answer in bytes.
    private static let limit = 64 << 20

    private func answer(in body: [UInt8], status: Int) throws(Failure) -> JSONTree {
        if let tree = try? JSONTree.parse(body.span.bytes), tree["result"] != nil || tree["error"] != nil {
            return tree
        }
        let text = String(decoding: body.prefix(200), as: UTF8.self)
        let words = text.isEmpty ? "" : ": \(text)"
        throw Failure(
            description: "\(url) is no MCP server: it answers with status \(status) and no message\(words)",
            status: status)
    }

    /// Reads events up to the answer. What comes before it is a notification, or a question, which this client does not
    /// answer.
    private func answer(inEventsOf response: ClientResponse) async throws -> JSONTree {
        var reader = EventReader(limit: Self.limit)
        while let piece = try await response.next() {
            for event in try reader.read(piece) {
                let bytes = Array(event.data.utf8)
                guard let tree = try? JSONTree.parse(bytes.span.bytes) else { continue }
                if tree["method"] != nil {
                    notified(tree)
                } else {
                    response.cancel()
                    return tree
                }
            }
        }
        throw Failure(description: "\(url): the events ended before the answer")
    }
}
