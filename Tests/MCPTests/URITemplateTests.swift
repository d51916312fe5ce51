import MCP
import Testing

@Suite struct URITemplateTests {
    @Test(arguments: [
        ("test://template/{id}/data", "test://template/123/data", "id=123"),
        ("test://template/{id}/data", "test://template/1/2/data", nil),
        ("test://template/{id}/data", "test://template//data", nil),
        ("test://template/{id}/data", "test://template/a%20b%2Fc/data", "id=a b/c"),
        ("test://template/{id}/data", "test://template/%zz/data", nil),
        ("test://template/{id}/data", "test://template/%ff/data", nil),
        ("x:{id}", "x:Jörg", "id=Jörg"),
        ("file:///{+path}", "file:///a/b.txt?x#y", "path=a/b.txt?x#y"),
        ("file:///{+path}.{ext}", "file:///a.b/c.tar.gz", "path=a.b/c.tar ext=gz"),
        ("x:{+a}/{b}", "x:1/2/3", "a=1/2 b=3"),
        ("x:{a}-{b}", "x:1-2-3", "a=1-2 b=3"),
        ("x:{a,b}", "x:1,2", "a=1 b=2"),
        ("x:{a,b}", "x:1,2,3", nil),
        ("x:{a}", "x:1,2", "a=1,2"),
        ("x{/a,b}", "x/1/2", "a=1 b=2"),
        ("x{/path*}", "x/1/2/3", "path=1/2/3"),
        ("x{.a}", "x.json", "a=json"),
        ("x{;a,b}", "x;a=1;b=2", "a=1 b=2"),
        ("x{#a}", "x#b/c", "a=b/c"),
        ("x:{t}{?page,size}", "x:1?size=2&page=3", "t=1 page=3 size=2"),
        ("x:{t}{?page,size}", "x:1", "t=1"),
        ("x:{t}{?page,size}", "x:1?size=%2B", "t=1 size=+"),
        ("x:{t}{?page,size}", "x:1?other=2", nil),
        ("x:{t}{?page,size}", "x:1?page=2&", nil),
        ("x:{t}{?page,size}", "x:1?", nil),
        ("x:?fixed=1{&page}", "x:?fixed=1&page=2", "page=2"),
        ("x:{?a}{&b}", "x:?b=1", "b=1"),
        ("x:{?a}", "x:?a=1?a=2", "a=1?a=2"),
        ("x:{?a}", "x:?a", "a="),
        ("plain:text", "plain:text", ""),
        ("plain:text", "plain:texts", nil),
        ("", "", ""),
        ("", "x", nil),
    ])
    func `a URI gives the variables their values`(template: String, uri: String, values: String?) throws {
        let match = try URITemplate(template).match(uri)
        #expect(match?.map { "\($0.name)=\($0.value)" }.joined(separator: " ") == values)
    }

    @Test(arguments: [
        "x{", "x}", "x{}", "x{a", "{a:3}", "{a*}", "{?a*}", "{a b}", "{=a}", "{a,}", "{a}{a}", "{?a}/b", "{?a}{?b}",
        String(repeating: "x", count: 9000),
    ])
    func `a template that cannot be matched is a mistake`(text: String) {
        #expect(throws: URITemplate.Mistake.self) { try URITemplate(text) }
    }

    @Test(arguments: [
        ("x:{a}{/b*}{?c,d}", ["a": "1/ü", "b": "2/3", "d": "&"], "x:1%2F%C3%BC/2/3?d=%26"),
        ("x:{+a}", ["a": "1/2?%"], "x:1/2?%25"),
        ("x:{a}", [:], nil),
    ])
    func `values give a URI`(template: String, values: [String: String], uri: String?) throws {
        let template = try URITemplate(template)
        #expect(template.expand(values) == uri)
        if let uri, !uri.contains("%25") {
            #expect(Dictionary(uniqueKeysWithValues: template.match(uri)?.map { ($0.name, $0.value) } ?? []) == values)
        }
    }

    @Test func `a hostile URI takes no longer than another`() throws {
        let template = try URITemplate((0..<32).map { "{+v\($0)}a" }.joined())
        #expect(template.match(String(repeating: "a", count: 8000) + "b") == nil)
        #expect(template.match(String(repeating: "a", count: 8000)) != nil)
        let query = try URITemplate("{+x}{?a,b}")
        #expect(query.match(String(repeating: "?a=1&", count: 1600)) != nil)
        #expect(query.match(String(repeating: "a", count: 9000)) == nil)
    }
}
