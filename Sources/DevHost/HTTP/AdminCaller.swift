import EventLoop
import HTTP

/// Decides which callers may use the admin API when it requires no keys. Programs on this machine and its network may,
/// but web pages of other sites may not. Such a page could fire functions and, under a host name that resolves to this
/// machine, even write and run functions.
struct AdminCaller {
    /// The reason why the caller is refused; nil if it is admitted.
    let refusal: String?

    /// - Parameter bind: the address or the name that the host listens on.
    init(_ request: HTTPRequest, bind: String, scheme: String = "http") {
        let host = request.host ?? ""
        let origin = request.first("origin")
        let site = request.first("sec-fetch-site") ?? "none"
        refusal =
            if !Self.isLocal(host, bind: bind) {
                "the admin API is not available under the name '\(host)': use localhost or an address, or start with --auth"
            } else if let origin, origin != "\(scheme)://\(host)" {
                "the admin API rejects requests from web pages of \(origin): start with --auth and send a key"
            } else if !["none", "same-origin"].contains(site) {
                "the admin API rejects requests from web pages of other sites: start with --auth and send a key"
            } else {
                nil
            }
    }

    /// Whether the host is a name that no other site can make resolve to this machine.
    private static func isLocal(_ host: String, bind: String) -> Bool {
        let isBracketed = host.hasPrefix("[")
        let name = isBracketed ? host.dropFirst().prefix { $0 != "]" } : host.prefix { $0 != ":" }
        return name.lowercased() == "localhost" || name.lowercased() == bind.lowercased() || IPAddress(name) != nil
    }
}
