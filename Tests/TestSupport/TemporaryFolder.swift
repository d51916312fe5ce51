import Foundation
public import Glibc
import Synchronization

/// A folder of its own for a test. It is gone with the object, or with the tests if a static keeps that.
public final class TemporaryFolder: Sendable {
    public let path: String

    public init() throws {
        var template = Array("\(NSTemporaryDirectory())luafunc-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw CocoaError(.fileWriteUnknown) }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        Self.present.insert(path)
    }

    deinit { Self.present.remove(path) }

    /// The path of what has that name in it.
    public func callAsFunction(_ name: String) -> String { "\(path)/\(name)" }

    public func makeFolder(_ name: String) throws {
        try FileManager.default.createDirectory(atPath: self(name), withIntermediateDirectories: true)
    }

    /// Writes a file in place, and makes the folders on the way to it.
    public func write(_ text: String, to name: String, permissions: mode_t = 0o644) throws {
        if let slash = name.lastIndex(of: "/") { try makeFolder(String(name[..<slash])) }
        let descriptor = open(self(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, permissions)
        guard descriptor >= 0 else { throw CocoaError(.fileWriteUnknown) }
        let file = FileHandle(fileDescriptor: descriptor)
        try file.write(contentsOf: Data(text.utf8))
        try file.close()
    }

    public func rename(_ name: String, to other: String) throws {
        guard Glibc.rename(self(name), self(other)) == 0 else { throw CocoaError(.fileWriteUnknown) }
    }

    private static let present = Present()

    /// All folders that are there.
    private final class Present: Sendable {
        private let paths = Mutex<Set<String>>([])

        init() {
            atexit {
                let left = TemporaryFolder.present.paths.withLock { $0 }
                for path in left { TemporaryFolder.present.remove(path) }
            }
        }

        func insert(_ path: String) { paths.withLock { _ = $0.insert(path) } }

        func remove(_ path: String) {
            paths.withLock { _ = $0.remove(path) }
            try? FileManager.default.removeItem(atPath: path)
        }
    }
}
