internal import Glibc

/// The system's information about a file or a folder.
public struct FileStatus: Hashable, Sendable {
    public let kind: Kind
    public let size: Int64
    /// The time of the last change, in nanoseconds since 1970.
    public let modifiedNanoseconds: Int64
    /// The time of the last change of the content, the name or the permissions. No program can set it back.
    public let changedNanoseconds: Int64
    /// The file's number in its file system. A file that replaces another one has a different number.
    public let inode: UInt64
    public let device: UInt64
    /// The permission bits, as `chmod` takes them.
    public let permissions: UInt32

    public enum Kind: Sendable {
        case file, folder, link
        /// A device, a pipe or a socket.
        case other
    }

    init(_ status: stat) {
        kind =
            switch status.st_mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .folder
            case S_IFLNK: .link
            default: .other
            }
        size = Int64(status.st_size)
        modifiedNanoseconds = Self.nanoseconds(status.st_mtim)
        changedNanoseconds = Self.nanoseconds(status.st_ctim)
        inode = UInt64(status.st_ino)
        device = UInt64(status.st_dev)
        permissions = UInt32(status.st_mode & 0o7777)
    }

    private static func nanoseconds(_ time: timespec) -> Int64 {
        // A file system may report any number of seconds, so the result may overflow.
        let (whole, overflows) = Int64(time.tv_sec).multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, overflowsToo) = whole.addingReportingOverflow(Int64(time.tv_nsec))
        return overflows || overflowsToo ? (time.tv_sec < 0 ? .min : .max) : sum
    }

    /// Whether the last change is more than two seconds ago. A younger file may change again without getting another
    /// time, because clocks of file systems are coarse.
    public var isSettled: Bool {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Self.nanoseconds(now).subtractingReportingOverflow(changedNanoseconds).partialValue > 2_000_000_000
    }
}
