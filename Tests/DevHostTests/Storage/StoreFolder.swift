import Foundation
import Synchronization

/// A folder for one test. It is removed together with this object.
final class StoreFolder: Sendable {
    let path = NSTemporaryDirectory() + "stores-" + UUID().uuidString

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ text: String, to name: String) throws {
        let file = URL(filePath: "\(path)/\(name)")
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
    }

    func text(_ name: String) -> String? { try? String(contentsOfFile: "\(path)/\(name)", encoding: .utf8) }

    /// All files below a folder, in alphabetical order.
    func files(in folder: String = "") -> [String] {
        let all = FileManager.default.subpaths(atPath: "\(path)/\(folder)") ?? []
        return all.filter { name in
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(atPath: "\(path)/\(folder)/\(name)", isDirectory: &isFolder)
                && !isFolder.boolValue
        }.sorted()
    }
}

/// A clock that stands still until the test moves it.
final class StoreClock: Sendable {
    private let time = Mutex(Date(timeIntervalSince1970: 1_772_360_430))

    var now: Date { time.withLock { $0 } }

    func advance(_ seconds: TimeInterval) { time.withLock { $0 += seconds } }
}
