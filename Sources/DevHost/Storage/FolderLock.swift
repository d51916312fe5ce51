import CustomHandler
import Glibc
import SystemPackage

/// Keeps a folder for one process: a second one would take the same messages and fire the same timers.
final class FolderLock: Sendable {
    private let file: FileDescriptor

    /// Throws `Problem` where another process has the folder. The lock ends with the process, however that ends.
    init(_ folder: String) throws {
        file = try FileDescriptor.open(
            FilePath("\(folder)/lock"), .readWrite, options: [.create, .closeOnExec], permissions: [.ownerReadWrite])
        guard flock(file.rawValue, LOCK_EX | LOCK_NB) == 0 else {
            try file.close()
            throw Problem(
                folder, "is in use by another `luafunc start`; stop that one, or give one of them another app")
        }
    }

    deinit {
        // What cannot be closed is gone already.
        try? file.close()
    }
}
