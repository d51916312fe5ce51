/// Decides when a burst of changes is over, as a checkout makes many. Knows no clock: it is told the time.
struct ChangeBurst {
    /// A file in a watched folder.
    struct File: Hashable {
        /// The number that inotify gave the folder.
        let watch: Int32
        let name: [UInt8]
    }

    enum Change {
        case written(File)
        /// Closed, made, removed, moved, or touched.
        case done(File)
        /// Of what happened nothing more is known.
        case lost
    }

    /// So long nothing must have changed.
    var pause = Duration.milliseconds(15)
    var longest = Duration.milliseconds(100)
    /// For files that somebody keeps open.
    var longestUnfinished = Duration.seconds(1)

    private var began: MonotonicTime?
    /// Files that were written to and not closed yet. One may just have been cut to nothing, to be written anew.
    private var unfinished: Set<File> = []

    /// Takes up changes that became known together; an empty list begins a burst too. Answers when the burst will be over
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
