import JSON
import TestSupport
import Testing

@testable import FunctionsModel

/// Templates, paths and values through a real Kestrel and a real route of ASP.NET Core (golden/dotnet/routes).
@Suite struct RouteRowTests {
    @Test func `every path matches as in ASP.NET Core`() throws {
        var tally = GoldenTally("dotnet/routes")
        for row in try Golden.rows("dotnet/routes") {
            let text = try #require(row["template"]?.string)
            do throws(RouteTemplateError) {
                let template = try RouteTemplate(text, prefix: "api")
                let router = Router([Router.Route(template: template, methods: nil, function: "f")])
                guard row["error"] == nil else {
                    tally.count(text, difference: "is read, but ASP.NET Core refuses it: \(row["inner"]?.string ?? "")")
                    continue
                }
                for path in row["paths"]?.elements ?? [] {
                    let target = "/api/" + (path["path"]?.string ?? "")
                    tally.count("\(text) \(target)", difference: difference(router, target, path))
                }
            } catch {
                tally.count(text, difference: row["error"] == nil ? "is refused: \(error)" : nil)
            }
        }
        tally.report()
    }

    private func difference(_ router: Router, _ target: String, _ row: JSONTree) -> String? {
        let path = String(target.prefix { $0 != "?" })
        let got =
            switch router.match(method: "GET", path: path) {
            case .found(let match):
                "\(match.parameters.map { "\($0.name)=\($0.value ?? "null")" }.sorted())"
            case .notFound: "no match"
            case .failed: "500"
            case .bad: "400"
            }
        let expected =
            if row["match"]?.boolean == true {
                "\((row["params"]?.members ?? []).map { "\($0.name)=\($0.tree.string ?? "null")" }.sorted())"
            } else if row["throws"] != nil {
                "500"
            } else {
                row["status"]?.text ?? "no match"
            }
        return got == expected ? nil : "\(got) instead of \(expected)"
    }
}
