/// What an MCP server of the app offers.
public struct MCPOffer: Sendable, Equatable {
    public struct Family: Sendable, Equatable {
        /// `tools`, `resources`, `templates` or `prompts`
        public let name: String
        /// Names, or for resources their URIs.
        public let entries: [String]
    }

    public let function: String
    public let families: [Family]
    /// Why the server has not told its families; nil if it has.
    public var problem: String?
}
