import Files

/// An app embedded in the executable that runs it. The runtime is followed by the files and a footer. The files are not
/// compressed, so that they need not be inflated when luafunc starts.
struct AppArchive {
    /// The files, by their paths in the flat layout.
    let files: [String: [UInt8]]

    /// Returns nil for a runtime without an embedded app.
    static func read(from path: String = ExecutableFile.current) throws(PackError) -> AppArchive? {
        if path == ExecutableFile.current, ExecutableFile.isPlain { return nil }
        guard let archive = try ExecutableFile(path).archive else { return nil }
        guard let files = files(in: archive[...]) else { throw .damaged(Path.resolved(path)) }
        return AppArchive(files: files)
    }

    /// Writes a program with an embedded app, which replaces the one in `runtime`.
    static func write(_ files: [PackedFile], runtime: ExecutableFile, to path: String) throws(PackError) {
        var archive: [UInt8] = []
        for file in files {
            archive.append(big: UInt64(file.path.utf8.count))
            archive += file.path.utf8
            archive.append(big: UInt64(file.bytes.count))
            archive += file.bytes
        }
        try FileSystem.write(
            [runtime.image, archive, ArchiveFooter(of: archive).bytes], to: path, isExecutable: true)
    }

    private static func files(in archive: ArraySlice<UInt8>) -> [String: [UInt8]]? {
        var rest = archive
        var files: [String: [UInt8]] = [:]
        while !rest.isEmpty {
            guard let path = piece(&rest), let bytes = piece(&rest) else { return nil }
            files[String(decoding: path, as: UTF8.self)] = Array(bytes)
        }
        return files
    }

    /// Reads a length and that many bytes.
    private static func piece(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard rest.count >= 8 else { return nil }
        let length = rest.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        rest = rest.dropFirst(8)
        guard length <= rest.count else { return nil }
        defer { rest = rest.dropFirst(Int(length)) }
        return rest.prefix(Int(length))
    }
}
