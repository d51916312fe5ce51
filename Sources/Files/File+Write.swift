internal import Glibc

extension File {
    /// Replaces the file at `path` atomically: nobody ever sees half of it, and if the process is killed, either the
    /// old or the new file is there.
    ///
    /// The file keeps its permissions. If `path` is a link, its target is replaced. A device or a pipe is written to
    /// directly. The temporary file has a name of the form ".0123456789abcdef.part".
    ///
    /// - Parameters:
    ///   - permissions: nil keeps those of the old file; a new file gets 0644 without the bits of the umask.
    ///   - isSynced: whether to wait until the file is on the disk, which protects it against a loss of power.
    public static func write(
        _ bytes: RawSpan, to path: String, permissions: UInt32? = nil, isSynced: Bool = true
    ) throws(FileError) {
        try write(to: path, permissions: permissions, isSynced: isSynced) { file throws(FileError) in
            try file.write(bytes)
        }
    }

    public static func write(
        _ text: String, to path: String, permissions: UInt32? = nil, isSynced: Bool = true
    ) throws(FileError) {
        try write(text.utf8Span.span.bytes, to: path, permissions: permissions, isSynced: isSynced)
    }

    /// Replaces the file with what `body` writes, piece by piece. If `body` throws, the old file stays.
    public static func write(
        to path: String, permissions: UInt32? = nil, isSynced: Bool = true,
        _ body: (borrowing FileDescriptor) throws(FileError) -> Void
    ) throws(FileError) {
        do throws(FileError) {
            let old = try status(of: path)
            if let old, old.kind != .file {
                let file = try FileDescriptor(opening: path, .overwrite)
                try body(file)
                return try file.close()
            }
            let place = old == nil ? path : Path.resolved(path)
            let part = Path.join(Path.parent(of: place) ?? "", temporaryName())
            let file = try FileDescriptor(opening: part, .new, permissions: permissions ?? old?.permissions ?? 0o644)
            do throws(FileError) {
                // The umask must not change the permissions that the old file had.
                if permissions == nil, let old { try file.setPermissions(old.permissions) }
                try body(file)
                if isSynced { try file.sync() }
                try file.close()
                try rename(part, to: place)
            } catch {
                // The first error says more than an error from removing the temporary file.
                try? remove(part)
                throw error
            }
        } catch {
            throw FileError(.write, path, code: error.code)
        }
    }

    private static func temporaryName() -> String {
        let digits = String(UInt64.random(in: 0 ... .max), radix: 16)
        return ".\(String(repeating: "0", count: 16 - digits.count))\(digits).part"
    }
}
