internal import Glibc

/// Whole files, by path.
public enum File {
    /// nil if nothing has that name.
    ///
    /// - Parameter followsLinks: false to get a link's own status.
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

    /// nil also if the status cannot be read.
    public static func kind(of path: String, followsLinks: Bool = true) -> FileStatus.Kind? {
        (try? status(of: path, followsLinks: followsLinks))?.kind
    }

    /// False also for a link without a target, and if the status cannot be read.
    public static func exists(_ path: String) -> Bool { kind(of: path) != nil }

    /// The path in a link, as it was written: relative to the link's folder unless it begins with "/". Throws for
    /// anything else than a link.
    public static func target(ofLink path: String) throws(FileError) -> String {
        var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = try attempt(.look, path) { readlink(path, &bytes, bytes.count) }
        return String(decoding: bytes.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    // MARK: Reading

    /// - Parameter limit: more bytes than this are an error whose cause is `.tooLarge`.
    public static func read(_ path: String, limit: Int = .max) throws(FileError) -> [UInt8] {
        do throws(FileError) {
            // Without O_NONBLOCK, a named pipe without a writer would block the thread forever.
            let file = try FileDescriptor(path, flags: O_RDONLY | O_NONBLOCK)
            let status = try file.status()
            if status.kind == .folder { throw FileError(.read, path, code: EISDIR) }
            // The open file is our own, so nobody else depends on the flag.
            if status.kind != .file { _ = try attempt(.read, path) { fcntl(file.rawValue, F_SETFL, 0) } }
            return try rest(of: file, size: Int(clamping: status.size), limit: limit)
        } catch {
            throw FileError(.read, path, code: error.code)
        }
    }

    /// - Parameter size: may be wrong, as a file can grow, and files in /proc report 0.
    private static func rest(
        of file: borrowing FileDescriptor, size: Int, limit: Int
    ) throws(FileError) -> [UInt8] {
        let pieceSize = 1 << 16
        guard size <= limit else { throw FileError(.read, file.path, code: EFBIG) }
        // One more byte than expected, so that the first call reads most files whole, and the second one finds the end.
        var bytes = try file.read(upTo: size < pieceSize ? pieceSize : size &+ 1)
        while bytes.count <= limit {
            let piece = try file.read(upTo: max(pieceSize, size &+ 1 &- bytes.count))
            if piece.isEmpty { return bytes }
            bytes += piece
        }
        throw FileError(.read, file.path, code: EFBIG)
    }

    // MARK: Changing

    /// Renames a file, and replaces one with the new name.
    public static func rename(_ path: String, to other: String) throws(FileError) {
        guard !other.utf8.contains(0) else { throw FileError(.rename, other, code: EINVAL) }
        _ = try attempt(.rename, path) { Glibc.rename(path, other) }
    }

    /// Removes a file, or a link itself. A missing file is no error.
    public static func remove(_ path: String) throws(FileError) {
        do throws(FileError) {
            _ = try attempt(.remove, path) { unlink(path) }
        } catch {
            guard error.cause == .missing else { throw error }
        }
    }

    /// Appends to a file that nobody else writes to at the same time. A kill may leave the beginning of these bytes; a
    /// full disk leaves none.
    ///
    /// - Parameter permissions: those of a new file, before the umask.
    public static func append(_ bytes: RawSpan, to path: String, permissions: UInt32 = 0o644) throws(FileError) {
        let file = try FileDescriptor(opening: path, .append, permissions: permissions)
        let size = try file.status().size
        do throws(FileError) {
            try file.write(bytes)
        } catch {
            // A pipe or a device cannot be truncated, and need not be.
            _ = ftruncate(file.rawValue, off_t(size))
            throw error
        }
        try file.close()
    }
}
