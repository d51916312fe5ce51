internal import Glibc

extension File {
    /// Replaces `path` by a whole file: nobody ever sees half of it, and a kill at any moment leaves the old file or
    /// the new one.
    ///
    /// An existing file keeps its permissions, a link keeps its target, and a device or a pipe is written to. The
    /// temporary file has a name of the form ".0123456789abcdef.part".
    ///
    /// - Parameters:
    ///   - permissions: nil keeps those of the old file, or uses 0644 less the umask.
    ///   - isSynced: protects against a loss of power too. Costs a wait for the disk.
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

    /// The same, with `body` writing the bytes piece by piece; if it throws, the old file stays.
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
                // The umask applies only to a new file.
                if permissions == nil, let old { try file.setPermissions(old.permissions) }
                try body(file)
                if isSynced { try file.sync() }
                try file.close()
                try rename(part, to: place)
            } catch {
                // The first error says more than one from tidying up.
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
