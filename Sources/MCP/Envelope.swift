/// What every request of the modern revision says about its client in `params._meta` (mcp-contract §5).
enum Envelope {
    /// What is wrong with the envelope of a request; nil if nothing is.
    static func fault(in message: Message) -> String? {
        let key = "params._meta[\"io.modelcontextprotocol/"
        guard let meta = message[.meta] else { return "params._meta is missing" }
        guard meta.kind == .object else { return "params._meta must be an object" }
        guard let version = message[.metaProtocolVersion] else { return "\(key)protocolVersion\"] is missing" }
        guard version.kind == .string else { return "\(key)protocolVersion\"] must be a string" }
        guard let capabilities = message[.metaCapabilities] else {
            return "\(key)clientCapabilities\"] is missing"
        }
        guard capabilities.kind == .object else { return "\(key)clientCapabilities\"] must be an object" }
        if let level = message[.metaLogLevel], level.string.flatMap(LoggingLevel.init(rawValue:)) == nil {
            return "\(key)logLevel\"] must be one of \(LoggingLevel.listed)"
        }
        return nil
    }
}
