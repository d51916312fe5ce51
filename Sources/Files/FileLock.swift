internal import Glibc

/// Reserves a file for one process. The lock ends with the object, or with the process, however that ends.
public final class FileLock: Sendable {
    private let file: FileDescriptor

    /// Makes the file if it is missing, and never removes it: whoever waits for a removed file's lock gets one that
    /// nobody else sees. nil if somebody else has the lock.
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
