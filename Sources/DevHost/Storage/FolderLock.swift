import Files
import FunctionsModel

/// Reserves a folder for one process: a second one would take the same messages and fire the same timers.
struct FolderLock {
    private let lock: FileLock

    /// Throws `Problem` if another process has the folder. The lock ends with the process, however that ends.
    init(_ folder: String) throws {
        guard let lock = try FileLock("\(folder)/lock") else {
            throw Problem(
                folder, "is in use by another `luafunc start`; stop that one, or give one of them another app")
        }
        self.lock = lock
    }
}
