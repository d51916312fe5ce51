import FunctionsModel
import HTTP
import HTTP1
import JSON
import TestSupport
import Testing

@testable import DevHost

/// Query strings through a real Kestrel and the host (golden/dotnet/query).
@Suite struct QueryRowTests {
    private static let trigger = TriggerBinding(function: "f", name: "req")

    @Test func `every query is read, joined and forwarded as in .NET`() throws {
        try Golden.compare("dotnet/query", key: { $0["in"]?.string ?? "" }) { row in
            let query = row["in"]?.string ?? ""
            if row["status"] != nil {
                let request = try? HTTPRequest(target: "/api/f?\(query)")
                return request?.hasPlainTarget == true ? "is not refused" : nil
            }
            let request = HTTPTriggerRequest(method: "GET", url: "http://localhost/api/f", query: query, headers: [])
            guard case .json(let value) = request.payload(for: Self.trigger).value else { return "no request" }
            let forwarded = ForwardedQuery.text(query)
            let last = HTTPQuery.values(in: query).entries.map { "\($0.name)=\($0.value.last ?? "")" }.sorted()
            for (name, got, expected) in [
                ("Query", "\(members(value.member(anyCase: "Query")))", "\(members(row["query"]))"),
                ("last", "\(last)", "\(members(row["last"]))"),
                ("Url", value.member(anyCase: "Url")?.string, row["url"]?.string),
                ("forwarded", forwarded.isEmpty ? "" : "?" + forwarded, row["forward"]?.string),
            ] where got != expected {
                return "\(name) is \(got ?? "") instead of \(expected ?? "")"
            }
            return nil
        }
    }

    private func members(_ tree: JSONTree?) -> [String] {
        (tree?.members ?? []).map { "\($0.name)=\($0.tree.string ?? "")" }.sorted()
    }

    private func members(_ value: NewtonsoftValue?) -> [String] {
        (value?.members ?? []).map { "\($0.name)=\($0.value.string ?? "")" }.sorted()
    }
}
