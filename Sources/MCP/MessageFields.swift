/// The fields of the HTTP request that carries a message.
enum MessageFields {
    /// - Parameters:
    ///   - name: the name or URI that `Mcp-Name` repeats.
    ///   - version: nil if no revision has been agreed on.
    static func fields(_ method: String, name: String?, version: String?, isModern: Bool) -> [(String, String)] {
        var fields = [("content-type", "application/json"), ("accept", "application/json, text/event-stream")]
        if let version { fields.append(("mcp-protocol-version", version)) }
        guard isModern else { return fields }
        fields.append(("mcp-method", method))
        if nameMember(of: method) != nil, let name { fields.append(("mcp-name", Sentinel.encode(name))) }
        return fields
    }

    /// The member of `params` that `Mcp-Name` repeats.
    static func nameMember(of method: String) -> Message.Member? {
        switch method {
        case "tools/call", "prompts/get": .name
        case "resources/read": .uri
        default: nil
        }
    }
}
