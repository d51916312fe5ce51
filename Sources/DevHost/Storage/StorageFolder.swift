import FoundationEssentials
import Glibc
import SystemPackage

/// The files of one store, named relative to its folder.
///
/// Each is written aside and gets its name when it is whole, so a kill at any moment leaves the old file or the new one.
/// That the machine loses its power is not provided for.
struct StorageFolder: Sendable {
    private let path: String

    /// No queue, container or function has a name that begins with a dot.
    private static let unfinished = ".unfinished"
    private static let damaged = ".damaged"

    init(_ path: String) throws(StorageError) {
        self.path = path
        for name in try entries(of: Self.unfinished) { try remove("\(Self.unfinished)/\(name)") }
    }

    /// Of a file or a folder; nil where there is none.
    func status(of name: String, throughLinks: Bool = true) throws(StorageError) -> Stat? {
        do {
            return try Stat(FilePath(absolute(name)), followTargetSymlink: throughLinks)
        } catch Errno.noSuchFileOrDirectory, Errno.notDirectory {
            return nil
        } catch {
            throw .file(.look, absolute(name), error)
        }
    }

    /// In alphabetical order; empty where there is no such folder.
    func entries(of folder: String = "") throws(StorageError) -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: absolute(folder)).sorted()
        } catch {
            guard try status(of: folder) != nil else { return [] }
            throw .unreadable(absolute(folder))
        }
    }

    /// nil where there is no such file.
    func read(_ name: String) throws(StorageError) -> [UInt8]? {
        if let content = FileManager.default.contents(atPath: absolute(name)) { return [UInt8](content) }
        guard try status(of: name)?.type == .regular else { return nil }
        throw .unreadable(absolute(name))
    }

    func write(_ bytes: [UInt8], to name: String) throws(StorageError) {
        let unfinished = "\(Self.unfinished)/\(UUID().uuidString)"
        try add(bytes, to: unfinished)
        do throws(StorageError) {
            try move(unfinished, to: name)
        } catch {
            try remove(unfinished)
            throw error
        }
    }

    /// A kill may leave the beginning of these bytes.
    func add(_ bytes: [UInt8], to name: String) throws(StorageError) {
        try makingFolders(for: name) {
            let options: FileDescriptor.OpenOptions = [.append, .create, .closeOnExec]
            let permissions: FilePermissions = [.ownerReadWrite, .groupRead, .otherRead]
            let file = try FileDescriptor.open(
                absolute(name), .writeOnly, options: options, permissions: permissions)
            try file.closeAfter { _ = try file.writeAll(bytes) }
        }
    }

    /// Takes the place of a file of that name.
    func move(_ name: String, to other: String) throws(StorageError) {
        try makingFolders(for: other) {
            guard rename(absolute(name), absolute(other)) == 0 else { throw Errno(rawValue: errno) }
        }
    }

    /// A file that is gone already is no error.
    func remove(_ name: String) throws(StorageError) {
        guard unlink(absolute(name)) != 0, errno != ENOENT else { return }
        throw .file(.remove, absolute(name), Errno(rawValue: errno))
    }

    /// Keeps a copy of a damaged file where it is in nobody's way, and tells where that is.
    func setAside(_ bytes: [UInt8], of name: String) throws(StorageError) -> String {
        // Never the place of one that was damaged before.
        let place = "\(Self.damaged)/\(UUID().uuidString.prefix(8))-\(name.replacing("/", with: "-"))"
        try write(bytes, to: place)
        return absolute(place)
    }

    func absolute(_ name: String) -> String { name.isEmpty ? path : "\(path)/\(name)" }

    /// Folders are made when a file needs them, so one that was removed by hand comes back.
    private func makingFolders(for name: String, _ body: () throws -> Void) throws(StorageError) {
        do {
            do {
                try body()
            } catch Errno.noSuchFileOrDirectory {
                try makeFolder(FilePath(absolute(name)).removingLastComponent())
                try body()
            }
        } catch {
            throw .file(.write, absolute(name), (error as? Errno) ?? .ioError)
        }
    }

    private func makeFolder(_ folder: FilePath) throws {
        guard mkdir(folder.string, 0o777) != 0 else { return }
        switch Errno(rawValue: errno) {
        case .fileExists: return
        case .noSuchFileOrDirectory where !folder.isEmpty:
            try makeFolder(folder.removingLastComponent())
            try makeFolder(folder)
        case let reason: throw reason
        }
    }
}
