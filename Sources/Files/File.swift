internal import Glibc

/// Operations on whole files.
public enum File {
    /// The status of a file or folder, or nil if nothing has this path.
    ///
    /// - Parameter followsLinks: false to get the status of a link itself.
    public static func status(of path: String, followsLinks: Bool = true) throws(FileError) -> FileStatus? {
        var status = stat()
        do throws(FileError) {
            _ = try attempt(.look, path) { followsLinks ? stat(path, &status) : lstat(path, &status) }
        } catch {
            if error.cause == .missing { return nil }
            throw error
        }
        return FileStatus(status)
    }

    /// The kind of a file, or nil if it does not exist or its status cannot be read.
    public static func kind(of path: String, followsLinks: Bool = true) -> FileStatus.Kind? {
        (try? status(of: path, followsLinks: followsLinks))?.kind
    }

    /// Whether the file exists. False also if it is a link whose target is missing, or if the status cannot be read.
    public static func exists(_ path: String) -> Bool { kind(of: path) != nil }

    /// The path that a link contains. It is relative to the link's folder unless it begins with "/". Throws if the file
    /// is not a link.
    public static func target(ofLink path: String) throws(FileError) -> String {
        var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = try attempt(.look, path) { readlink(path, &bytes, bytes.count) }
        return String(decoding: bytes.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    // MARK: Reading

    /// - Parameter limit: if the file has more bytes than this, an error with the cause `.tooLarge` is thrown.
    public static func read(_ path: String, limit: Int = .max) throws(FileError) -> [UInt8] {
        do throws(FileError) {
            // Without O_NONBLOCK, opening a named pipe that has no writer would block the thread forever.
            let file = try FileDescriptor(path, flags: O_RDONLY | O_NONBLOCK)
            let status = try file.status()
            if status.kind == .folder { throw FileError(.read, path, code: EISDIR) }
            // Reads should block again. No other process shares the open file, so changing the flag affects nobody
            // else.
            if status.kind != .file { _ = try attempt(.read, path) { fcntl(file.rawValue, F_SETFL, 0) } }
            return try rest(of: file, size: Int(clamping: status.size), limit: limit)
        } catch {
            throw FileError(.read, path, code: error.code)
        }
    }

    /// - Parameter size: the expected size. It may be wrong, because a file can grow, and files in /proc report 0.
    private static func rest(
        of file: borrowing FileDescriptor, size: Int, limit: Int
    ) throws(FileError) -> [UInt8] {
        let pieceSize = 1 << 16
        guard size <= limit else { throw FileError(.read, file.path, code: EFBIG) }
        // The first call asks for one byte more than expected. So it usually reads the whole file, and the second call
        // finds the end.
        var bytes = try file.read(upTo: size < pieceSize ? pieceSize : size &+ 1)
        while bytes.count <= limit {
            let piece = try file.read(upTo: max(pieceSize, size &+ 1 &- bytes.count))
            if piece.isEmpty { return bytes }
            bytes += piece
        }
        throw FileError(.read, file.path, code: EFBIG)
    }

    // MARK: Changing

    /// Renames a file. Replaces a file that already has the new name.
    public static func rename(_ path: String, to other: String) throws(FileError) {
        guard !other.utf8.contains(0) else { throw FileError(.rename, other, code: EINVAL) }
        _ = try attempt(.rename, path) { Glibc.rename(path, other) }
    }

    /// Takes all permissions of a file from everybody but its owner. A link stays as it is, so that nobody can have the
    /// permissions of another file changed.
    public static func closeToOthers(_ path: String) throws(FileError) {
        guard let old = try status(of: path, followsLinks: false), old.kind == .file, old.permissions & 0o077 != 0
        else { return }
        try FileDescriptor(opening: path, .read).setPermissions(old.permissions & 0o700)
    }

    /// Removes a file, or a link but not its target. It is no error if the file is missing.
    public static func remove(_ path: String) throws(FileError) {
        do throws(FileError) {
            _ = try attempt(.remove, path) { unlink(path) }
        } catch {
            guard error.cause == .missing else { throw error }
        }
    }

    /// Appends to a file that nobody else writes to at the same time. If the process is killed, the file may end with
    /// only a part of the bytes. If the disk is full, none of them stay.
    ///
    /// - Parameter permissions: the permissions of a new file, before the umask is applied.
    public static func append(_ bytes: RawSpan, to path: String, permissions: UInt32 = 0o644) throws(FileError) {
        let file = try FileDescriptor(opening: path, .append, permissions: permissions)
        let size = try file.status().size
        do throws(FileError) {
            try file.write(bytes)
        } catch {
            // This fails for a pipe or a device, which need not be truncated.
            _ = ftruncate(file.rawValue, off_t(size))
            throw error
        }
        try file.close()
    }
}
