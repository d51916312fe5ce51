internal import JSON

/// A request or notification that a client sends.
package struct ClientMessage: Sendable {
    package typealias Members = [(name: String, json: String)]

    private let method: String
    private let id: Int?
    private let target: String?
    private let params: Members
    private let revision: Revision

    /// - Parameters:
    ///   - id: nil for a notification.
    ///   - target: the name of the tool or prompt, or the URI of the resource.
    ///   - params: the other members of `params`, apart from `_meta`.
    package init(
        _ method: String, id: Int?, target: String? = nil, params: Members = [], revision: Revision
    ) {
        self.method = method
        self.id = id
        self.target = target
        self.params = params
        self.revision = revision
    }

    /// - Parameters:
    ///   - client: the JSON text of an object with the client's name and version.
    ///   - capabilities: the JSON text of an object.
    ///   - meta: other members of `_meta`, such as `progressToken`.
    package func body(client: String, capabilities: String = "{}", meta: Members = []) -> String {
        var meta = meta
        if revision.isModern {
            meta += [
                ("io.modelcontextprotocol/protocolVersion", "\"\(revision.rawValue)\""),
                ("io.modelcontextprotocol/clientInfo", client),
                ("io.modelcontextprotocol/clientCapabilities", capabilities),
            ]
        }
        var params = params
        if let target, let member = MessageFields.nameMember(of: method) {
            params.insert(("\(member)", Self.string(target)), at: 0)
        }
        if !meta.isEmpty { params.append(("_meta", Self.object(meta))) }
        var members: Members = [("jsonrpc", "\"2.0\"")]
        if let id { members.append(("id", String(id))) }
        members.append(("method", Self.string(method)))
        if !params.isEmpty { members.append(("params", Self.object(params))) }
        return Self.object(members)
    }

    /// The fields of the HTTP request that carries the message.
    package var fields: [(String, String)] {
        // Before `initialize` is answered, no revision has been agreed on.
        let version = method == "initialize" ? nil : revision.rawValue
        return MessageFields.fields(method, name: target, version: version, isModern: revision.isModern)
    }

    private static func string(_ text: String) -> String {
        let json = JSONText()
        json.append(string: text)
        return json.text
    }

    private static func object(_ members: Members) -> String {
        let text = JSONText()
        text.append(raw: "{")
        for (index, member) in members.enumerated() {
            if index > 0 { text.append(raw: ",") }
            text.append(string: member.name)
            text.append(raw: ":")
            text.append(raw: member.json)
        }
        text.append(raw: "}")
        return text.text
    }
}
