internal import CUV
internal import Glibc

/// The folders that an inotify descriptor watches.
struct FolderWatches {
    /// -1 if the user has reached the system's limit of inotify descriptors.
    let descriptor: Int32
    private let silentFileSystems: Set<UInt32>
    private let add: Add
    private var watches: Set<Int32> = []

    /// `inotify_add_watch`: returns the number of the watch, or -1 with the reason in `errno`.
    typealias Add = (_ descriptor: Int32, _ folder: String, _ events: UInt32) -> Int32

    init(
        descriptor: Int32 = inotify_init1(Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC)),
        silentFileSystems: Set<UInt32> = Self.silentFileSystems,
        add: @escaping Add = { inotify_add_watch($0, $1, $2) }
    ) {
        self.descriptor = descriptor
        self.silentFileSystems = silentFileSystems
        self.add = add
    }

    /// `IN_MODIFY` extends a burst while a file is written, because a file that was just truncated is not saved yet.
    /// `IN_MOVE_SELF` is needed because inotify follows a folder that was moved, and another folder may take its path.
    private static let events =
        UInt32(IN_CLOSE_WRITE) | UInt32(IN_MODIFY) | UInt32(IN_CREATE) | UInt32(IN_DELETE) | UInt32(IN_MOVED_FROM)
        | UInt32(IN_MOVED_TO) | UInt32(IN_ATTRIB) | UInt32(IN_DELETE_SELF) | UInt32(IN_MOVE_SELF)

    /// How completely the kernel will report changes in the folders.
    enum Verdict: Equatable {
        case everything
        /// A folder does not exist, or cannot be read. That is no reason to warn.
        case notThere
        case incomplete(FileWatcher.PollingReason)
    }

    /// Watches exactly these folders, and keeps existing watches.
    mutating func update(_ folders: [String]) -> Verdict {
        var verdict = Verdict.everything
        var kept: Set<Int32> = []
        for folder in folders {
            let watch = add(descriptor, folder, Self.events)
            if watch >= 0 {
                kept.insert(watch)
                if silentFileSystems.contains(Self.fileSystem(of: folder)) {
                    verdict = .incomplete(.silentFileSystem(folder))
                }
            } else if descriptor < 0 || errno == ENOSPC {
                if case .incomplete = verdict {} else { verdict = .incomplete(.noWatches) }
            } else if verdict == .everything {
                verdict = .notThere
            }
        }
        for watch in watches.subtracting(kept) { _ = inotify_rm_watch(descriptor, watch) }
        watches = kept
        return verdict
    }

    /// The number of the path's file system in <linux/magic.h>, or 0 if unknown.
    static func fileSystem(of path: String) -> UInt32 { cuv_file_system(path) }

    /// File systems that other machines can change without this kernel noticing: NFS, 9p, FUSE, SMB 1 to 3, Ceph,
    /// Lustre, GPFS, AFS and VirtualBox's shared folders. Docker on a Mac mounts folders with FUSE or 9p.
    static let silentFileSystems: Set<UInt32> = [
        0x6969, 0x0102_1997, 0x6573_5546, 0x517B, 0xFF53_4D42, 0xFE53_4D42, 0x00C3_6400, 0x0BD0_0BD0, 0x4750_4653,
        0x5346_414F, 0x786F_4256,
    ]
}
