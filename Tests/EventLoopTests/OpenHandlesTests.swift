import Glibc
import LoopTesting
import TestSupport
import Testing

@testable import EventLoop

struct OpenHandlesTests {
    @Test func `no handle is open after everything was closed`() async throws {
        let folder = try TemporaryFolder()
        try await onLoop { loop in
            // Each handle is closed in the middle of its work.
            let pipe = try Pipe()
            let reader = PipeReader(loop, descriptor: pipe.reading, received: { _ in }, ended: {})
            let shared = PipeReader(loop, descriptor: pipe.reading, isShared: true, received: { _ in }, ended: {})
            let signals = SignalWatch(loop, signal: SIGWINCH) {}
            let watcher = FileWatcher(loop) {
                [folder.path]
            } changed: {
            }
            let looker = FileWatcher(loop, ChangeBurst(), FolderWatches(descriptor: -1)) {
                [folder.path]
            } changed: {
            }
            let child = try ChildProcess(
                loop, ChildCommand("sleep", ["1000"], input: .open), output: .lines { _ in }, errors: .pieces { _ in })
            await loop.nextPoll()
            #expect(Set(loop.openHandles) == ["poll", "signal", "timer"])
            for _ in 0..<2 {
                shared.close()
                reader.close()
                signals.close()
                watcher.close()
                looker.close()
                child.close()
            }
            #expect(loop.openHandles == [])
            // The reading end is closed.
            #expect(pipe.losesReader)
            close(pipe.writing)
        }
    }
}
