import FunctionsModel
import JSON
import Testing

@testable import DevHost

/// host-contract §6.4.
struct HTTPTriggerRequestTests {
    private let trigger = TriggerBinding(function: "Orders", name: "req")

    private func request(
        _ query: String = "", _ headers: [(name: String, value: String)] = [], _ body: [UInt8] = []
    ) -> HTTPTriggerRequest {
        HTTPTriggerRequest(
            method: "POST", url: "http://h/api/f", query: query.isEmpty ? nil : String(query.dropFirst()),
            headers: headers, body: body)
    }

    private func body(_ request: HTTPTriggerRequest) -> String? {
        guard case .json(let value) = request.payload(for: trigger).value else { return nil }
        return value.member(anyCase: "Body")?.string
    }

    private static let anonymous = [
        #"{"AuthenticationType":null,"IsAuthenticated":false,"Actor":null,"BootstrapContext":null,"Claims":[],"#,
        #""Label":null,"Name":null,"#,
        #""NameClaimType":"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name","#,
        #""RoleClaimType":"http://schemas.microsoft.com/ws/2008/06/identity/claims/role"}"#,
    ].joined()

    @Test func `the payload of a request with a JSON body, a query and a route`() {
        let request = HTTPTriggerRequest(
            method: "POST", url: "http://localhost:7071/api/orders/7", query: "tag=a&tag=b",
            headers: [("Host", "localhost:7071"), ("Content-Type", "application/json"), ("Content-Length", "9")],
            routeParameters: [("id", "7")], body: Array(#"{"qty":3}"#.utf8))
        let expected = [
            #"{"Data":{"req":{"Url":"http://localhost:7071/api/orders/7?tag=a&tag=b","Method":"POST","#,
            #""Query":{"tag":"a,b"},"#,
            #""Headers":{"Host":["localhost:7071"],"Content-Type":["application/json"],"Content-Length":["9"]},"#,
            #""Params":{"id":"7"},"Identities":["#, Self.anonymous, #"],"Body":"{\"qty\":3}"}},"#,
            #""Metadata":{"qty":"\"3\"","tag":"\"b\"","id":"\"7\"","Query":{"tag":"b"},"#,
            #""Headers":{"Host":"localhost:7071","Content-Type":"application/json","Content-Length":"9"},"#,
            Fixed.sys("Orders"), "}}",
        ].joined()
        #expect(request.payload(for: trigger).text == expected)
    }

    @Test func `the payload of an empty request`() {
        let request = HTTPTriggerRequest(
            method: "GET", url: "http://localhost:7071/api/f", headers: [("Accept", "*/*")])
        let expected = [
            #"{"Data":{"req":{"Url":"http://localhost:7071/api/f","Method":"GET","Query":{},"#,
            #""Headers":{"Accept":["*/*"]},"Params":{},"Identities":["#, Self.anonymous, #"]}},"#,
            #""Metadata":{"Query":{},"Headers":{"Accept":"*/*"},"#, Fixed.sys("Orders"), "}}",
        ].joined()
        #expect(request.payload(for: trigger).text == expected)
        #expect(request.warnings.isEmpty)
    }

    @Test func `a key makes an identity with claims for level, invoke and key`() {
        func claim(_ type: String, _ value: String) -> String {
            #"{"Issuer":"LOCAL AUTHORITY","OriginalIssuer":"LOCAL AUTHORITY","Properties":{},"#
                + #""Type":"http://schemas.microsoft.com/2017/07/functions/claims/\#(type)","Value":"\#(value)","#
                + #""ValueType":"http://www.w3.org/2001/XMLSchema#string"}"#
        }
        let claims = [claim("authlevel", "Function"), claim("invoke", "true"), claim("keyid", "default")]
        let expected = Self.anonymous
            .replacing(
                #""AuthenticationType":null,"IsAuthenticated":false"#,
                with: #""AuthenticationType":"WebJobsAuthLevel","IsAuthenticated":true"#
            )
            .replacing(#""Claims":[]"#, with: #""Claims":[\#(claims.joined(separator: ","))]"#)
        #expect(HTTPIdentity.key(level: "Function", id: "default").tree.json() == expected)
    }

    // MARK: Body

    @Test(arguments: [
        ("application/octet-stream", "AAEC/w=="), ("Application/Octet-Stream; x=y", "AAEC/w=="),
        ("multipart/form-data; boundary=b", "AAEC/w=="), ("MULTIPART/mixed", "AAEC/w=="),
        ("image/png", "\0\u{1}\u{2}\u{fffd}"), ("application/octet-streams", "\0\u{1}\u{2}\u{fffd}"),
        ("text/plain; a=multipart/x", "\0\u{1}\u{2}\u{fffd}"),
    ])
    func `only octet-stream and multipart are base64`(_ type: String, _ expected: String) {
        #expect(body(request("", [("content-TYPE", type)], [0, 1, 2, 0xff])) == expected)
    }

    @Test(arguments: [
        (Array("grün".utf8), "grün"),
        ([0xef, 0xbb, 0xbf] + Array("grün".utf8), "grün"),
        ([0xff, 0xfe, 0x67, 0, 0x3d, 0xd8, 0, 0xde], "g😀"),
        ([0xfe, 0xff, 0, 0x67, 0xd8, 0x3d, 0xde, 0], "g😀"),
        ([0xff, 0xfe, 0, 0, 0, 0xf6, 1, 0], "😀"),
        ([0, 0, 0xfe, 0xff, 0, 1, 0xf6, 0], "😀"),
    ])
    func `a byte order mark is honoured`(_ bytes: [UInt8], _ expected: String) {
        let request = request("", [("Content-Type", "text/plain; charset=iso-8859-1")], bytes)
        #expect(body(request) == expected)
        #expect(request.warnings.isEmpty)
    }

    @Test(arguments: [
        ([0x61, 0xff, 0x62], "a\u{fffd}b"), ([0xff, 0xfe, 0x67], "\u{fffd}"), ([0xff, 0xfe, 0x00, 0xd8], "\u{fffd}"),
    ])
    func `what is not valid is replaced, with a warning`(_ bytes: [UInt8], _ expected: String) {
        let request = request("", [("Content-Type", "image/png")], bytes)
        #expect(body(request) == expected)
        #expect(request.warnings == [.bodySpoiled(contentType: "image/png")])
    }

    @Test func `a body without a content type is text`() {
        #expect(body(request("", [], Array("x".utf8))) == "x")
        #expect(request("", [], [0xff]).warnings == [.bodySpoiled(contentType: nil)])
    }

    @Test func `an empty body is absent`() {
        #expect(body(request()) == nil)
    }

    @Test func `a chunked body is dropped, with a warning`() {
        var request = request("", [("Content-Type", "application/json")], Array(#"{"a":1}"#.utf8))
        request.hasContentLength = false
        #expect(body(request) == nil)
        #expect(request.payload(for: trigger).metadata.hasPrefix(#""Query":"#))
        #expect(request.warnings == [.bodyDropped])
    }

    @Test(arguments: [
        (
            HTTPTriggerWarning.bodySpoiled(contentType: "image/png"),
            "the body is image/png: the host decodes it as UTF-8 text, and bytes are lost; forward requests "
                + "(enableForwardingHttpRequest) or send application/octet-stream"
        ),
        (
            .bodySpoiled(contentType: nil),
            "the body has no content type: the host decodes it as UTF-8 text, and bytes are lost; forward requests "
                + "(enableForwardingHttpRequest) or send application/octet-stream"
        ),
        (
            .bodyDropped,
            "the body comes without a Content-Length (chunked): the host drops it; send a Content-Length, or let the "
                + "host proxy requests (enableProxyingHttpRequest)"
        ),
        (
            .queryJoined(name: "tag"),
            "'tag' is in the query more than once: the host joins its values with ',' in Query, and Metadata has the "
                + "last; take them from Url"
        ),
    ])
    func `a warning says how to fix the problem`(_ warning: HTTPTriggerWarning, _ expected: String) {
        #expect(warning.description == expected)
    }

    // MARK: Query, headers, parameters

    @Test(arguments: [
        ("?a=1&b=2", #"{"a":"1","b":"2"}"#), ("?a=1&a=2&A=3", #"{"a":"1,2,3"}"#), ("?", "{}"), ("", "{}"),
        ("?a=x%20y+z%2B%26", #"{"a":"x y z+&"}"#), ("?gr%C3%BCn=%E2%82%AC", #"{"grün":"€"}"#),
        ("?a", #"{"a":""}"#), ("?a=", #"{"a":""}"#), ("?a=b=c?d", #"{"a":"b=c?d"}"#), ("?&&a=1&", #"{"a":"1"}"#),
        ("?a=%zz%4", #"{"a":"%zz%4"}"#), ("?a=%+1%-1", #"{"a":"% 1%-1"}"#), ("?code=key", #"{"code":"key"}"#),
        ("?a=%aé%é", #"{"a":"%aé%é"}"#), ("?a=%FF", #"{"a":"%FF"}"#), ("?a=1&A=&a=3", #"{"A":"1,3"}"#),
    ])
    func `the query is decoded and repeated names are joined`(_ query: String, _ expected: String) throws {
        #expect(request(query).payload(for: trigger).text.contains(#""Query":\#(expected),"Headers":{}"#))
    }

    @Test func `repeated names in the query cause a warning`() {
        #expect(request("?a=1&b=2&A=3").warnings == [.queryJoined(name: "A")])
    }

    @Test func `headers are lists in Data and joined in Metadata, the first case kept`() {
        let text = request("", [("X-List", "one"), ("Host", "h"), ("x-list", "two")]).payload(for: trigger).text
        #expect(text.contains(#""Headers":{"X-List":["one","two"],"Host":["h"]},"Params""#))
        #expect(text.contains(#""Headers":{"X-List":"one,two","Host":"h"},"sys""#))
    }

    @Test func `a missing optional parameter is null in Params and hides other values of its name`() {
        var request = request("?id=1")
        request.routeParameters = [("id", nil), ("rest", "a/b")]
        let payload = request.payload(for: trigger)
        #expect(payload.text.contains(#""Params":{"id":null,"rest":"a/b"}"#))
        #expect(payload.metadata == #""rest":"\"a/b\"","Query":{"id":"1"},"Headers":{}"#)
    }

    // MARK: Metadata

    @Test func `the route wins over the query, the query over the body`() {
        var request = request("?b=query&c=query", [], Array(#"{"a":"body","B":"body","c":"body"}"#.utf8))
        request.routeParameters = [("C", "route")]
        let expected = #""a":"\"body\"","B":"\"query\"","c":"\"route\"","Query":{"b":"query","c":"query"},"Headers":{}"#
        #expect(request.payload(for: trigger).metadata == expected)
    }

    @Test func `the key is in Query only`() {
        let metadata = request("?Code=secret&x=1").payload(for: trigger).metadata
        #expect(metadata == #""x":"\"1\"","Query":{"Code":"secret","x":"1"},"Headers":{}"#)
    }

    @Test func `the last value of a name wins`() {
        let metadata = request("?a=1&a=2").payload(for: trigger).metadata
        #expect(metadata == #""a":"\"2\"","Query":{"a":"2"},"Headers":{}"#)
    }

    @Test func `a caller can shadow Query and Headers`() {
        let body = Array(#"{"headers":{"Host":"evil"}}"#.utf8)
        let metadata = request("?query=mine", [("Host", "h")], body).payload(for: trigger).metadata
        #expect(metadata == #""headers":{"Host":"evil"},"query":"\"mine\"""#)
    }

    @Test func `if the caller sends sys, the system's becomes $sys`() {
        let text = request("?sys=mine").payload(for: trigger).text
        let system = Fixed.sys("Orders").replacing(#""sys""#, with: #""$sys""#, maxReplacements: 1)
        let expected = #""Metadata":{"sys":"\"mine\"","Query":{"sys":"mine"},"Headers":{},\#(system)}}"#
        #expect(text.hasSuffix(expected))
    }

    @Test func `the members of a JSON object in the body become metadata, whatever the content type`() {
        let request = request("", [("Content-Type", "application/octet-stream")], Array(#"{"a":[1],"b":true}"#.utf8))
        #expect(request.payload(for: trigger).metadata.hasPrefix(#""b":"\"True\"","Query""#))
    }

    @Test func `a date in a JSON body becomes metadata in the host's time zone`() {
        let request = request("", [], Array(#"{"d":"2026-03-01T10:20:30+00:00"}"#.utf8))
        let metadata = request.payload(for: trigger, HostZone { _ in 3600 }).metadata
        #expect(metadata.hasPrefix(#""d":"\"03/01/2026 11:20:30\"","#), "\(metadata)")
    }

    @Test(arguments: [("Query.TAG", "b"), ("headers.Host", "h"), ("id", "7"), ("tag", "b"), ("qty", "3")])
    func `binding expressions reach into the request`(_ path: String, _ expected: String) {
        var request = request("?tag=a&tag=b", [("Host", "h")], Array(#"{"qty":3}"#.utf8))
        request.routeParameters = [("id", "7")]
        #expect(request.payload(for: trigger).expression(path) == expected)
    }
}
