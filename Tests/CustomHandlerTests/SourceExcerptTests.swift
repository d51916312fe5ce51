import FoundationEssentials
import FunctionsModel
import TestSupport
import Testing

@testable import CustomHandler

@Suite struct SourceExcerptTests {
    @Test(arguments: ["-9223372036854775808", "9223372036854775807", "0", "-1"])
    func `an error that names an impossible line has no excerpt`(_ line: String) throws {
        let app = try TemporaryApp(["f/handler.lua": "return 1"])
        let files = AppFiles(.folder(app.folder.path))
        #expect(SourceExcerpt(["f/handler.lua:\(line): x"], files: files) == nil)
    }

    @Test func `lines may end with a carriage return, and are cut if they are very long`() throws {
        let long = String(repeating: "x", count: 2000)
        let app = try TemporaryApp(["f/handler.lua": "one\r\n\(long)\r\nthree\r\n4\n5\n6"])
        let excerpt = SourceExcerpt(["f/handler.lua:2: x"], files: AppFiles(.folder(app.folder.path)))
        #expect(excerpt?.lines.map(\.text) == ["one", String(repeating: "x", count: 500) + " …", "three", "4", "5"])
    }
}
