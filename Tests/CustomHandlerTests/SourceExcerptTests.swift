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
}
