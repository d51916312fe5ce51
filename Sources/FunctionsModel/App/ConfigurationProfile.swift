import JSON

/// A set of defaults that host.json names in `configurationProfile`, for a handler that is a whole server
/// (host-contract §17).
enum ConfigurationProfile: String, CaseIterable {
    case normal = "default"
    case mcpServer = "mcp-custom-handler"
    case webApp = "web-app-custom-handler"

    /// The values for keys that host.json and the settings leave out.
    fileprivate var defaults: [(path: [Substring], value: JSONTree.Value)] {
        guard self != .normal else { return [] }
        let route = JSONTree(.object([.init(name: "route", tree: JSONTree(.string("{*route}"), line: 1))]), line: 1)
        return [
            (["customHandler", "enableProxyingHttpRequest"], .boolean(true)),
            (["extensions", "http", "routePrefix"], .string("")),
            (["customHandler", "http", "routes"], .array([route])),
        ]
    }
}

extension JSONTree {
    /// Returns this tree with the defaults of its profile. Throws for a profile that the host does not know.
    func withProfile() throws(Problem) -> JSONTree {
        guard let written = member(anyCase: "configurationProfile"), written.configured != "" else { return self }
        guard let profile = written.string.flatMap({ ConfigurationProfile(rawValue: $0.lowercased()) }) else {
            let known = ConfigurationProfile.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
            throw Problem(
                "host.json", at: written.place,
                "Configuration profile '\(written.string ?? written.text)' is not supported; write one of \(known)")
        }
        return profile.defaults.reduce(self) { tree, entry in
            let present = entry.path.reduce(tree as JSONTree?) { $0?.member(anyCase: String($1)) }
            return present == nil ? tree.setting(entry.path[...], to: entry.value) : tree
        }
    }
}
