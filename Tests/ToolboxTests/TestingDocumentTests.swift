import EventLoop
import Foundation
import FunctionsModel
import LoopTesting
import Synchronization
import TestSupport
import Testing

@testable import Toolbox

/// Runs the app of docs/testing.md: each block of code is the file that the text names last before it.
struct TestingDocumentTests {
    init() { MainLoopThread.start() }

    private static let page =
        (try? String(
            contentsOf: Repository.root.appending(path: "docs/testing.md"), encoding: .utf8)) ?? ""

    @Test @MainLoop func `every example of the page passes`() async throws {
        var files: [String: String] = [:]
        for part in Self.page.matches(
            of: #/`([\w/]+\.(?:lua|json))`[^`]*?:\n\n```(?:lua|json)\n(.*?)```/#.dotMatchesNewlines())
        {
            files[String(part.1)] = String(part.2)
        }
        #expect(files.count == Self.page.split(separator: "```lua\n").count)
        let folder = try TemporaryApp(files)
        let app = try AppLoader(.folder(folder.folder.path), settings: [:]).load()
        let results = Mutex<[TestResult]>([])
        let run = TestRun(app, files: try TestFiles.find(in: app, []), options: TestRun.Options())
        let summary = await run.run { file in
            #expect(file.failure == nil)
            results.withLock { $0 += file.results }
        }
        for result in results.withLock({ $0 }) {
            #expect(result.failure?.message == nil, "\(result.file): \(result.name)")
        }
        #expect(summary.passed == 8)
    }

    @Test func `the page names every matcher`() throws {
        let expect = try String(
            contentsOf: Repository.root.appending(path: "Sources/CustomHandler/Testing/ExpectChunk.swift"),
            encoding: .utf8)
        let names = expect.matches(of: #/(?m)^ {12}(\w+) = (?:function|number_matcher)/#).map { String($0.1) }
        #expect(names.count == 16)
        for name in names { #expect(Self.page.contains("`:\(name)("), "\(name)") }
    }
}
