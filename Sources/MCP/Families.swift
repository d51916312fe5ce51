/// The families of methods that a server offers.
package struct Families: OptionSet, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    package static let tools = Families(rawValue: 1)
    package static let resources = Families(rawValue: 2)
    package static let prompts = Families(rawValue: 4)
    package static let completions = Families(rawValue: 8)
    package static let logging = Families(rawValue: 16)
    /// The server tells who listens about changes.
    package static let subscriptions = Families(rawValue: 32)

    /// Whether a server with these families has a method in this revision (mcp-contract §7).
    package func have(_ method: String, in revision: Revision) -> Bool {
        switch method {
        case "tools/list", "tools/call": contains(.tools)
        case "resources/list", "resources/templates/list", "resources/read": contains(.resources)
        case "prompts/list", "prompts/get": contains(.prompts)
        case "completion/complete": contains(.completions)
        case "initialize", "ping": !revision.isModern
        case "logging/setLevel": !revision.isModern && contains(.logging)
        case "resources/subscribe", "resources/unsubscribe":
            !revision.isModern && contains([.resources, .subscriptions])
        case "server/discover": revision.isModern
        case "subscriptions/listen": revision.isModern && contains(.subscriptions)
        default: false
        }
    }
}
