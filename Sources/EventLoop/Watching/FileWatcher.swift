internal import Glibc

/// Reports changes in folders. It gets them from the kernel (inotify), so waiting costs nothing. If the kernel cannot
/// report all changes, the watcher compares the folders each second.
///
/// The loop retains it until `close`.
public final class FileWatcher {
    private let loop: EventLoop
    private let folders: @Sendable () -> [String]
    private let changed: () -> Void
    private let looking: ((PollingReason) -> Void)?
    private var poll: Poll?
    private var watches: FolderWatches
    /// The folders that were listed last.
    private var watched: [String] = []
    private var burst: ChangeBurst
    private let burstEnd: Timer
    private let nextLook: Timer
    private let look: FolderScan
    private var sight = Sight.events
    private var isClosed = false

    /// Why the folders are compared each second; nil while the kernel reports everything.
    public private(set) var pollingReason: PollingReason?

    public enum PollingReason: Equatable, Sendable, CustomStringConvertible {
        /// Other machines may change files in this folder's file system without the kernel noticing.
        case silentFileSystem(String)
        case noWatches

        public var description: String {
            switch self {
            case .silentFileSystem(let folder): "the file system of \(folder) does not report all changes"
            case .noWatches:
                "the system has no room for another watch; raise fs.inotify.max_user_watches or "
                    + "fs.inotify.max_user_instances"
            }
        }
    }

    private enum Sight {
        case events
        /// The watcher compares pictures of the folders in addition to events. `last` is nil until the first look has
        /// ended.
        case pictures(last: FolderSnapshot?)
    }

    /// - Parameters:
    ///   - folders: returns absolute paths. It is called again after each burst, because there may be new folders, and
    ///     also on other threads.
    ///   - looking: called with the reason each time the watcher begins to compare the folders each second.
    ///   - changed: called once soon after each burst of changes. It is also called once at the beginning, for changes
    ///     made before the watch began.
    public convenience init(
        _ loop: EventLoop, folders: @escaping @Sendable () -> [String], looking: ((PollingReason) -> Void)? = nil,
        changed: @escaping () -> Void
    ) {
        self.init(loop, ChangeBurst(), FolderWatches(), folders: folders, looking: looking, changed: changed)
    }

    init(
        _ loop: EventLoop, _ burst: ChangeBurst, _ watches: FolderWatches,
        folders: @escaping @Sendable () -> [String], looking: ((PollingReason) -> Void)? = nil,
        changed: @escaping () -> Void
    ) {
        self.loop = loop
        self.folders = folders
        self.changed = changed
        self.looking = looking
        self.burst = burst
        self.watches = watches
        burstEnd = Timer(loop)
        nextLook = Timer(loop)
        look = FolderScan(loop, folders)
        burstEnd.fired = { self.endBurst() }
        nextLook.fired = { self.beginLook() }
        if watches.descriptor >= 0 {
            poll = try? Poll(loop, descriptor: watches.descriptor)
            poll?.ready = { self.readEvents() }
            poll?.start(.readable)
            if poll == nil {
                _ = Glibc.close(watches.descriptor)
                self.watches = FolderWatches(descriptor: -1)
            }
        }
        watch()
        add([])
    }

    /// No callback runs afterwards. Calling it again does nothing.
    public func close() {
        guard !isClosed else { return }
        isClosed = true
        burstEnd.close()
        nextLook.close()
        look.close()
        poll?.close()
        if watches.descriptor >= 0 { _ = Glibc.close(watches.descriptor) }
        sequence?.finish()
    }

    private var sequence: AsyncStream<Void>.Continuation?

    /// Reports changes as an asynchronous sequence instead of calling `changed`. All changes while the consumer is busy
    /// become one element. `close` ends the sequence.
    public static func changes(
        _ loop: EventLoop, folders: @escaping @Sendable () -> [String], looking: ((PollingReason) -> Void)? = nil
    ) -> (FileWatcher, AsyncStream<Void>) {
        let (stream, sequence) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let watcher = FileWatcher(loop, folders: folders, looking: looking) { sequence.yield() }
        watcher.sequence = sequence
        return (watcher, stream)
    }

    // MARK: Events

    private static let bufferSize = 16 << 10

    private func readEvents() {
        var buffer = [UInt8](repeating: 0, count: Self.bufferSize)
        let count = read(watches.descriptor, &buffer, buffer.count)
        guard count > 0 else { return }
        add(InotifyEvents(buffer.span.bytes.extracting(first: count)).changes)
    }

    private func add(_ changes: [ChangeBurst.Change]) {
        let now = MonotonicTime.now
        let end = burst.add(changes, at: now)
        if end > now { burstEnd.start(after: end - now) } else { report() }
    }

    private func endBurst() {
        // The burst is over once two pictures in a row are equal. If they differ, files are still being written.
        if case .pictures(_?) = sight { beginLook() } else { report() }
    }

    private func report() {
        burst.end()
        burstEnd.stop()
        // A new folder is watched before it is read, so that no change is missed.
        watch()
        changed()
    }

    /// Watches all folders. A folder that was created after its parent was listed and before its parent was watched
    /// causes no event. So after a listing with new folders, the folders are listed again.
    private func updateWatches() -> FolderWatches.Verdict {
        var list = folders()
        var verdict = watches.update(list)
        for _ in 0..<Self.mostListings where list != watched {
            watched = list
            list = folders()
            if list != watched { verdict = watches.update(list) }
        }
        return verdict
    }

    /// The limit for the case that some program creates folders all the time. The next event comes soon anyway.
    private static let mostListings = 8

    private func watch() {
        switch updateWatches() {
        case .everything:
            sight = .events
            pollingReason = nil
            look.close()
            nextLook.stop()
        case .notThere: beginLooking()
        case .incomplete(let reason):
            let isNew = pollingReason == nil
            pollingReason = reason
            beginLooking()
            if isNew { looking?(reason) }
        }
    }

    // MARK: Looking

    private static let pauseBetweenLooks = Duration.seconds(1)

    private func beginLooking() {
        guard case .events = sight else { return }
        sight = .pictures(last: nil)
        beginLook()
    }

    private func beginLook() {
        nextLook.stop()
        if !look.isUnderWay { look.begin { self.take($0) } }
    }

    private func take(_ picture: FolderSnapshot?) {
        guard case .pictures(let last) = sight else { return }
        nextLook.start(after: Self.pauseBetweenLooks)
        guard let picture else { return }
        sight = .pictures(last: picture)
        if picture != last {
            // The first picture counts as a change too, because nobody knows what happened before it.
            add([])
        } else if burst.isUnderWay {
            report()
        }
    }
}
