import Crypto
import Files

/// An app embedded in the executable that runs it. The runtime is followed by eight bytes as a mark, the SHA-256 of the
/// rest, and the files. These are not compressed, so that they need not be inflated when luafunc starts.
struct AppArchive {
    /// The files, by their paths in the flat layout.
    let files: [String: [UInt8]]

    /// Returns nil for a runtime without an embedded app.
    static func read(from path: String = ExecutableFile.current) throws(PackError) -> AppArchive? {
        if path == ExecutableFile.current, ExecutableFile.isPlain { return nil }
        let appended = try ExecutableFile(path).appended
        guard !appended.isEmpty else { return nil }
        let start = mark.count + HashFunction.sha256.byteCount
        guard appended.count >= start, appended.starts(with: mark),
            Digest.sha256(appended.span.bytes.extracting(droppingFirst: start)).elementsEqual(
                appended[mark.count..<start]),
            let files = files(in: appended[start...])
        else { throw .damaged(Path.resolved(path)) }
        return AppArchive(files: files)
    }

    /// Writes a program with an embedded app, which replaces the one in `runtime`.
    static func write(_ files: [PackedFile], runtime: ExecutableFile, to path: String) throws(PackError) {
        var payload: [UInt8] = []
        for file in files {
            payload.append(big: UInt64(file.path.utf8.count))
            payload += file.path.utf8
            payload.append(big: UInt64(file.bytes.count))
            payload += file.bytes
        }
        try FileSystem.write([runtime.image, mark, Digest.sha256(payload), payload], to: path, isExecutable: true)
    }

    private static let mark = Array("luafunc1".utf8)

    private static func files(in payload: ArraySlice<UInt8>) -> [String: [UInt8]]? {
        var payload = payload
        var files: [String: [UInt8]] = [:]
        while !payload.isEmpty {
            guard let path = piece(&payload), let bytes = piece(&payload) else { return nil }
            files[String(decoding: path, as: UTF8.self)] = Array(bytes)
        }
        return files
    }

    /// Reads a length and that many bytes.
    private static func piece(_ payload: inout ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard payload.count >= 8 else { return nil }
        let length = payload.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        payload = payload.dropFirst(8)
        guard length <= payload.count else { return nil }
        defer { payload = payload.dropFirst(Int(length)) }
        return payload.prefix(Int(length))
    }
}
