/// What a server lets in.
package struct Rules: Sendable {
    package var hosts: AllowList
    package var origins: AllowList
    package var families: Families
    package var bodyLimit: Int
    /// Serves the older revisions only, whatever a request says: for a connection that has begun with one of them.
    package var isLegacyOnly: Bool

    package init(
        hosts: AllowList = .loopback, origins: AllowList = .loopback, families: Families, bodyLimit: Int = 4 << 20,
        isLegacyOnly: Bool = false
    ) {
        self.hosts = hosts
        self.origins = origins
        self.families = families
        self.bodyLimit = bodyLimit
        self.isLegacyOnly = isLegacyOnly
    }
}
