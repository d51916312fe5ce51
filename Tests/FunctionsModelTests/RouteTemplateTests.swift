import Testing

@testable import FunctionsModel

@Suite struct RouteTemplateTests {
    private static let id = RouteParameter(name: "id", isOptional: false, defaultValue: nil, constraints: [])

    private static func parameter(
        _ name: String, isOptional: Bool = false, defaultValue: String? = nil, _ constraints: [RouteConstraint] = []
    ) -> RouteParameter {
        RouteParameter(name: name, isOptional: isOptional, defaultValue: defaultValue, constraints: constraints)
    }

    @Test(
        arguments: [
            ("", []),
            ("orders", [.literal("orders")]),
            ("orders/", [.literal("orders")]),
            ("orders/{id}/items", [.literal("orders"), .parameter(id), .literal("items")]),
            ("{id?}", [.parameter(parameter("id", isOptional: true))]),
            ("{id=5}", [.parameter(parameter("id", defaultValue: "5"))]),
            ("{id=}", [.parameter(parameter("id", defaultValue: ""))]),
            ("{id=a:b=c}", [.parameter(parameter("id", defaultValue: "a:b=c"))]),
            ("{id:int}", [.parameter(parameter("id", [.int]))]),
            ("{id:INT}", [.parameter(parameter("id", [.int]))]),
            ("{id:int:min(1)}", [.parameter(parameter("id", [.int, .range(1...Int64.max)]))]),
            ("{id::int:}", [.parameter(parameter("id", [.int]))]),
            ("{id:int?}", [.parameter(parameter("id", isOptional: true, [.int]))]),
            ("{id:int=5}", [.parameter(parameter("id", defaultValue: "5", [.int]))]),
            ("{id:max(9)=5}", [.parameter(parameter("id", defaultValue: "5", [.range(Int64.min...9)]))]),
            ("{id:range( 1 , 5 )}", [.parameter(parameter("id", [.range(1...5)]))]),
            ("{id:length(3)}", [.parameter(parameter("id", [.length(3...3)]))]),
            ("{id:length(3,5):alpha}", [.parameter(parameter("id", [.length(3...5), .alpha]))]),
            ("{id:minlength(3):maxlength(5)}", [.parameter(parameter("id", [.length(3...Int.max), .length(0...5)]))]),
            ("files/{*rest}", [.literal("files"), .catchAll(parameter("rest"))]),
            ("files/{**rest}", [.literal("files"), .catchAll(parameter("rest"))]),
            ("files/{*rest=x}", [.literal("files"), .catchAll(parameter("rest", defaultValue: "x"))]),
            (
                "{name}.{ext?}",
                [
                    .mixed([
                        .parameter(parameter("name")), .literal(FoldedText(".")),
                        .parameter(parameter("ext", isOptional: true)),
                    ])
                ]
            ),
            (
                "v{version}-{x}",
                [
                    .mixed([
                        .literal(FoldedText("v")), .parameter(parameter("version")), .literal(FoldedText("-")),
                        .parameter(parameter("x")),
                    ])
                ]
            ),
            ("{{a}}b", [.literal("{a}b")]),
            ("{{{id}", [.mixed([.literal(FoldedText("{")), .parameter(id)])]),
        ] as [(String, [RouteTemplate.Segment])])
    func `a route is read as ASP.NET Core reads it`(_ route: String, _ segments: [RouteTemplate.Segment]) throws {
        #expect(try RouteTemplate(route).segments == segments)
    }

    @Test(arguments: [
        (#"{x:regex(^\d{{3}}-\d{{4}}$)}"#, #"^\d{3}-\d{4}$"#),
        ("{x:regex(^(a|b),c$)}", "^(a|b),c$"),
        ("{x:regex(a:b)}", "a:b"),
        ("{x:regex(a=b)}", "a=b"),
        ("{x:regex((a)(b))}", "(a)(b)"),
        ("{x:regex(a/b)}", "a/b"),
        ("{x:regex(a?)?}", "a?"),
        ("{x:regex()}", ""),
        ("{x:regex(a++)}", "a++"),
        (#"{x:regex((?<=a)\p{{IsGreek}})}"#, #"(?<=a)\p{IsGreek}"#),
    ])
    func `a pattern is the text in the parentheses`(_ route: String, _ pattern: String) throws {
        guard case .regex(let regex)? = try RouteTemplate(route).parameters.first?.constraints.first else {
            return #expect(Bool(false), "no pattern")
        }
        #expect(regex.text == pattern)
    }

    @Test(arguments: [
        ("api", "orders/{id}", "api/orders/{id}", 3), ("", "orders", "orders", 1), ("", "/orders", "/orders", 1),
        ("", "~/orders", "~/orders", 1), ("api", "~x", "api/~x", 2), ("api", "", "api/", 1),
        ("/api", "orders", "/api/orders", 2), ("api/{tenant}", "{id}", "api/{tenant}/{id}", 3),
    ])
    func `a prefix stands before the route`(_ prefix: String, _ route: String, _ text: String, _ count: Int) throws {
        let template = try RouteTemplate(route, prefix: prefix)
        #expect(template.text == text)
        #expect(template.segments.count == count)
    }

    @Test(arguments: [
        ("//orders", "character 2: there are two slashes in a row; remove one"),
        ("~orders", "character 1: a route does not begin with '~'; leave it out"),
        ("orders//items", "character 8: there are two slashes in a row; remove one"),
        ("orders//", "character 8: there are two slashes in a row; remove one"),
        ("orders/{id", "character 8: the '{' is never closed; write '{id}'"),
        ("orders/{", "character 8: the '{' is never closed; write '{id}'"),
        ("orders/{order/{item}", "character 8: the '{' is never closed; write '{order}'"),
        ("orders/{id}}", "character 8: the '{' is never closed; write '{id}'"),
        (
            #"{x:regex(\d{3})}"#,
            "character 12: a '{' inside a parameter must be doubled; write '{{', and '}}' for '}'"
        ),
        (
            "orders/id}",
            "character 10: the '}' closes nothing; leave it out, or double it ('}}') if the path contains one"
        ),
        (
            #"{x:regex(\d{{3})}"#,
            "character 4: the '(' of 'regex' is never closed; write ')' after its argument, and double the braces "
                + "inside it"
        ),
        ("orders?", "character 7: a path cannot contain '?'; for an optional parameter write '{name?}'"),
        ("{id}?", "character 5: a path cannot contain '?'; for an optional parameter write '{name?}'"),
        ("orders/{}", "character 8: the parameter has no name; write '{id}'"),
        ("orders/{?}", "character 8: the parameter has no name; write '{id}'"),
        ("orders/{*}", "character 8: the parameter has no name; write '{id}'"),
        ("orders/{a/b}", "character 10: 'a/b' is not a parameter name: it must not contain '/'"),
        ("orders/{a{{b}", "character 10: 'a{b' is not a parameter name: it must not contain '{'"),
        ("{***a}", "character 4: '*a' is not a parameter name: it must not contain '*'"),
        ("é/{a??}", "character 5: 'a?' is not a parameter name: it must not contain '?'"),
        ("{id}/{ID}", "character 6: two parameters are named 'ID'; names must differ in more than case"),
        ("a/{*rest}/b", "character 3: '{*rest}' takes the rest of the path, so nothing can follow it"),
        ("a/b{*rest}", "character 4: '{*rest}' must stand alone between slashes"),
        ("a/{*rest}b", "character 3: '{*rest}' must stand alone between slashes"),
        ("a/{*rest?}", "character 9: a catch-all may be empty anyway; write '{*rest}'"),
        ("{id?}.txt", "character 1: '{id?}' can be optional only at the end of its segment; write '{id}'"),
        (
            "{name}-{ext?}",
            "character 8: '{ext?}' can be optional only after a '.' on its own, not after '-'; write '{ext}'"
        ),
        (
            "{name}..{ext?}",
            "character 9: '{ext?}' can be optional only after a '.' on its own, not after '..'; write '{ext}'"
        ),
        ("{id=5?}", "character 6: a parameter with a default may be missing anyway; write '{id=5}' or '{id?}'"),
        ("{a}{b}", "character 4: '{a}' and '{b}' stand side by side; put a text such as '-' or '/' between them"),
        (
            "{id:itn}",
            "character 5: 'itn' is not a constraint (did you mean 'int'?); there are int, long, bool, guid, datetime, decimal, double, "
                + "float, alpha, required, file, nonfile, length, minlength, maxlength, min, max, range and regex"
        ),
        (
            "{id:decimals}",
            "character 5: 'decimals' is not a constraint (did you mean 'decimal'?); there are int, long, bool, guid, "
                + "datetime, decimal, double, float, alpha, required, file, nonfile, length, minlength, maxlength, min, max, range "
                + "and regex"
        ),
        ("{id:min(1}", "character 5: the '(' of 'min' is never closed; write ')' after its argument"),
        ("{id:int(5)}", "character 5: 'int' takes no argument; write 'int'"),
        ("{id:alpha:min}", "character 11: 'min' needs an argument; write min(5)"),
        ("{id:regex}", "character 5: 'regex' needs an argument; write regex(^[a-z]+$)"),
        ("{id:min(x)}", "character 5: 'x' is not an argument of 'min'; write min(5)"),
        ("{id:min(1,2)}", "character 5: '1,2' is not an argument of 'min'; write min(5)"),
        (
            "{id:range(5,1)}",
            "character 5: '5,1' is not an argument of 'range'; write range(1,10), the smaller number first"
        ),
        (
            "{id:length(5,3)}",
            "character 5: '5,3' is not an argument of 'length'; write length(5) or length(2,10), not below 0, the "
                + "smaller number first"
        ),
        ("{id:minlength(-1)}", "character 5: '-1' is not an argument of 'minlength'; write minlength(5), not below 0"),
        (
            "{id:maxlength(2147483648)}",
            "character 5: '2147483648' is not an argument of 'maxlength'; write maxlength(5), not below 0"
        ),
    ])
    func `the error of a template names the character`(_ route: String, _ sentence: String) {
        let error = #expect(throws: RouteTemplateError.self) { try RouteTemplate(route) }
        #expect(error?.description == "route '\(route)': " + sentence + ". In Azure, the whole host would not start")
    }

    @Test(arguments: [
        ("(?<=a+)b", "lookbehind assertion is not fixed length"),
        ("(?<a-b>c)", "the group 'a-b' has a number or balances another; give it a plain name"),
    ])
    func `a pattern that only .NET can match is refused`(_ pattern: String, _ reason: String) {
        let route = "{id:regex(\(pattern))}"
        let error = #expect(throws: RouteTemplateError.self) { try RouteTemplate(route) }
        #expect(
            error?.description
                == "route '\(route)': character 5: luafunc cannot match the pattern '\(pattern)' as .NET does: \(reason)"
        )
    }

    @Test func `a slash at the beginning is refused only after a prefix`() {
        let error = #expect(throws: RouteTemplateError.self) { try RouteTemplate("/x", prefix: "api") }
        #expect(
            error?.description
                == "route '/x': character 1: a route does not begin with '/'; leave it out. In Azure, the whole host "
                + "would not start")
    }

    @Test(arguments: [
        ("api/", "character 4: there are two slashes in a row; remove one"),
        ("/", "character 1: there are two slashes in a row; remove one"),
        ("api/{*all}", "character 5: '{*all}' takes the rest of the path, so nothing can follow it"),
        ("a{", "character 2: the '{' is never closed; write '{id}'"),
    ])
    func `the error of a bad prefix names the prefix`(_ prefix: String, _ sentence: String) {
        let error = #expect(throws: RouteTemplateError.self) { try RouteTemplate("orders", prefix: prefix) }
        #expect(
            error?.description == "routePrefix '\(prefix)': " + sentence + ". In Azure, the whole host would not start")
    }

    @Test func `a parameter of the prefix is known to the route`() {
        let error = #expect(throws: RouteTemplateError.self) { try RouteTemplate("{Tenant}", prefix: "{tenant}") }
        #expect(
            error?.description
                == "route '{Tenant}': character 1: two parameters are named 'Tenant'; names must differ in "
                + "more than case. In Azure, the whole host would not start")
    }

    @Test(arguments: [("admin/x", "admin"), ("Administrator", "admin"), ("RUNTIME", "runtime"), ("/admin", "admin")])
    func `the host reserves some beginnings`(_ route: String, _ word: String) {
        let error = #expect(throws: RouteTemplateError.self) { try RouteTemplate.checkReserved(route) }
        #expect(
            error?.description
                == "route '\(route)': character \(route.hasPrefix("/") ? 2 : 1): the host reserves routes that "
                + "begin with '\(word)', in any case; choose another beginning")
    }

    @Test(arguments: ["", "adm", "orders/admin", "{admin}", "runtim"])
    func `other beginnings are allowed`(_ route: String) throws {
        try RouteTemplate.checkReserved(route)
    }
}
