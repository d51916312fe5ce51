import HTTP
import HTTP1

/// The headers of a caller's request in the order in which Kestrel lists them: those that it knows, under its own
/// spelling, then the others as they came.
struct CallerFields {
    struct Field {
        let name: String
        var values: [[UInt8]]
    }

    private(set) var fields: [Field] = []

    init(_ request: HTTPRequest) {
        request.fields.forEachBytes { name, value in
            let name = String(decoding: name.withUnsafeBytes { Array($0) }, as: UTF8.self)
            add(name, value.withUnsafeBytes { Array($0) })
        }
        let known = Self.known.compactMap { name in
            self[name].map { Field(name: name, values: $0.values) }
        }
        let names = Set(Self.known.map { $0.lowercased() })
        fields = known + fields.filter { !names.contains($0.name.lowercased()) }
    }

    subscript(name: String) -> Field? { place(of: name).map { fields[$0] } }

    private func place(of name: String) -> Int? {
        let name = name.lowercased()
        return fields.firstIndex { $0.name.lowercased() == name }
    }

    /// Adds a value to those of its name.
    mutating func add(_ name: String, _ value: [UInt8]) {
        if let place = place(of: name) {
            fields[place].values.append(value)
        } else {
            fields.append(Field(name: name, values: [value]))
        }
    }

    mutating func remove(_ names: [String]) { fields.removeAll { names.contains($0.name.lowercased()) } }

    /// One line for each name, as .NET writes values that belong together.
    var lines: HTTPFields {
        fields.reduce(into: HTTPFields()) { lines, field in
            let separator =
                switch field.name.lowercased() {
                case "user-agent": " "
                case "cookie": "; "
                default: ", "
                }
            lines.add(field.name, bytes: Array(field.values.joined(separator: separator.utf8)))
        }
    }

    private static let known = [
        "Accept", "Connection", "Host", "User-Agent", "Accept-Charset", "Accept-Encoding", "Accept-Language",
        "Access-Control-Request-Headers", "Access-Control-Request-Method", "Authorization", "baggage", "Cache-Control",
        "Content-Type", "Cookie", "Correlation-Context", "Date", "Expect", "From", "Grpc-Accept-Encoding",
        "Grpc-Encoding", "Grpc-Timeout", "If-Match", "If-Modified-Since", "If-None-Match", "If-Range",
        "If-Unmodified-Since", "Keep-Alive", "Max-Forwards", "Origin", "Pragma", "Proxy-Authorization", "Range",
        "Referer", "Request-Id", "TE", "traceparent", "tracestate", "Transfer-Encoding", "Translate", "Upgrade",
        "Upgrade-Insecure-Requests", "Via", "Warning", "Content-Length",
    ]
}
