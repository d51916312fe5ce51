import Crypto
import FoundationEssentials
import NIOCore

/// An app inside the executable that runs it. After the end of the runtime come eight bytes that mark it, the SHA-256
/// of the rest, and the files as they are, so that a start does not have to inflate them.
struct AppArchive {
    /// By path in the flat layout.
    let files: [String: [UInt8]]

    /// nil for a plain runtime, which ends where its linker ended it.
    static func read(from path: String = ExecutableFile.current) throws(PackError) -> AppArchive? {
        if path == ExecutableFile.current, ExecutableFile.isPlain { return nil }
        let appended = try ExecutableFile(path).appended
        guard !appended.isEmpty else { return nil }
        let payload = appended.dropFirst(mark.count + SHA256.byteCount)
        let digest = appended.dropFirst(mark.count).prefix(SHA256.byteCount)
        guard appended.starts(with: mark), SHA256.hash(data: payload).elementsEqual(digest),
            let files = files(in: ByteBuffer(bytes: payload))
        else { throw .damaged(FileSystem.resolved(path)) }
        return AppArchive(files: files)
    }

    /// Replaces what `runtime` carries already.
    static func write(_ files: [PackedFile], runtime: ExecutableFile, to path: String) throws(PackError) {
        var payload = ByteBuffer()
        for file in files {
            payload.writeInteger(UInt64(file.path.utf8.count))
            payload.writeString(file.path)
            payload.writeInteger(UInt64(file.bytes.count))
            payload.writeBytes(file.bytes)
        }
        let bytes = Array(payload.readableBytesView)
        let digest = Array(SHA256.hash(data: bytes))
        try FileSystem.write([runtime.image, mark, digest, bytes], to: path, isExecutable: true)
    }

    private static let mark = Array("luafunc1".utf8)

    private static func files(in payload: ByteBuffer) -> [String: [UInt8]]? {
        var payload = payload
        var files: [String: [UInt8]] = [:]
        while payload.readableBytes > 0 {
            guard let pathLength = payload.readInteger(as: UInt64.self).flatMap({ Int(exactly: $0) }),
                let path = payload.readString(length: pathLength),
                let length = payload.readInteger(as: UInt64.self).flatMap({ Int(exactly: $0) }),
                let bytes = payload.readBytes(length: length)
            else { return nil }
            files[path] = bytes
        }
        return files
    }
}
