import FoundationEssentials
import HTTP1
import JSON
import TestSupport
import Testing

@testable import CustomHandler

/// The query of a caller's own request, as the host would write it in a payload (Tests/Golden/dotnet/query).
@Suite struct QueryRowTests {
    private static let script = """
        local json = require "json"
        return function(data, metadata)
          local req = data.req
          local last = {}
          for name in pairs(req.Query) do last[name] = metadata[name] or metadata.Query[name] end
          return json.encode { query = req.Query, last = last, url = req.Url }
        end
        """

    @Test func `Query and metadata are the same as in a payload, and Url is exact`() async throws {
        let app = try TemporaryApp(["f/function.json": TemporaryApp.httpFunction, "f/handler.lua": Self.script])
        let settings = ["AzureFunctionsJobHost__customHandler__enableProxyingHttpRequest": "true"]
        let handler = try await InProcessHandler(root: app.folder.path, settings: settings)
        let refused = "luafunc refuses the request with 400, because RFC 9112 allows no such character in a target"
        var tally = GoldenTally(
            "dotnet/query, read by luafunc",
            exceptions: ["a=b#c": refused, "k#k=v#v": refused, "a=\u{1}": refused])
        for row in try Golden.rows("dotnet/query") where row["status"] == nil {
            let query = row["in"]?.string ?? ""
            guard let reply = try? await handler.request("/api/f?\(query)") else {
                tally.count(query, difference: "the request cannot be read")
                continue
            }
            guard let shown = try? JSONTree.parse(reply.body.span.bytes) else {
                tally.count(query, difference: reply.text)
                continue
            }
            let differences = ["query", "last", "url"].compactMap { name -> String? in
                let (ours, theirs) = (shown[name]?.sorted ?? "", row[name]?.sorted ?? "")
                return ours == theirs ? nil : "\(name) is \(ours), not \(theirs)"
            }
            tally.count(query, difference: differences.isEmpty ? nil : differences.joined(separator: ", "))
        }
        tally.report()
    }
}

extension JSONTree {
    /// A Lua table has no order.
    fileprivate var sorted: String {
        guard let members else { return text }
        return members.map { "\($0.name)=\($0.tree.text)" }.sorted().joined(separator: "&")
    }
}
