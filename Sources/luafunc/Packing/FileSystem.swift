import Files

/// Reads folders and writes files atomically, with the errors of packing.
enum FileSystem {
    /// The names in a folder; nil if there is no such folder.
    static func entries(of folder: String) -> [String]? { try? Folder.names(in: folder) }

    static func bytes(of file: String) throws(PackError) -> [UInt8] {
        do throws(FileError) {
            return try File.read(file)
        } catch {
            throw .unreadable(file)
        }
    }

    /// Writes a temporary file beside `path`, then renames it to `path`, even if that is a running program. The
    /// temporary name is always the same, so a killed attempt leaves no second runtime of many megabytes.
    static func write(_ pieces: [[UInt8]], to path: String, isExecutable: Bool = false) throws(PackError) {
        let name = Path.lastComponent(of: path)
        guard !name.isEmpty, let folder = Path.parent(of: path) else {
            throw .unwritable(path, reason: "it is not a valid file name")
        }
        makeMissing(folder)
        let part = Path.join(folder, ".\(name).part")
        do throws(FileError) {
            // Removes the leftover of an earlier attempt.
            try File.remove(part)
            let file = try FileDescriptor(opening: part, .new, permissions: isExecutable ? 0o755 : 0o644)
            for piece in pieces { try file.write(piece.span.bytes) }
            try file.close()
            try File.rename(part, to: path)
        } catch {
            // The first error is more useful than an error of the cleanup.
            try? File.remove(part)
            throw .unwritable(path, reason: error.reason)
        }
    }

    /// Makes a folder such as `dist`, if only this one is missing. A folder directly below the root is more likely a
    /// mistake. If it cannot be made, the file cannot be written, which is an error with a reason.
    private static func makeMissing(_ folder: String) {
        let folder = Path.resolved(folder)
        guard !File.exists(folder), let parent = Path.parent(of: folder), parent != "/", File.exists(parent) else {
            return
        }
        try? Folder.make(folder)
    }

    static func makeFolder(_ path: String) throws(PackError) {
        do throws(FileError) {
            try Folder.make(path)
        } catch {
            throw .unwritable(path, reason: error.reason)
        }
    }

    static func remove(_ path: String) throws(PackError) {
        do throws(FileError) {
            try Folder.remove(path)
        } catch {
            throw .unwritable(path, reason: error.reason)
        }
    }
}
