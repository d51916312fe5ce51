import Files
import FunctionsModel

/// Reserves a folder for one process, because a second one would receive the same messages and fire the same timers.
struct FolderLock {
    private let lock: FileLock

    /// Throws `Problem` if another process has locked the folder. The lock ends with the process, even if that is
    /// killed.
    init(_ folder: String) throws {
        guard let lock = try FileLock("\(folder)/lock") else {
            throw Problem(
                folder, "is in use by another `luafunc start`; stop it, or start a different app")
        }
        self.lock = lock
    }
}
