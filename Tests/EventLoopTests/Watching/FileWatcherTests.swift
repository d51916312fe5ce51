import Files
import Glibc
import LoopTesting
import Synchronization
import TestSupport
import Testing

@testable import EventLoop

struct FileWatcherTests {
    /// Counts the changes that a watcher reports.
    private final class Watched {
        private(set) var changes = 0
        private(set) var reasons: [FileWatcher.PollingReason] = []
        private let waiter: Waiter
        private(set) var watcher: FileWatcher?

        init(
            _ loop: EventLoop, _ burst: ChangeBurst = ChangeBurst(),
            _ watches: FolderWatches = FolderWatches(),
            folders: @escaping @Sendable () -> [String]
        ) {
            waiter = Waiter(loop)
            watcher = FileWatcher(
                loop, burst, watches, folders: folders, looking: { [unowned self] in reasons.append($0) },
                changed: { [unowned self] in
                    changes += 1
                    waiter.changed()
                })
        }

        func change(_ number: Int) async throws {
            try await waiter.wait(for: "change \(number)") { [unowned self] in changes >= number }
        }

        func close() { watcher?.close() }
    }

    @Test func `a file that is still being written is not a change yet`() async throws {
        let folder = try TemporaryFolder()
        try folder.write("return 1", to: "module.lua")
        try await onLoop { loop in
            var patient = ChangeBurst()
            patient.longestUnfinished = .seconds(3600)
            let watched = Watched(loop, patient) { [folder.path] }
            try await watched.change(1)
            // This burst gets the same events in the same polls, but does not wait for files.
            var hasty = ChangeBurst()
            hasty.pause = .milliseconds(20)
            hasty.longestUnfinished = .milliseconds(20)
            let witness = Watched(loop, hasty) { [folder.path] }
            try await witness.change(1)
            let file = open(folder("module.lua"), O_WRONLY | O_TRUNC | O_CLOEXEC)
            for number in 2..<5 {
                #expect(write(file, " ", 1) == 1)
                try await witness.change(number)
            }
            #expect(watched.changes == 1)
            close(file)
            try await watched.change(2)
            watched.close()
            witness.close()
        }
    }

    @Test func `made, changed, moved and removed files are changes`() async throws {
        let folder = try TemporaryFolder()
        try await onLoop { loop in
            let watched = Watched(loop) { [folder.path] }
            try await watched.change(1)
            try folder.write("1", to: "a")
            try await watched.change(2)
            try folder.write("2", to: "a")
            try await watched.change(3)
            try folder.rename("a", to: "b")
            try await watched.change(4)
            #expect(chmod(folder("b"), 0o600) == 0)
            try await watched.change(5)
            #expect(unlink(folder("b")) == 0)
            try await watched.change(6)
            #expect(watched.watcher?.pollingReason == nil)
            watched.close()
            watched.close()
        }
    }

    @Test func `a new folder is watched when its change is reported`() async throws {
        let folder = try TemporaryFolder()
        let hasInner = Mutex(false)
        try await onLoop { loop in
            let watched = Watched(loop) { hasInner.withLock { $0 } ? [folder.path, folder("inner")] : [folder.path] }
            try await watched.change(1)
            hasInner.withLock { $0 = true }
            try folder.makeFolder("inner")
            try await watched.change(2)
            try folder.write("1", to: "inner/a")
            try await watched.change(3)
            watched.close()
        }
    }

    @Test func `a folder that replaces the watched one is watched, and the old one is not`() async throws {
        let folder = try TemporaryFolder()
        try folder.makeFolder("app")
        try folder.makeFolder("next")
        try await onLoop { loop in
            let watched = Watched(loop) { [folder("app")] }
            try await watched.change(1)
            try folder.rename("app", to: "old")
            try folder.rename("next", to: "app")
            // The two changes may be one burst, or the second may only be found by a comparison.
            try await watched.change(2)
            let changes = watched.changes
            try folder.write("1", to: "app/a")
            try await watched.change(changes + 1)
            watched.close()
        }
    }

    @Test func `a folder that was removed is looked for until it is back`() async throws {
        let folder = try TemporaryFolder()
        try folder.makeFolder("app")
        try await onLoop { loop in
            let watched = Watched(loop) { [folder("app")] }
            try await watched.change(1)
            #expect(rmdir(folder("app")) == 0)
            try await watched.change(2)
            // This change comes from the comparison that finds nothing.
            try await watched.change(3)
            try folder.makeFolder("app")
            try await watched.change(4)
            #expect(watched.reasons == [])
            try folder.write("1", to: "app/a")
            try await watched.change(5)
            watched.close()
        }
    }

    @Test func `without watches, folders are compared, and the reason is reported once`() async throws {
        let folder = try TemporaryFolder()
        try folder.write("1", to: "a")
        try await onLoop { loop in
            let watched = Watched(loop, ChangeBurst(), FolderWatches(descriptor: -1)) { [folder.path] }
            #expect(watched.watcher?.pollingReason == .noWatches)
            // One change comes at first and one after the first comparison, because it is not known what happened
            // before.
            try await watched.change(1)
            try folder.write("12", to: "a")
            try await watched.change(2)
            try folder.rename("a", to: "b")
            try await watched.change(3)
            #expect(watched.reasons == [.noWatches])
            watched.close()
        }
    }

    @Test func `when watches run out, folders are compared until there is room again`() async throws {
        let folder = try TemporaryFolder()
        try folder.makeFolder("inner")
        let hasRoom = Mutex(false)
        try await onLoop { loop in
            let inner = folder("inner")
            let watches = FolderWatches { descriptor, path, events in
                if path == inner, !hasRoom.withLock({ $0 }) {
                    errno = ENOSPC
                    return -1
                }
                return inotify_add_watch(descriptor, path, events)
            }
            let watched = Watched(loop, ChangeBurst(), watches) { [folder.path, inner] }
            #expect(watched.watcher?.pollingReason == .noWatches && watched.reasons == [.noWatches])
            try await watched.change(1)
            try folder.write("1", to: "inner/a")
            try await watched.change(watched.changes + 1)
            hasRoom.withLock { $0 = true }
            // The other folder still reports events.
            try folder.write("1", to: "a")
            try await watched.change(watched.changes + 1)
            #expect(watched.watcher?.pollingReason == nil)
            try folder.write("2", to: "inner/a")
            try await watched.change(watched.changes + 1)
            #expect(watched.reasons == [.noWatches])
            watched.close()
        }
    }

    @Test func `a folder that is made between the listing and the watch of its parent is watched`() async throws {
        let folder = try TemporaryFolder()
        try await onLoop { loop in
            let watched = Watched(loop) {
                let all = [folder.path, folder("inner"), folder("inner/deep")].filter { File.kind(of: $0) == .folder }
                if all.count == 2 { try? folder.makeFolder("inner/deep") }
                return all
            }
            try await watched.change(1)
            try folder.makeFolder("inner")
            try await watched.change(2)
            try folder.write("1", to: "inner/deep/a")
            try await watched.change(3)
            watched.close()
        }
    }

    @Test func `if the file system is silent, folders are compared too, and events still count`() async throws {
        let folder = try TemporaryFolder()
        let number = FolderWatches.fileSystem(of: folder.path)
        try #require(number != 0)
        try await onLoop { loop in
            let watched = Watched(loop, ChangeBurst(), FolderWatches(silentFileSystems: [number])) { [folder.path] }
            #expect(watched.watcher?.pollingReason == .silentFileSystem(folder.path))
            try await watched.change(1)
            for number in 2..<5 {
                try folder.write("\(number)", to: "a")
                try await watched.change(number)
            }
            #expect(watched.reasons == [.silentFileSystem(folder.path)])
            watched.close()
        }
    }

    @Test func `a watcher can be closed by its callback and during a comparison`() async throws {
        let folder = try TemporaryFolder()
        try await onLoop { loop in
            let waiter = Waiter(loop)
            var watcher: FileWatcher?
            var changes = 0
            watcher = FileWatcher(loop, ChangeBurst(), FolderWatches(descriptor: -1)) {
                [folder.path]
            } changed: {
                changes += 1
                watcher?.close()
                waiter.changed()
            }
            try await waiter.wait(for: "a change") { changes > 0 }
            FileWatcher(loop) {
                [folder.path]
            } changed: {
            }.close()
            FileWatcher(loop, ChangeBurst(), FolderWatches(descriptor: -1)) {
                [folder.path]
            } changed: {
            }.close()
        }
    }

    @Test func `changes are also a sequence, which ends with the watcher`() async throws {
        let folder = try TemporaryFolder()
        try await onLoop { loop in
            let (watcher, changes) = FileWatcher.changes(loop) { [folder.path] }
            var iterator = changes.makeAsyncIterator()
            #expect(await iterator.next() != nil)
            try folder.write("1", to: "a")
            #expect(await iterator.next() != nil)
            watcher.close()
            #expect(await iterator.next() == nil)
            #expect(loop.isCurrent)
        }
    }

    @Test func `each reason for comparing folders is a sentence`() {
        #expect(
            "\(FileWatcher.PollingReason.silentFileSystem("/app"))"
                == "the file system of /app does not report all changes"
        )
        #expect(
            "\(FileWatcher.PollingReason.noWatches)"
                == "the system has no room for another watch; raise fs.inotify.max_user_watches or "
                + "fs.inotify.max_user_instances")
    }

    @Test func `a snapshot contains names, sizes and times, but not the order`() throws {
        let folder = try TemporaryFolder()
        try folder.makeFolder("inner")
        func picture() -> FolderSnapshot { FolderSnapshot(of: [folder.path, folder("inner")]) }
        var seen = [picture()]
        func isNew() -> Bool {
            let now = picture()
            defer { seen.append(now) }
            return !seen.contains(now) && now == picture()
        }
        try folder.write("1", to: "a")
        #expect(isNew())
        try folder.rename("a", to: "b")
        #expect(isNew())
        try folder.write("12", to: "b")
        #expect(isNew())
        var times = utimbuf(actime: 1, modtime: 1)
        #expect(utime(folder("b"), &times) == 0)
        #expect(isNew())
        try folder.write("12", to: "inner/b")
        #expect(isNew())
        #expect(FolderSnapshot(of: [folder("inner"), folder.path]) == picture())
        #expect(FolderSnapshot(of: [folder("none")]) == FolderSnapshot(of: []))
        #expect(FolderSnapshot(bytes: picture().bytes) == picture())
        #expect(FolderSnapshot(bytes: [1, 2]) == nil)
        #expect(unlink(folder("inner/b")) == 0)
        #expect(rmdir(folder("inner")) == 0)
        #expect(isNew())
    }
}
