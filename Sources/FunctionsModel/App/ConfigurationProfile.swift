import JSON

/// A set of defaults that host.json names in `configurationProfile`, for a handler that is a whole server
/// (host-contract §17).
enum ConfigurationProfile: String, CaseIterable {
    case normal = "default"
    case mcpServer = "mcp-custom-handler"
    case webApp = "web-app-custom-handler"

    /// The profile of a host.json; nil if it names one that the host does not know.
    init?(of host: JSONTree) {
        guard let written = host.member(anyCase: "configurationProfile"), written.configured != "" else {
            self = .normal
            return
        }
        self.init(rawValue: written.string?.lowercased() ?? "")
    }

    /// The values for keys that host.json and the settings leave out.
    ///
    /// - Parameter line: where host.json names the profile.
    fileprivate func defaults(_ line: Int) -> [(path: [Substring], value: JSONTree.Value)] {
        guard self != .normal else { return [] }
        let route = JSONTree(
            .object([.init(name: "route", tree: JSONTree(.string("{*route}"), line: line))]), line: line)
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
        let written = member(anyCase: "configurationProfile")
        guard let profile = ConfigurationProfile(of: self) else {
            let known = ConfigurationProfile.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
            throw Problem(
                "host.json", at: written?.place,
                "Configuration profile '\(written?.string ?? written?.text ?? "")' is not supported; write one of \(known)"
            )
        }
        return profile.defaults(written?.line ?? 1).reduce(self) { tree, entry in
            let present = entry.path.reduce(tree as JSONTree?) { $0?.member(anyCase: String($1)) }
            return present == nil ? tree.setting(entry.path[...], to: entry.value) : tree
        }
    }
}
