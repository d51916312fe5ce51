internal import Glibc

extension File {
    /// Puts a whole file in the place of `path`: nobody ever sees half of it, and a kill at any moment leaves the old
    /// file or the new one.
    ///
    /// A file that is there keeps its permissions, a link goes on to lead where it leads, and a device or a pipe is
    /// written to. What is written beside has a name of the form ".0123456789abcdef.part".
    ///
    /// - Parameters:
    ///   - permissions: nil keeps those of the old file, or is 0644 less the umask.
    ///   - isSynced: also a loss of power leaves the old file or the new one. Costs a wait for the disk.
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

    /// The same, with the bytes written piece by piece by `body`; if it throws, the old file stays.
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
                // The umask has its say about a new file only.
                if permissions == nil, let old { try file.setPermissions(old.permissions) }
                try body(file)
                if isSynced { try file.sync() }
                try file.close()
                try rename(part, to: place)
            } catch {
                // The first error says more than one of tidying up.
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
