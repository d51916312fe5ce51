import TestSupport
import Testing

@testable import FunctionsModel

@Suite struct RouterTests {
    /// A route, a path, and the values it gives, or nil if it does not match.
    @Test(
        arguments: [
            ("orders", "/orders", ""),
            ("orders", "/Orders/", ""),
            ("orders", "/orders//", nil),
            ("orders", "/order", nil),
            ("orders", "/orders/1", nil),
            ("orders", "/", nil),
            ("", "/", ""),
            ("", "/x", nil),
            ("Café", "/caf%C3%89", ""),
            ("straße", "/STRASSE", nil),
            ("kilo", "/%E2%84%AAilo", nil),
            ("{{x}}", "/%7Bx%7D", ""),
            ("orders/{id}", "/ORDERS/AbC", "id=AbC"),
            ("orders/{id}", "/orders/", nil),
            ("orders/{id}", "/orders//", nil),
            ("orders/{id}/items", "/orders//items", nil),
            ("orders/{id}", "/orders/a%20b%2Fc", "id=a b%2Fc"),
            ("orders/{id}", "/orders/%C3%A9", "id=é"),
            ("orders/{id?}", "/orders", "id"),
            ("orders/{id?}", "/orders/", "id"),
            ("orders/{id?}", "/orders/5", "id=5"),
            ("{a}/{b?}/{c=7}", "/x", "a=x b c=7"),
            ("{a}/{b?}/{c=7}", "/x/y", "a=x b=y c=7"),
            ("{a}/{b?}/{c=7}", "/x/y/z", "a=x b=y c=z"),
            ("{a}/{b?}/{c=7}", "/", nil),
            ("{a=1}/{b=2}", "/", "a=1 b=2"),
            ("{a?}/b", "/b", nil),
            ("{a=5}/b", "/b", nil),
            ("{a=}/{*b}", "/", "a= b"),
            ("files/{*rest}", "/files", "rest"),
            ("files/{*rest}", "/files/", "rest"),
            ("files/{*rest}", "/files/a/b//c/", "rest=a/b//c/"),
            ("files/{*rest}", "/files//a", nil),
            ("files/{*rest=x}", "/files", "rest=x"),
            ("files/{**rest}", "/files/a/B", "rest=a/B"),
            ("{*all}", "/", "all"),
            ("{*all}", "/a%2Fb/%C3%A9", "all=a%2Fb/é"),
            ("a/{b?}/{*c}", "/a", "b c"),
            ("a/{b?}/{*c}", "/a/x/y/z", "b=x c=y/z"),
            ("{name}.{ext}", "/a.b.c", "name=a.b ext=c"),
            ("{name}.{ext}", "/a", nil),
            ("{name}.{ext}", "/.a", nil),
            ("{name}.{ext}", "/a.", nil),
            ("{name}.{ext?}", "/a", "name=a ext"),
            ("{name}.{ext?}", "/a.b", "name=a ext=b"),
            ("{name}.{ext?}", "/a.b.c", "name=a.b ext=c"),
            ("{name}.{ext?}", "/a.", nil),
            ("{name}.{ext?}", "/a.b.", "name=a ext=b."),
            (".{ext?}", "/x", nil),
            (".{ext?}", "/.x", "ext=x"),
            ("v{version}-{x}", "/V1.2-beta-3", "version=1.2-beta x=3"),
            ("v{version}-{x}", "/v-", nil),
            ("v{version}-{x}", "/w1-2", nil),
            ("a{x}b", "/aab", "x=a"),
            ("a{x}b", "/b", nil),
            ("a{x}b", "/ab", nil),
            ("a{x}b", "/xaybz", nil),
            ("{x}É", "/a%C3%A9", "x=a"),
            ("{x}É{y}", "/a%C3%A9%C3%A9", "x=a y=é"),
            ("{x}a", "/%C3%A9%C3%A9a", "x=éé"),
            ("{id:int}", "/5", "id=5"),
            ("{id:int}", "/x", nil),
            ("{id:int}", "/%205", "id= 5"),
            ("{id:int:min(3)}", "/2", nil),
            ("{id:int?}", "/", "id"),
            ("{id:int?}", "/x", nil),
            ("{id:int=5}", "/", "id=5"),
            ("{id:int=x}", "/", nil),
            ("{id:int=x}", "/7", "id=7"),
            ("{*rest:minlength(3)}", "/", nil),
            ("{*rest:minlength(3)}", "/a/b", "rest=a/b"),
            ("{*rest:int=5}", "/", "rest=5"),
            ("{name:alpha}.{ext:maxlength(3)?}", "/a.txt", "name=a ext=txt"),
            ("{name:alpha}.{ext:maxlength(3)?}", "/a", "name=a ext"),
            ("{name:alpha}.{ext:maxlength(3)?}", "/a.html", nil),
            (#"{x:regex(^\d{{2}}$)}"#, "/12", "x=12"),
            (#"{x:regex(^\d{{2}}$)}"#, "/123", nil),
        ] as [(String, String, String?)])
    func `a path matches as in ASP.NET Core`(_ route: String, _ path: String, _ values: String?) throws {
        let router = Router([Router.Route(template: try RouteTemplate(route), methods: nil, function: "f")])
        #expect(text(router.match(method: "GET", path: path)) == values)
    }

    /// A path, and its text after the first slash as Kestrel passes it to routing.
    @Test(
        arguments: [
            ("/a/b", "a/b"),
            ("/a%2fb/%2F", "a%2fb/%2F"),
            ("/%61%7e", "a~"),
            ("/a+b", "a+b"),
            ("/%zz/%4/%/%4", "%zz/%4/%/%4"),
            ("/%C3%A9%E2%82%AC%F0%9F%98%80", "é€😀"),
            ("/%C3%41", "%C3A"),
            ("/%C3", "%C3"),
            ("/%E2%82/x", "%E2%82/x"),
            ("/%E2%82%41", "%E2%82A"),
            ("/%C0%AF/%ED%A0%80/%F8%88%80%80", "%C0%AF/%ED%A0%80/%F8%88%80%80"),
            ("/%F4%90%80%80/%A9", "%F4%90%80%80/%A9"),
            ("/%C3%2F", "%C3%2F"),
            ("/%2541", "%41"),
            ("/a/./b", "a/b"),
            ("/a/../b", "b"),
            ("/a/%2e%2E/b/%2e", "b/"),
            ("/../../a", "a"),
            ("/a/..", nil),
            ("/a/b/..", "a/"),
            ("/a/b/.", "a/b/"),
            ("/a//../b", "a/b"),
            ("/.a/..b/c./...", ".a/..b/c./..."),
            ("/..%2Fa", "..%2Fa"),
            ("/a\\..\\b", "a\\..\\b"),
        ] as [(String, String?)])
    func `a path is decoded as Kestrel does it`(_ path: String, _ rest: String?) throws {
        let router = Router([Router.Route(template: try RouteTemplate("{*all}"), methods: nil, function: "f")])
        guard case .found(let match) = router.match(method: "GET", path: path) else {
            return #expect(Bool(false), "not found")
        }
        #expect(match.parameters[0].value == rest)
    }

    @Test(arguments: ["/a%00", "/a\0", "/é", "", "*", "http://localhost/a", "a"])
    func `Kestrel refuses some paths`(_ path: String) throws {
        let router = Router([Router.Route(template: try RouteTemplate("{*all}"), methods: nil, function: "f")])
        guard case .bad = router.match(method: "GET", path: path) else { return #expect(Bool(false), "not refused") }
    }

    /// Routes in their order, a path, and the route that matches.
    @Test(arguments: [
        (["{*all}", "items"], "/items", 0),
        (["items", "{*all}"], "/items", 0),
        (["items", "{*all}"], "/other", 1),
        (["{id}", "items"], "/items", 0),
        (["a/{x}/c", "{x}/b/c", "a/b/c"], "/a/b/c", 0),
        (["{x}/b/c", "a/{x}/c", "a/b/c"], "/a/b/c", 0),
        (["a/b/d", "{x}/{y}/c", "a/b/c", "a/b/{z}"], "/a/b/c", 1),
        (["a/b/d", "{x}/{y}/c", "a/b/{z}"], "/a/b/d", 0),
        (["{id:int}", "{id:alpha}", "{id:guid}", "{id}"], "/5", 0),
        (["{id:int}", "{id:alpha}", "{id:guid}", "{id}"], "/x", 1),
        (["{id:int}", "{id:alpha}", "{id:guid}", "{id}"], "/x-5", 3),
        (["{id:int}/a", "{id:alpha}/b", "{id}/a"], "/x/a", 2),
        (["{name}.{ext}", "{id}"], "/a", 1),
        (["{name}.{ext}", "{id}"], "/a.b", 0),
        (["a/{b?}", "a"], "/a", 0),
        (["a", "a/{b?}"], "/a/", 0),
        (["a/{*b}", "a"], "/a", 0),
        (["a/b/{*c}", "a/{*b}", "{*a}"], "/a/c/b", 1),
        (["A", "a"], "/a", 0),
    ])
    func `the first route that matches gets the request`(_ routes: [String], _ path: String, _ index: Int) throws {
        let router = Router(
            try routes.map { Router.Route(template: try RouteTemplate($0), methods: nil, function: $0) })
        guard case .found(let match) = router.match(method: "GET", path: path) else {
            return #expect(Bool(false), "not found")
        }
        #expect(match.index == index)
        #expect(match.function == routes[index])
    }

    @Test(
        arguments: [
            ("GET", "/items", 0), ("POST", "/items", 1), ("post", "/items", 1), ("PUT", "/items", 3),
            ("PUT", "/other", nil),
            ("GET", "/items/5", nil), ("DELETE", "/items", 2), ("PATCH", "/other", 4),
        ] as [(String, String, Int?)])
    func `a wrong method leaves the request to the next route`(_ method: String, _ path: String, _ index: Int?) throws {
        let routes: [(String, Set<String>?)] = [
            ("items", ["GET"]), ("items", ["POST", "GET"]), ("{x:alpha}", ["DELETE", "POST"]), ("items", nil),
            ("{*all}", ["PATCH"]),
        ]
        let router = Router(
            try routes.map { Router.Route(template: try RouteTemplate($0.0), methods: $0.1, function: "f") })
        switch router.match(method: method, path: path) {
        case .found(let match): #expect(match.index == index)
        case .notFound: #expect(index == nil)
        case .failed, .bad: #expect(Bool(false), "refused")
        }
    }

    @Test func `a router without routes finds nothing`() {
        guard case .notFound = Router([]).match(method: "GET", path: "/") else { return #expect(Bool(false), "found") }
    }

    /// A linear search over all routes must find the same.
    @Test func `the index finds what trying all routes in turn finds`() throws {
        var numbers = Numbers(state: 42)
        let pieces = ["a", "b", "{x}", "{x:int}", "{x?}", "{x=1}", "a{x}", "{*x}", "A"]
        for _ in 0..<200 {
            let templates = (0..<12).compactMap { _ -> RouteTemplate? in
                let parts = (0..<Int.random(in: 0..<4, using: &numbers)).map { position in
                    (pieces.randomElement(using: &numbers) ?? "").replacing("x", with: "x\(position)")
                }
                return try? RouteTemplate(parts.joined(separator: "/"))
            }
            let all = Router(templates.map { Router.Route(template: $0, methods: nil, function: "f") })
            let each = templates.map { Router([Router.Route(template: $0, methods: nil, function: "f")]) }
            for _ in 0..<50 {
                let parts = (0..<Int.random(in: 0..<5, using: &numbers)).map { _ in
                    ["a", "b", "1", "ab", ""].randomElement(using: &numbers) ?? ""
                }
                let path = "/" + parts.joined(separator: "/")
                let expected = each.firstIndex { text($0.match(method: "GET", path: path)) != nil }
                guard case .found(let match) = all.match(method: "GET", path: path) else {
                    #expect(expected == nil, "\(path) in \(templates.map(\.text))")
                    continue
                }
                #expect(match.index == expected, "\(path) in \(templates.map(\.text))")
            }
        }
    }

    @Test func `10,000 routes are matched with as little work as 10`() throws {
        let few = try Self.router(10)
        let many = try Self.router(10_000)
        for number in 0..<10 {
            let path = "/api/function\(number * 7919 % 10_000)/42/items"
            let fewPath = "/api/function\(number)/42/items"
            #expect(text(many.match(method: "GET", path: path)) != nil)
            #expect(many.work(method: "GET", path: path) == few.work(method: "GET", path: fewPath))
        }
    }

    @Test func `a long path is matched with work that grows with its length only`() throws {
        // There are a literal and a parameter at each depth, so a naive search would try 2^12 combinations.
        let routes = (0..<4096).map { bits in
            (0..<12).map { bits >> $0 & 1 == 1 ? "a" : "{p\($0)}" }.joined(separator: "/") + "/z"
        }
        let router = Router(
            try routes.map { Router.Route(template: try RouteTemplate($0), methods: nil, function: "f") })
        let path = String(repeating: "/a", count: 12)
        #expect(text(router.match(method: "GET", path: path + "/y")) == nil)
        // Each node is visited at most once. An exponential search would take 4,096 times as much work.
        #expect(router.work(method: "GET", path: path + "/y") <= 8_191)
        #expect(text(router.match(method: "GET", path: String(repeating: "/a", count: 10_000))) == nil)
    }

    @Test func `a pattern that gives up lets the next route match, and this is reported once`() throws {
        let routes = ["{name:regex(^(a+)+$)}/{other:regex(b)}", "{name}/b", "{x:regex(c)}"]
        let router = Router(
            try routes.enumerated().map {
                Router.Route(template: try RouteTemplate($1), methods: nil, function: "f\($0)")
            })
        let path = "/" + String(repeating: "a", count: 40) + "!/b"
        var warnings: [String] = []
        for _ in 0..<3 {
            guard case .found(let match) = router.match(method: "GET", path: path, warn: { warnings.append($0) }) else {
                return #expect(Bool(false), "no match")
            }
            #expect(match.function == "f1")
        }
        #expect(
            warnings == [
                "function 'f0': the constraint regex(^(a+)+$) takes too many steps for some values and does not "
                    + "match them; write it so that no repetition repeats another, as (a+)+ does, and let it begin with "
                    + "'^'"
            ])
        #expect(text(router.match(method: "GET", path: "/aaa/b")) == "name=aaa other=b")
    }

    @Test func `a pattern that .NET cannot read fails the requests that reach it, and no others`() throws {
        let routes = ["a", "{x:int}/{y:regex(a++)}", "{x}/b", "{x:regex(a++)}"]
        let router = Router(
            try routes.enumerated().map {
                Router.Route(template: try RouteTemplate($1), methods: nil, function: "f\($0)")
            })
        #expect(text(router.match(method: "GET", path: "/a")) == "")
        #expect(text(router.match(method: "GET", path: "/x/b")) == "x=x")
        guard case .failed(let function, let reason) = router.match(method: "GET", path: "/5/b") else {
            return #expect(Bool(false), "not failed")
        }
        #expect(function == "f1")
        #expect(
            reason
                == ".NET cannot read the pattern 'a++': a repetition follows the repetition '+'. The host loads such a "
                + "route, but answers 500 to every request that reaches it")
    }

    private static func router(_ count: Int) throws -> Router {
        Router(
            try (0..<count).map {
                Router.Route(
                    template: try RouteTemplate("function\($0)/{id}/items", prefix: "api"), methods: ["GET", "POST"],
                    function: "function\($0)")
            })
    }

    /// `name=value` for each parameter, the name alone if it has no value.
    private func text(_ answer: Router.Answer) -> String? {
        guard case .found(let match) = answer else { return nil }
        return match.parameters.map { parameter in parameter.name + (parameter.value.map { "=" + $0 } ?? "") }
            .joined(separator: " ")
    }
}
