import FunctionsModel
import TestSupport
import Testing

/// Functions whose requests go to another one.
@Suite struct RouteFindingsTests {
    /// - Parameter routes: by function, perhaps with its methods: `order` or `order get,post`.
    private func findings(_ routes: [String: String]) throws -> [String] {
        var files: [String: String] = [:]
        for (name, text) in routes {
            let parts = text.split(separator: " ")
            let methods =
                parts.count > 1
                ? ", \"methods\": [\(parts[1].split(separator: ",").map { "\"\($0)\"" }.joined(separator: ","))]" : ""
            files["\(name)/function.json"] =
                "{ \"bindings\": [ { \"name\": \"r\", \"type\": \"httpTrigger\", \"route\": \"\(parts[0])\"\(methods) } ] }"
            files["\(name)/handler.lua"] = ""
        }
        return try JSONFindingsTests.findings(files).map {
            $0.split(separator: " ").prefix(3).joined(separator: " ")
        }
    }

    @Test(
        arguments: [
            (["blog": "{slug}", "contact": "page"], ["error route-shadowed contact/function.json:1:64"]),
            // The specific function comes first.
            (["about": "page", "blog": "{slug}"], []),
            (
                ["a": "{*all}", "b": "x/{id}/y", "c": "z"],
                ["error route-shadowed b/function.json:1:64", "error route-shadowed c/function.json:1:64"]
            ),
            (["a": "orders/{id}", "b": "orders/{name}"], ["error route-shadowed b/function.json:1:64"]),
            (["a": "orders/{id:int}", "b": "orders/{name}"], []),
            (["a": "orders/{name}", "b": "orders/{id:int}"], ["error route-shadowed b/function.json:1:64"]),
            (["a": "orders/{name}", "b": "orders/{id:int}/x"], []), (["a": "{x}.{y}", "b": "{z}"], []),
            (["a": "orders/{id:int}", "b": "orders/7"], ["error route-shadowed b/function.json:1:64"]),
            (["a": "orders/{id:int}", "b": "orders/new"], []),
            (["a": "{slug} get", "b": "page"], ["warning route-shadowed b/function.json:1:64"]),
            (["a": "{slug} get", "b": "page post"], []),
            (["a": "{slug} get", "b": "page get,post"], ["warning route-shadowed b/function.json:1:64"]),
            (["a": "{slug} get", "b": "page get"], ["error route-shadowed b/function.json:1:64"]),
            (["a": "{x}/{y}", "b": "{x}/{y?}"], []),
            (["a": "{x}/{y?}", "b": "{x}"], ["error route-shadowed b/function.json:1:64"]),
            (["a": "p/{*rest}", "b": "{*all}"], []),
            (["a": "{*all}", "b": "p/{*rest}"], ["error route-shadowed b/function.json:1:64"]),
            (["a": "x", "b": "X/"], ["error route-conflict b/function.json:1:64"]),
        ] as [([String: String], [String])])
    func `a route behind another is reported in the host's order`(_ routes: [String: String], _ expected: [String])
        throws
    {
        let found = try findings(routes)
        #expect(found == expected, "\(routes)")
    }

    @Test(arguments: [
        ("orders/{id}", "Orders/{name}", "change the route or the methods of one of them"),
        ("{slug}", "page", "give 'b' a name before 'a', or narrow the other route, as {id:int} does"),
        ("{x}/{y?}", "{x}", "give 'b' a name before 'a', or narrow the other route, as {id:int} does"),
    ])
    func `a new name does not help where two routes are equal`(_ first: String, _ second: String, _ remedy: String)
        throws
    {
        var files: [String: String] = [:]
        for (name, route) in ["a": first, "b": second] {
            files["\(name)/function.json"] =
                "{ \"bindings\": [ { \"name\": \"r\", \"type\": \"httpTrigger\", \"route\": \"\(route)\" } ] }"
            files["\(name)/handler.lua"] = ""
        }
        let found = try JSONFindingsTests.findings(files)
        #expect(found.count == 1 && found[0].hasSuffix("; \(remedy)"), "\(found)")
    }
}
