import FoundationEssentials
import Glibc
import SystemPackage

/// Reading folders, and writing so that nobody ever sees half of a file.
enum FileSystem {
    enum Kind { case file, folder, other }

    /// Without any link in it; a path that leads nowhere stays as it is.
    static func resolved(_ path: String) -> String {
        let url = URL(filePath: path).standardizedFileURL.resolvingSymlinksInPath()
        return FilePath(url.path).string
    }

    static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    /// Of the thing itself: a link is `.other`, and so is what is not there.
    static func kind(of path: String) -> Kind {
        switch try? Stat(FilePath(path), followTargetSymlink: false).type {
        case .regular: .file
        case .directory: .folder
        default: .other
        }
    }

    /// nil where there is no such folder.
    static func entries(of folder: String) -> [String]? {
        try? FileManager.default.contentsOfDirectory(atPath: folder)
    }

    static func bytes(of file: String) throws(PackError) -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: file) else { throw .unreadable(file) }
        return [UInt8](data)
    }

    /// Writes beside `path` first, then puts the new file in its place, where even a program may be running.
    static func write(_ pieces: [[UInt8]], to path: String, isExecutable: Bool = false) throws(PackError) {
        var part = FilePath(path)
        guard let name = part.lastComponent?.string, part.removeLastComponent() else {
            throw .unwritable(path, reason: "it is no name for a file")
        }
        part.append(".\(name).part")
        // What an earlier attempt left there.
        if exists(part.string) { try remove(part.string) }
        do {
            let permissions = FilePermissions(rawValue: isExecutable ? 0o755 : 0o644)
            let file = try FileDescriptor.open(
                part, .writeOnly, options: [.create, .exclusiveCreate], permissions: permissions)
            try file.closeAfter { for piece in pieces { try file.writeAll(piece) } }
            guard rename(part.string, path) == 0 else { throw Errno(rawValue: errno) }
        } catch {
            if exists(part.string) { try remove(part.string) }
            throw .unwritable(path, reason: "\(error)")
        }
    }

    static func makeFolder(_ path: String) throws(PackError) {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw .unwritable(path, reason: "\(error)")
        }
    }

    static func remove(_ path: String) throws(PackError) {
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch {
            throw .unwritable(path, reason: "\(error)")
        }
    }
}
