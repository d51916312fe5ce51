/// Decides when a burst of changes is over, such as the changes of a checkout. It has no clock of its own.
struct ChangeBurst {
    /// A file in a watched folder.
    struct File: Hashable {
        /// inotify's number for the folder.
        let watch: Int32
        let name: [UInt8]
    }

    enum Change {
        case written(File)
        /// The file was closed after writing, created, removed, moved, or touched.
        case done(File)
        /// The kernel has dropped events, so anything may have changed.
        case lost
    }

    /// The pause without changes that ends a burst.
    var pause = Duration.milliseconds(15)
    var longest = Duration.milliseconds(100)
    /// The longest burst while a file is still open for writing: its writer may keep it open for long.
    var longestUnfinished = Duration.seconds(1)

    private var began: MonotonicTime?
    /// Files that were written to but not closed yet. An editor may have truncated such a file to write it anew.
    private var unfinished: Set<File> = []

    /// Adds changes that became known together. Even an empty list begins a burst. Returns the time at which the burst
    /// is over unless more changes follow.
    mutating func add(_ changes: [Change], at now: MonotonicTime) -> MonotonicTime {
        for change in changes {
            switch change {
            case .written(let file): unfinished.insert(file)
            case .done(let file): unfinished.remove(file)
            case .lost: unfinished = []
            }
        }
        let began = began ?? now
        self.began = began
        return unfinished.isEmpty ? min(now + pause, began + longest) : began + longestUnfinished
    }

    var isUnderWay: Bool { began != nil }

    mutating func end() {
        began = nil
        unfinished = []
    }
}
