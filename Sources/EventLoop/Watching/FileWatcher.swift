internal import Glibc

/// Reports changes in folders. The kernel reports them (inotify), so that waiting costs nothing; if it cannot, the
/// watcher compares the folders each second.
///
/// The loop keeps it until `close`.
public final class FileWatcher {
    private let loop: EventLoop
    private let folders: @Sendable () -> [String]
    private let changed: () -> Void
    private let looking: ((Blindness) -> Void)?
    private var poll: Poll?
    private var watches: FolderWatches
    /// The folders that were listed last.
    private var watched: [String] = []
    private var burst: ChangeBurst
    private let burstEnd: Timer
    private let nextLook: Timer
    private let look: FolderLook
    private var sight = Sight.events
    private var isClosed = false

    /// Why the folders are compared each second; nil while the kernel reports everything.
    public private(set) var blindness: Blindness?

    public enum Blindness: Equatable, Sendable, CustomStringConvertible {
        /// The folder's file system may change without the kernel's knowledge.
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
        /// Pictures are compared in addition to events; nil until the first look has ended.
        case pictures(last: FolderPicture?)
    }

    /// - Parameters:
    ///   - folders: returns absolute paths; called again after each burst, as there may be new folders. Also called on
    ///     other threads.
    ///   - looking: called with the reason each time the watcher begins to compare the folders each second.
    ///   - changed: called once at first, for changes before the watch, and once soon after each burst of changes.
    public convenience init(
        _ loop: EventLoop, folders: @escaping @Sendable () -> [String], looking: ((Blindness) -> Void)? = nil,
        changed: @escaping () -> Void
    ) {
        self.init(loop, ChangeBurst(), FolderWatches(), folders: folders, looking: looking, changed: changed)
    }

    init(
        _ loop: EventLoop, _ burst: ChangeBurst, _ watches: FolderWatches,
        folders: @escaping @Sendable () -> [String], looking: ((Blindness) -> Void)? = nil,
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
        look = FolderLook(loop, folders)
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

    /// Nothing is called afterwards. Calling it again does nothing.
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

    /// Reports to a task, as `changed` does. Changes while the task is busy become one element; `close` ends the
    /// sequence.
    public static func changes(
        _ loop: EventLoop, folders: @escaping @Sendable () -> [String], looking: ((Blindness) -> Void)? = nil
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
        // A picture that differs from the last shows that files are still being written.
        if case .pictures(_?) = sight { beginLook() } else { report() }
    }

    private func report() {
        burst.end()
        burstEnd.stop()
        // A new folder is watched before it is read, so that no change is missed.
        watch()
        changed()
    }

    /// A folder that was made after its parent was listed and before its parent was watched makes no event. So after a
    /// list with new folders, another one is made.
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

    /// For folders that somebody makes all the time; their next event comes soon.
    private static let mostListings = 8

    private func watch() {
        switch updateWatches() {
        case .everything:
            sight = .events
            blindness = nil
            look.close()
            nextLook.stop()
        case .notThere: beginLooking()
        case .incomplete(let reason):
            let isNew = blindness == nil
            blindness = reason
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

    private func take(_ picture: FolderPicture?) {
        guard case .pictures(let last) = sight else { return }
        nextLook.start(after: Self.pauseBetweenLooks)
        guard let picture else { return }
        sight = .pictures(last: picture)
        if picture != last {
            // Also for the first picture: nobody knows what happened before it.
            add([])
        } else if burst.isUnderWay {
            report()
        }
    }
}
