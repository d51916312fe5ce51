internal import Glibc

/// Reserves a file for one process. The lock ends when the object is freed, or when the process ends for any reason.
public final class FileLock: Sendable {
    private let file: FileDescriptor

    /// Locks the file, or returns nil if another process has locked it. Creates the file if it is missing. The file is
    /// never removed: a process that still has the removed file open would lock a file that nobody else can see.
    public init?(_ path: String) throws(FileError) {
        let file = try FileDescriptor(opening: path, .readWrite, permissions: 0o600)
        do throws(FileError) {
            _ = try attempt(.lock, path) { flock(file.rawValue, LOCK_EX | LOCK_NB) }
        } catch {
            if error.code == EWOULDBLOCK { return nil }
            throw error
        }
        self.file = file
    }
}
