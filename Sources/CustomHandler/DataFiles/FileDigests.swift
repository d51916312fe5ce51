import Crypto
import FunctionsModel
import Synchronization

/// The entity tags of served files. They are digests of the content: all files of a packed app have the same time, and
/// the servers of an app must agree.
final class FileDigests: Sendable {
    static let shared = FileDigests()

    private let known = Mutex<[Key: String]>([:])

    private struct Key: Hashable {
        let root: String
        let file: DataFile
    }

    /// Apps have fewer files. If one has more, all tags are computed again.
    private static let limit = 4096
    /// The number of bytes that are read at a time.
    private static let piece = 256 << 10

    /// The tag with its quotes.
    func tag(of file: DataFile, in files: AppFiles, isCancelled: () -> Bool) throws(DataError) -> String {
        let key = Key(root: files.root, file: file)
        if let tag = known.withLock({ $0[key] }) { return tag }
        let digest = try files.withData(file.path, version: file.version) { read throws(DataError) in
            var digest = Digest(.sha256)
            var offset = 0
            while offset < file.size, !isCancelled() {
                let bytes = try read(offset, Self.piece)
                guard !bytes.isEmpty else { throw .changed }
                digest.update(bytes)
                offset += bytes.count
            }
            return digest.finish()
        }
        let digits = digest.prefix(16).map { byte in
            let text = String(byte, radix: 16)
            return text.utf8.count == 1 ? "0" + text : text
        }
        let tag = "\"\(digits.joined())\""
        guard file.isSettled, !isCancelled() else { return tag }
        known.withLock { known in
            if known.count >= Self.limit { known = [:] }
            known[key] = tag
        }
        return tag
    }
}
