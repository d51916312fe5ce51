import EventLoop
import HTTP

/// Decides who may call the admin API when it requires no keys: programs of this machine and its network, but no page
/// of another site in somebody's browser. Such a page could fire functions and, under a name that it makes resolve to
/// this machine, write and run them.
struct AdminCaller {
    /// Why the caller is refused; nil if it may call.
    let refusal: String?

    /// - Parameter bind: the address or the name that the host listens on.
    init(_ request: HTTPRequest, bind: String) {
        let host = request.host ?? ""
        let origin = request.first("origin")
        let site = request.first("sec-fetch-site") ?? "none"
        refusal =
            if !Self.isLocal(host, bind: bind) {
                "the admin API is not there under the name '\(host)': use localhost or an address, or start with --auth"
            } else if let origin, origin != "http://\(host)" {
                "the admin API takes no requests of pages of \(origin): start with --auth and send a key"
            } else if !["none", "same-origin"].contains(site) {
                "the admin API takes no requests of pages of other sites: start with --auth and send a key"
            } else {
                nil
            }
    }

    /// Whether it is a name that no other site can make resolve to this machine.
    private static func isLocal(_ host: String, bind: String) -> Bool {
        let isBracketed = host.hasPrefix("[")
        let name = isBracketed ? host.dropFirst().prefix { $0 != "]" } : host.prefix { $0 != ":" }
        return name.lowercased() == "localhost" || name.lowercased() == bind.lowercased() || IPAddress(name) != nil
    }
}
