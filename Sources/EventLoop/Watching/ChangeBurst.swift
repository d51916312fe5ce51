/// Decides when a burst of changes is over, such as a checkout makes. It has no clock of its own.
struct ChangeBurst {
    /// A file in a watched folder.
    struct File: Hashable {
        /// inotify's number for the folder.
        let watch: Int32
        let name: [UInt8]
    }

    enum Change {
        case written(File)
        /// Closed, made, removed, moved, or touched.
        case done(File)
        /// Changes were lost, so anything may have happened.
        case lost
    }

    /// The pause without changes that ends a burst.
    var pause = Duration.milliseconds(15)
    var longest = Duration.milliseconds(100)
    /// For files that somebody keeps open.
    var longestUnfinished = Duration.seconds(1)

    private var began: MonotonicTime?
    /// Files written to but not closed yet. One may just have been truncated before it is written anew.
    private var unfinished: Set<File> = []

    /// Adds changes that became known together; even an empty list begins a burst. Returns when the burst will be over
    /// if nothing else comes.
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
