import Foundation
import NIOPosix
import TestSupport
import Testing

@testable import CustomHandler

@Suite struct FolderWatcherTests {
    @Test func `a file that is still being written is no change yet`() async throws {
        let app = try TemporaryApp(["module.lua": "return 1"])
        let folder = app.folder.path
        let watcher = try await FolderWatcher(eventLoop: MultiThreadedEventLoopGroup.singleton.next()) { [folder] }
        defer { watcher.stop() }
        var changes = watcher.changes.makeAsyncIterator()
        await changes.next()
        let file = try FileHandle(forWritingTo: app.folder.appending(path: "module.lua"))
        let writing = Task.detached {
            try file.truncate(atOffset: 0)
            // Longer than a burst of changes is waited for.
            let end = ContinuousClock.now + .milliseconds(200)
            while ContinuousClock.now < end { try file.write(contentsOf: Data(" ".utf8)) }
            let closed = ContinuousClock.now
            try file.close()
            return closed
        }
        await changes.next()
        let told = ContinuousClock.now
        #expect(try await writing.value < told)
    }
}
