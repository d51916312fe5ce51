import Testing

@testable import HTTP

@Suite struct URLTests {
    @Test(
        arguments: [
            ("http://example.com", "example.com", 80, "/", "example.com"),
            ("HTTPS://Example.COM:443/A/b?c=d/?#f", "example.com", 443, "/A/b?c=d/?", "example.com"),
            ("http://example.com:443?a", "example.com", 443, "/?a", "example.com:443"),
            ("http://x:/", "x", 80, "/", "x"),
            ("http://x:00080/", "x", 80, "/", "x"),
            ("http://127.0.0.1:7071/a", "127.0.0.1", 7071, "/a", "127.0.0.1:7071"),
            ("http://[::1]:8080/", "::1", 8080, "/", "[::1]:8080"), ("http://[0:0::1]", "::1", 80, "/", "[::1]"),
            ("http://a_b-c.x.", "a_b-c.x.", 80, "/", "a_b-c.x."),
            ("http://x/a b|c\"<>^`{}\\?d e", "x", 80, "/a%20b%7Cc%22%3C%3E%5E%60%7B%7D%5C?d%20e", "x"),
            ("http://x/grüße?ö=%41", "x", 80, "/gr%C3%BC%C3%9Fe?%C3%B6=%41", "x"),
            ("http://x//a/../b/./c/..", "x", 80, "//b/", "x"), ("http://x/a/../../..", "x", 80, "/", "x"),
            ("http://x/%2e%2E/a", "x", 80, "/%2e%2E/a", "x"),
            ("http://x/a:b@c;d=e,f!$&'()*+~", "x", 80, "/a:b@c;d=e,f!$&'()*+~", "x"),
        ] as [(String, String, UInt16, String, String)])
    func `a URL has its parts`(
        _ text: String, _ host: String, _ port: UInt16, _ target: String, _ hostAndPort: String
    ) throws {
        let url = try URL(text)
        #expect(url.host == host && url.port == port && url.target == target && url.hostAndPort == hostAndPort)
        #expect((url.scheme == .https) == text.lowercased().hasPrefix("https"))
        #expect(try URL(url.description) == url)
    }

    @Test(
        arguments: [
            ("", .notAbsolute), ("no url", .notAbsolute), ("/a", .notAbsolute), ("//x/a", .notAbsolute),
            ("example.com/a", .notAbsolute), ("http:", .noHost), ("http:///a", .noHost), ("http:/a", .noHost),
            ("http://:80/", .noHost), ("http://?a", .noHost), ("ftp://x/", .scheme("ftp")),
            ("file:///etc/passwd", .scheme("file")), ("unix:/var/run/x", .scheme("unix")),
            ("http+unix://%2Fvar%2Frun/", .scheme("http+unix")), ("http+unix://x/", .scheme("http+unix")),
            ("localhost:80/", .scheme("localhost")), ("javascript:alert(1)", .scheme("javascript")),
            ("http://x:65536/", .port("65536")), ("http://x:0/", .port("0")), ("http://x:-1/", .port("-1")),
            ("http://x:8a/", .port("8a")), ("http://x:99999999999999999999/", .port("99999999999999999999")),
            ("http://x:80:80/", .port("80:80")), ("http://[", .host("[")), ("http://[::1", .host("[::1")),
            ("http://[]/", .host("[]")), ("http://[x]/", .host("[x]")), ("http://[127.0.0.1]/", .host("[127.0.0.1]")),
            ("http://[fe80::1%25eth0]/", .host("[fe80::1%25eth0]")), ("http://[::1]x/", .host("[::1]x")),
            ("http://a b/", .host("a%20b")), ("http://a%41/", .host("a%41")), ("http://a,b/", .host("a,b")),
            ("http://::1/", .noHost), ("http://x/\r\nA: b", .control), ("http://x/\u{0}", .control),
            ("http://x/\t", .control), ("\u{7f}http://x", .control), ("http://x/%zz", .percent),
            ("http://x/%4", .percent),
        ] as [(String, URLError)])
    func `a text that cannot be fetched is not a URL`(_ text: String, _ error: URLError) {
        #expect(throws: error) { try URL(text) }
    }

    /// RFC 3986 §5.4, with the base of that section; fragments are dropped, and other schemes are refused.
    @Test(
        arguments: [
            ("g", "http://a/b/c/g"), ("./g", "http://a/b/c/g"), ("g/", "http://a/b/c/g/"), ("/g", "http://a/g"),
            ("//g", "http://g/"), ("?y", "http://a/b/c/d;p?y"), ("g?y", "http://a/b/c/g?y"),
            ("#s", "http://a/b/c/d;p?q"),
            ("g#s", "http://a/b/c/g"), ("g?y#s", "http://a/b/c/g?y"), (";x", "http://a/b/c/;x"),
            ("g;x", "http://a/b/c/g;x"), ("g;x?y#s", "http://a/b/c/g;x?y"), ("", "http://a/b/c/d;p?q"),
            (".", "http://a/b/c/"), ("./", "http://a/b/c/"), ("..", "http://a/b/"), ("../", "http://a/b/"),
            ("../g", "http://a/b/g"), ("../..", "http://a/"), ("../../", "http://a/"), ("../../g", "http://a/g"),
            ("../../../g", "http://a/g"), ("../../../../g", "http://a/g"), ("/./g", "http://a/g"),
            ("/../g", "http://a/g"),
            ("g.", "http://a/b/c/g."), (".g", "http://a/b/c/.g"), ("g..", "http://a/b/c/g.."),
            ("..g", "http://a/b/c/..g"),
            ("./../g", "http://a/b/g"), ("./g/.", "http://a/b/c/g/"), ("g/./h", "http://a/b/c/g/h"),
            ("g/../h", "http://a/b/c/h"), ("g;x=1/./y", "http://a/b/c/g;x=1/y"), ("g;x=1/../y", "http://a/b/c/y"),
            ("g?y/./x", "http://a/b/c/g?y/./x"), ("g?y/../x", "http://a/b/c/g?y/../x"), ("g#s/../x", "http://a/b/c/g"),
            ("./a:b", "http://a/b/c/a:b"), ("/a:b", "http://a/a:b"), ("https://c:9/d", "https://c:9/d"),
        ] as [(String, String)])
    func `a reference is resolved against its base`(_ reference: String, _ result: String) throws {
        #expect("\(try URL("http://a/b/c/d;p?q").resolve(reference))" == result)
    }

    @Test func `an invalid reference is an error`() throws {
        let base = try URL("http://a/b")
        #expect(throws: URLError.host("[")) { try base.resolve("http://[") }
        #expect(throws: URLError.scheme("g")) { try base.resolve("g:h") }
        #expect(throws: URLError.port("65536")) { try base.resolve("//c:65536/") }
        #expect(throws: URLError.noHost) { try base.resolve("http:g") }
    }

    @Test func `URLs have the same origin if scheme, host and port are the same`() throws {
        let url = try URL("http://X/a")
        #expect(try url.hasSameOrigin(as: URL("HTTP://x:80/b")) && url == URL("http://x/a#b"))
        for other in ["https://x:80/a", "http://y/a", "http://x:81/a"] {
            #expect(try !url.hasSameOrigin(as: URL(other)) && Origin(url) != Origin(URL(other)))
        }
    }

    @Test(arguments: [
        ("https://user:secret@X:8/a/b?sig=secret#f", "https://x:8/a/b?…"), ("http://x", "http://x/"),
        ("http://[::1]:81/@a", "http://[::1]:81/@a"), ("ftp://u:secret@x/?secret", "ftp://x/?…"),
        ("https://u:sec/ret@x/", "https://x/"), ("u:secret@x", "x"), ("", ""), ("https://", "https://"),
        ("https://u:s@cret@x:y/?secret?", "https://x:y/?…"),
    ])
    func `a URL in a message has no password and no query`(_ text: String, _ shown: String) {
        #expect(URL.shown(text) == shown)
    }
}
