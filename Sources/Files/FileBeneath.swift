internal import CFiles
internal import Glibc

/// A file or folder that was opened for reading beneath a folder. Links are followed as long as they stay in that
/// folder.
///
/// Opening never waits for the other end of a pipe. Check the kind before reading.
public struct FileBeneath: ~Copyable {
    /// Its path is absolute and without links.
    public let descriptor: FileDescriptor
    /// The path beneath the folder, without links.
    public let path: String

    /// - Parameters:
    ///   - path: relative, without "..".
    ///   - folder: its `path` must be absolute and without links.
    public init(_ path: String, in folder: borrowing FileDescriptor) throws(FileError) {
        try self.init(path, in: folder, usesSystem: true)
    }

    /// - Parameter usesSystem: false to open component by component even where the system can do it, for tests.
    init(_ path: String, in folder: borrowing FileDescriptor, usesSystem: Bool) throws(FileError) {
        let names = Path.components(of: path).map(String.init)
        let full = Path.join(folder.path, path)
        guard !path.hasPrefix("/"), !names.contains("..") else { throw FileError(.open, full, code: EXDEV) }
        let plain = names.joined(separator: "/")
        if usesSystem, let number = try Self.open(plain, full, folder.rawValue) {
            self.init(FileDescriptor(owning: number, path: Path.join(folder.path, plain)), plain)
        } else {
            var walk = Walk(from: folder, to: full)
            try walk.run(names)
            let found = walk.path
            self.init(try walk.take(), found)
        }
    }

    private init(_ descriptor: consuming FileDescriptor, _ path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    /// Opens a path that contains no link. Returns nil if it contains one, or if the system cannot say so: kernels
    /// before Linux 5.6, and sandboxes that do not know the call.
    private static func open(_ path: String, _ full: String, _ folder: Int32) throws(FileError) -> Int32? {
        do throws(FileError) {
            return try attempt(.open, full) { cfiles_openbeneath(folder, path.isEmpty ? "." : path) }
        } catch {
            switch error.code {
            case ENOENT, ENOTDIR, EACCES, ENAMETOOLONG, EMFILE, ENFILE, ENXIO: throw error
            default: return nil
            }
        }
    }
}

/// Opens a path component by component, and resolves links itself. The kernel resolves neither a link nor "..", so
/// nobody can lead the walk out of the folder by changing the file system meanwhile.
private struct Walk: ~Copyable {
    private let base: Int32
    private let basePath: String
    private let full: String
    /// The open folders on the way, and at the end the file.
    private var opened: [Int32] = []
    private var names: [String] = []
    /// Whether the last descriptor can be read. Folders on the way are only opened to go through them.
    private var isReadable = false

    /// The maximum number of links, the same as Linux'.
    private static let linkLimit = 40
    /// Each link of a chain may make the rest of the path longer.
    private static let nameLimit = 4096

    init(from folder: borrowing FileDescriptor, to full: String) {
        base = folder.rawValue
        basePath = folder.path
        self.full = full
    }

    deinit { for number in opened { _ = close(number) } }

    var path: String { names.joined(separator: "/") }
    private var current: Int32 { opened.last ?? base }

    mutating func run(_ path: [String]) throws(FileError) {
        var rest = Array(path.reversed())
        var links = 0
        while let name = rest.popLast() {
            if name == ".." {
                // Only the target of a link contains "..".
                guard !opened.isEmpty else { throw FileError(.open, full, code: EXDEV) }
                leave(1)
            } else if let target = try target(ofLink: name) {
                links += 1
                guard links <= Self.linkLimit, rest.count < Self.nameLimit else {
                    throw FileError(.open, full, code: ELOOP)
                }
                rest += try names(in: target).reversed()
            } else {
                try enter(name, isLast: rest.isEmpty)
            }
        }
    }

    /// The descriptor at the end of the way, which the caller then owns.
    mutating func take() throws(FileError) -> FileDescriptor {
        let place = Path.join(basePath, path)
        if isReadable { return FileDescriptor(owning: opened.removeLast(), path: place) }
        let folder = current
        let number = try attempt(.open, full) { openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        return FileDescriptor(owning: number, path: place)
    }

    /// Returns nil if this is not a link.
    private func target(ofLink name: String) throws(FileError) -> String? {
        let folder = current
        var status = stat()
        _ = try attempt(.open, full) { fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) }
        guard status.st_mode & S_IFMT == S_IFLNK else { return nil }
        var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = try attempt(.open, full) { readlinkat(folder, name, &bytes, bytes.count) }
        return String(decoding: bytes.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The names that replace a link. An absolute link begins again at the base, if it leads into it.
    private mutating func names(in target: String) throws(FileError) -> [String] {
        let found = Path.components(of: target)
        guard target.hasPrefix("/") else { return found.map(String.init) }
        let above = Path.components(of: basePath)
        guard found.starts(with: above) else { throw FileError(.open, full, code: EXDEV) }
        leave(opened.count)
        return found.dropFirst(above.count).map(String.init)
    }

    private mutating func enter(_ name: String, isLast: Bool) throws(FileError) {
        let folder = current
        let kind = isLast ? O_RDONLY | O_NONBLOCK | O_NOCTTY : Int32(CFILES_PATH) | O_DIRECTORY
        opened.append(try attempt(.open, full) { openat(folder, name, kind | O_NOFOLLOW | O_CLOEXEC) })
        names.append(name)
        isReadable = isLast
    }

    private mutating func leave(_ count: Int) {
        for number in opened.suffix(count) { _ = close(number) }
        opened.removeLast(count)
        names.removeLast(count)
        isReadable = false
    }
}

extension FileDescriptor {
    /// Opens a folder as the start of paths.
    public init(folder path: String) throws(FileError) {
        try self.init(path, flags: Int32(CFILES_PATH) | O_DIRECTORY)
    }
}
