import HTTP1
import Testing

@testable import CustomHandler

@Suite struct FileAnswerTests {
    private static let tag = "\"abc\""

    @Test(
        arguments: [
            ("bytes=0-99", 206, 0..<100), ("bytes=0-0", 206, 0..<1), ("Bytes=999-", 206, 999..<1000),
            ("bytes=-1", 206, 999..<1000), ("bytes=-5000", 206, 0..<1000), ("bytes=500-5000", 206, 500..<1000),
            ("bytes=0-99999999999999999999999", 206, 0..<1000), ("bytes=1000-", 416, nil), ("bytes=-0", 416, nil),
            ("bytes=99999999999999999999999-", 416, nil), ("bytes=9223372036854775807-9223372036854775807", 416, nil),
            ("bytes=0-9223372036854775807", 206, 0..<1000),
            // Anything else has no effect.
            ("bytes=0-1,5-6", 200, 0..<1000), ("bytes=5-4", 200, 0..<1000), ("bytes=", 200, 0..<1000),
            ("bytes=-", 200, 0..<1000), ("bytes=--1", 200, 0..<1000), ("bytes=+1-2", 200, 0..<1000),
            ("bytes=1 - 2", 200, 0..<1000), ("bytes=a-b", 200, 0..<1000), ("lines=0-1", 200, 0..<1000),
            ("", 200, 0..<1000), ("0-1", 200, 0..<1000), ("bytes=0-1-2", 200, 0..<1000),
        ] as [(String, Int, Range<Int>?)])
    func `a range gives a part, or the whole file`(_ range: String, status: Int, part: Range<Int>?) {
        let answer = FileAnswer(.init(range: [range]), size: 1000, tag: Self.tag)
        #expect(answer.status == status && answer.range == part)
        #expect((answer.contentRange(size: 1000) != nil) == (status != 200))
        #expect(FileAnswer(.init(method: .head, range: [range]), size: 1000, tag: Self.tag).status == 200)
    }

    @Test func `an empty file has no part`() {
        let answer = FileAnswer(.init(range: ["bytes=0-"]), size: 0, tag: Self.tag)
        #expect(answer.status == 416 && answer.contentRange(size: 0) == "bytes */0")
        #expect(FileAnswer(.init(), size: 0, tag: Self.tag).range == 0..<0)
    }

    @Test func `a part of another version is not sent`() {
        for (condition, status) in [
            ("\"abc\"", 206), ("\"other\"", 200), ("W/\"abc\"", 200), ("Tue, 01 Jan 2030 00:00:00 GMT", 200),
        ] {
            let answer = FileAnswer(.init(ifRange: [condition], range: ["bytes=0-1"]), size: 9, tag: Self.tag)
            #expect(answer.status == status, "\(condition)")
        }
        #expect(FileAnswer(.init(range: ["bytes=0-1", "bytes=2-3"]), size: 9, tag: Self.tag).status == 200)
    }

    @Test(arguments: [
        ("\"abc\"", true), ("W/\"abc\"", true), ("*", true), ("\"x\", W/\"y\" , \"abc\"", true),
        ("\"x,\\\", \"abc\"", true),
        ("\"ab\"", false), ("abc", false), ("\"abc", false), ("", false), ("\"*\"", false), ("\"x, \"abc\"", false),
    ])
    func `a caller who has the file gets 304`(_ list: String, hasFile: Bool) {
        let answer = FileAnswer(.init(ifNoneMatch: [list], range: ["bytes=0-1"]), size: 9, tag: Self.tag)
        #expect(answer.status == (hasFile ? 304 : 206))
        #expect(FileAnswer(.init(method: .post, ifNoneMatch: [list]), size: 9, tag: Self.tag).status == 200)
    }

    @Test(arguments: [
        ("a.html", "text/html; charset=utf-8"), ("A.PNG", "image/png"), ("x.tar.gz", "application/gzip"),
        ("none", "application/octet-stream"), ("dot.", "application/octet-stream"),
        ("a.b/c", "application/octet-stream"),
        ("x.js", "text/javascript; charset=utf-8"),
    ])
    func `the content type follows the extension`(_ name: String, type: String) {
        #expect(ContentTypes.type(of: name) == type)
    }
}
