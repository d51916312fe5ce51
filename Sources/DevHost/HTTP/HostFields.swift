import HTTP
import HTTP1

/// The fields of a response that come from the host, and not from the function.
struct HostFields {
    /// The fields for a page of another origin; nil if the host leaves cross-origin requests to the function.
    var cors: HTTPFields?
    /// `extensions.http.customHeaders` of host.json.
    var custom: [String: String] = [:]

    /// Replaces the function's own CORS fields, because a browser refuses a response with two of them, and adds custom
    /// fields that the function has not set.
    func apply(to fields: inout HTTPFields) {
        if let cors {
            for (name, _) in fields where name.lowercased().hasPrefix("access-control-") { fields.remove(name) }
            for (name, value) in cors { fields.add(name, value) }
        }
        for (name, value) in custom.sorted(by: { $0.key < $1.key }) where !fields.contains(name) {
            fields.add(name, value)
        }
    }
}
