import JSON

/// `extensions.http` of host.json, except the prefix of the routes (host-contract §12, §15).
public struct HTTPOptions: Sendable, Equatable {
    /// The number of requests that the functions handle at a time, while others wait; nil for no limit.
    public var maxConcurrentRequests: Int?
    /// The number of requests that are handled or wait; the host refuses further ones. Nil for no limit.
    public var maxOutstandingRequests: Int?
    /// The fields that the host adds to each response that does not have them.
    public var customHeaders: [String: String] = [:]

    public init() {}

    init(_ section: JSONTree?) throws(Problem) {
        maxConcurrentRequests = try Self.limit("maxConcurrentRequests", section)
        maxOutstandingRequests = try Self.limit("maxOutstandingRequests", section)
        for member in section?.member(anyCase: "customHeaders")?.members ?? [] {
            guard let text = member.tree.configured else {
                throw Problem(
                    "host.json", at: member.tree.place,
                    "the custom header \"\(member.name)\" must be a string, not \(member.tree.kind)")
            }
            customHeaders[member.name] = text
        }
    }

    private static func limit(_ name: String, _ section: JSONTree?) throws(Problem) -> Int? {
        guard let tree = section?.member(anyCase: name), tree.configured != "" else { return nil }
        guard let number = tree.configured.flatMap({ Int($0.trimmed) }), number == -1 || 1...Int(Int32.max) ~= number
        else {
            throw Problem(
                "host.json", at: tree.place, "\"\(name)\" must be a number of at least 1, or -1 for no limit")
        }
        return number == -1 ? nil : number
    }
}

/// The names in host.json of what makes the host restart when it changes (host-contract §4.5).
public struct WatchedPaths: Sendable, Equatable {
    /// The names of files, in any folder.
    public var files: [String] = []
    /// The names of folders in the root.
    public var folders: [String] = []

    public init() {}

    init(_ host: JSONTree) throws(Problem) {
        files = try host.texts("watchFiles", "file names") ?? []
        folders = try host.texts("watchDirectories", "folder names") ?? []
    }
}
