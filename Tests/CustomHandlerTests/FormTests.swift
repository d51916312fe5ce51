import FoundationEssentials
import HTTP1
import TestSupport
import Testing

@testable import CustomHandler

/// Tests the forms in which browsers and other clients send the names of fields and files.
@Suite struct FormTests {
    @Test(
        arguments: [
            // Chrome, Firefox and Safari of today, httpx, urllib3 2, curl: UTF-8 as it is.
            (#"form-data; name="f"; filename="naïve.txt""#, "f", "naïve.txt"),
            (#"form-data; name="f"; filename="a%22b%0D%0A.txt""#, "f", "a\"b\r\n.txt"),
            (#"form-data; name="f"; filename="100%.txt""#, "f", "100%.txt"),
            (#"form-data; name="a%22b"; filename="x""#, "a\"b", "x"),
            (#"form-data; name="f"; filename="%41%2f%0d""#, "f", "%41%2f%0d"),
            // Older Firefox, curl and urllib3: a backslash before quotes, and sometimes before backslashes.
            (#"form-data; name="f"; filename="a\"b.txt""#, "f", "a\"b.txt"),
            (#"form-data; name="f"; filename="a\\b.txt""#, "f", "a\\b.txt"),
            (#"form-data; name="f"; filename="a\"; x=1.txt""#, "f", "a\"; x=1.txt"),
            // Chrome on a name with a backslash; Internet Explorer with the whole path.
            (#"form-data; name="f"; filename="a\b.txt""#, "f", "a\\b.txt"),
            (#"form-data; name="f"; filename="a\""#, "f", "a\\"),
            (#"form-data; name="f\"; filename="b.txt""#, "f\\", "b.txt"),
            (#"form-data; name="f\"; filename="""#, "f\\", ""),
            (#"form-data; name="f"; filename="C:\dir\a.txt""#, "f", "C:\\dir\\a.txt"),
            (#"form-data; name="f"; filename="dir/a.txt""#, "f", "dir/a.txt"),
            // Quotes that nobody escaped, and a quote that does not end.
            (#"form-data; name="f"; filename="a"b.txt""#, "f", "a\"b.txt"),
            (#"form-data; name="f"; filename="a.txt"#, "f", "a.txt"),
            // Without quotes.
            ("form-data; name=f; filename=a.txt", "f", "a.txt"), ("form-data;name=f;filename=a.txt", "f", "a.txt"),
            (#"FORM-DATA; NAME="f"; FileName="a.txt""#, "f", "a.txt"),
            (#"form-data; filename="name=x; name=y"; name="f""#, "f", "name=x; name=y"),
            // Python's requests, old httpx, curl: RFC 8187.
            ("form-data; name=f; filename*=utf-8''na%C3%AFve.txt", "f", "naïve.txt"),
            ("form-data; name=f; filename*=UTF-8'de'na%C3%AFve.txt", "f", "naïve.txt"),
            (#"form-data; name="f"; filename="plain.txt"; filename*=UTF-8''na%C3%AFve.txt"#, "f", "naïve.txt"),
            (#"form-data; name="f"; filename*=UTF-8''na%C3%AFve.txt; filename="plain.txt""#, "f", "naïve.txt"),
            ("form-data; name=f; filename*=iso-8859-1''na%EFve.txt", "f", "naïve.txt"),
            (#"form-data; name=f; filename*="UTF-8''a%20b""#, "f", "a b"),
            ("form-data; name*=utf-8''%C3%A9; filename*=utf-8''a", "é", "a"),
            // An extended form that cannot be read gives way to the plain one; without one, it stays as it is.
            (#"form-data; name=f; filename=a; filename*=koi8-r''%C1"#, "f", "a"),
            (#"form-data; name=f; filename=a; filename*=utf-8''%C3%28"#, "f", "a"),
            (#"form-data; name=f; filename=a; filename*=utf-8''%zz"#, "f", "a"),
            ("form-data; name=f; filename*=koi8-r''%C1", "f", "koi8-r''%C1"),
            ("form-data; name=f; filename*=x", "f", "x"),
            // Mail libraries: RFC 2231.
            (#"form-data; name=f; filename*0="ab"; filename*1="c.txt""#, "f", "abc.txt"),
            (#"form-data; name=f; filename*1="c.txt"; filename*0="ab"; filename*3=x"#, "f", "abc.txt"),
            (
                #"form-data; name=f; filename*0*=UTF-8''na%C3; filename*1*=%AFve; filename*2=" 5%20.txt""#, "f",
                "naïve 5%20.txt"
            ),
            (#"form-data; name=f; filename*0*=iso-8859-1'de'na%EFve; filename*1=.txt"#, "f", "naïve.txt"),
            (#"form-data; name=f; filename*0="it's "; filename*1*=%C3%A9"#, "f", "it's é"),
            (#"form-data; name=f; filename="a"; filename*0=b; filename*1=c"#, "f", "bc"),
            (#"form-data; name=f; filename*0*=koi8-r''%C1; filename*1=x"#, "f", "koi8-r''%C1x"),
            (#"form-data; name*0=a; name*1=b; filename=x; filename*1=y; filename*x=z"#, "ab", "x"),
            // Mail clients and old libraries: RFC 2047.
            (#"form-data; name="f"; filename="=?UTF-8?B?bmHDr3ZlLnR4dA==?=""#, "f", "naïve.txt"),
            (#"form-data; name="f"; filename="=?utf-8?q?na=C3=AFve_1.txt?=""#, "f", "naïve 1.txt"),
            (#"form-data; name="f"; filename="=?ISO-8859-1?Q?na=EFve.txt?=""#, "f", "naïve.txt"),
            (#"form-data; name="=?UTF-8?B?w6k=?="; filename="a""#, "é", "a"),
            (#"form-data; name="f"; filename="=?UTF-8?Q?na=C3?= =?UTF-8?Q?=AFve?= .txt""#, "f", "naïve .txt"),
            (#"form-data; name="f"; filename="a =?utf-8*en?q?b?= =?iso-8859-1?q?=E9?= c""#, "f", "a bé c"),
            (#"form-data; name="f"; filename="=?koi8-r?B?wQ==?=""#, "f", "=?koi8-r?B?wQ==?="),
            (#"form-data; name="f"; filename="=?utf-8?q?=C3?=""#, "f", "=?utf-8?q?=C3?="),
            (#"form-data; name="f"; filename="=?utf-8?B?*?=""#, "f", "=?utf-8?B?*?="),
            (#"form-data; name="f"; filename="x=?utf-8?q?a?=y""#, "f", "x=?utf-8?q?a?=y"),
            (#"form-data; name="f"; filename="=?=""#, "f", "=?="),
            (#"form-data; name="f"; filename="=?utf-8?q?a?= ""#, "f", "a "),
            // An empty name of a file, and none.
            (#"form-data; name="f"; filename="""#, "f", ""), ("form-data; name=f; filename=", "f", ""),
            ("form-data; name=f; filename", "f", ""),
            ("form-data; name=\"\"; filename=a", "", "a"),
            // No file.
            (#"form-data; name="f""#, "f", nil), (#"form-data; name="filename""#, "filename", nil),
            (#"form-data; name="; filename=a""#, "; filename=a", nil),
            ("form-data", nil, nil), ("form-data; filename=a", nil, "a"),
        ] as [(String, String?, String?)])
    func `a name is read in every form in which clients send it`(_ field: String, _ name: String?, _ filename: String?)
    {
        for head in [
            "Content-Disposition: \(field)", "content-type: text/plain\r\ncontent-disposition:\t\(field)",
            "Content-Disposition: " + field.replacing("; ", with: ";\r\n\t"),
        ] {
            let part = PartHead(Array(head.utf8), body: 0)
            #expect(part.name.map { String(decoding: $0, as: UTF8.self) } == name, "\(head)")
            #expect(part.filename.map { String(decoding: $0, as: UTF8.self) } == filename, "\(head)")
            #expect(part.problem == nil)
        }
    }

    @Test func `a name of a file that is not UTF-8 stays as it is`() {
        let head = Array(#"Content-Disposition: form-data; name="f"; filename=""#.utf8) + [0x6e, 0xef, 0x22]
        #expect(PartHead(head, body: 0).filename == [0x6e, 0xef])
    }

    private static let disposition = "Content-Disposition: form-data; name="
    private static let code = """
        function(data)
            local first, all = data.req:form()
            local names = {}
            for name, values in pairs(all) do names[#names + 1] = name .. "=" .. #values end
            table.sort(names)
            local f = first.f
            return table.concat(names, " ") .. (type(f) == "table" and " file " .. f.filename .. f.contentType .. f.body or f and " text " .. f or "")
        end
        """

    @Test(arguments: [
        ("--b--\r\n", ""), ("preamble\r\n--b\r\n\(disposition)f\r\n\r\n1\r\n--b--", "f=1 text 1"),
        ("--b\r\n\(disposition)f\r\n\r\n1\r\n--b\r\n\(disposition)f\r\n\r\n2\r\n--b--", "f=2 text 1"),
        ("--b \t\r\n\(disposition)f; filename=a\r\n\r\n1\r\n--b--", "f=1 file aapplication/octet-stream1"),
        ("--b\r\n\(disposition)f; filename=a\r\ncontent-type: text/plain\r\n\r\n\r\n--b--", "f=1 file atext/plain"),
        ("--b\r\n\(disposition)_charset_\r\n\r\nutf-8\r\n--b--", "_charset_=1"),
        // A part without a name cannot be found again; a file must not get lost.
        ("--b\r\nX: 1\r\n\r\n1\r\n--b\r\n\(disposition)f\r\n\r\n1\r\n--b--", "f=1 text 1"),
        (
            "--b\r\nContent-Disposition: form-data; filename=a\r\n\r\n1\r\n--b--",
            "a file in the multipart body has no name"
        ),
        ("--b\n\(disposition)f\n\n1\n--b--\n", "the lines of the multipart body end with LF; they must end with CR LF"),
        (
            "--b\r\n\(disposition)f\nX: 1\r\n\r\n1\r\n--b--",
            "the lines of a part's head in the multipart body end with LF; they must end with CR LF"
        ),
        ("--b\r\n\(disposition)f\n\n1\r\n--b--", "a part of the multipart body has no empty line after its head"),
        ("--b\r\n\(disposition)f\r\n1\r\n--b--", "a part of the multipart body has no empty line after its head"),
        // A line that only begins with the boundary is content (RFC 2046 §5.1.1).
        (
            "--b\r\n\(disposition)f\r\n\r\n1\r\n--bc is text\r\n\(disposition)admin\r\n\r\nyes\r\n--b--",
            "f=1 text 1\r\n--bc is text\r\n\(disposition)admin\r\n\r\nyes"
        ),
        (
            "--b\r\n\(disposition)f\r\n\r\n1\r\n--b--c\r\n--b \tc\r\n--b-\r\n--b--",
            "f=1 text 1\r\n--b--c\r\n--b \tc\r\n--b-"
        ),
        ("--b\r\n\(disposition)f\r\n\r\n1\r\n--b\r2\r\n--b\r\r\n--b--", "f=1 text 1\r\n--b\r2\r\n--b\r"),
        ("--bc\r\n--b\r\n\(disposition)f\r\n\r\n1\r\n--b-- \t\r\n--b\r\n", "f=1 text 1"),
        ("--b\r\n\(disposition)f\r\n\r\n1\r\n--b-- \t", "f=1 text 1"),
        (
            "--b\r\n\(disposition)f\r\n\r\n1\r\n--b--c",
            "the multipart body is cut off: its closing boundary is missing"
        ),
        (
            "--b\r\n\(disposition)f\r\n\r\n1\r\n--b \t",
            "the multipart body is cut off, or a boundary in it does not end its line"
        ),
    ])
    func `a multipart body is read, or refused with the reason`(_ body: String, _ expected: String) async throws {
        let handler = try await Self.handler.value.0
        let reply = try await handler.request(
            "/api/f", body, method: .post, headers: ["content-type": "multipart/form-data; boundary=b"])
        #expect(reply.text == expected)
    }

    private static let handler = Task {
        let app = try TemporaryApp(["f/function.json": TemporaryApp.httpFunction, "f/handler.lua": "return \(code)"])
        return (try await InProcessHandler(root: app.folder.path, settings: InProcessHandler.forwarding), app)
    }
}
