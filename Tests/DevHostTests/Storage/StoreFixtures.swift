import Foundation
import Synchronization
import TestSupport

extension TemporaryFolder {
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

/// A time that stands still until it is told to go on.
final class StoreClock: Sendable {
    private let time = Mutex(Date(timeIntervalSince1970: 1_772_360_430))

    var now: Date { time.withLock { $0 } }

    func advance(_ seconds: TimeInterval) { time.withLock { $0 += seconds } }
}
