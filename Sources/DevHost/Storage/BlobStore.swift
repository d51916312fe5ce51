import Files
import FoundationEssentials

/// Stores containers as folders and blobs as files in them, which people may also put there by hand.
struct BlobStore: Sendable {
    private let folder: StorageFolder

    init(folder path: String) throws(StorageError) { folder = try StorageFolder(path) }

    /// A store that is only read. Another process may use it at the same time.
    init(reading path: String) { folder = StorageFolder(reading: path) }

    /// nil where there is no such blob.
    func read(_ path: BlobPath) throws(StorageError) -> [UInt8]? { try folder.read(path.description) }

    func write(_ bytes: [UInt8], to path: BlobPath) throws(StorageError) {
        try folder.write(bytes, to: path.description)
    }

    /// nil where there is no such blob.
    func info(of path: BlobPath) throws(StorageError) -> BlobInfo? {
        guard let status = try folder.status(of: path.description), status.kind == .file else { return nil }
        return BlobInfo(path, status)
    }

    /// All blobs of a container; none if it does not exist. Links to files are blobs; links to folders are skipped,
    /// because they may form a cycle.
    func list(_ container: String) throws(StorageError) -> [BlobInfo] {
        try BlobPath.check(container: container)
        var found: [BlobInfo] = []
        var folders = [""]
        while let prefix = folders.popLast() {
            for entry in try folder.entries(of: "\(container)/\(prefix)") {
                let path = BlobPath(container: container, name: prefix + entry)
                if let info = try info(of: path) {
                    found.append(info)
                } else if try folder.status(of: path.description, followsLinks: false)?.kind == .folder {
                    folders.append("\(path.name)/")
                }
            }
        }
        return found.sorted { $0.path.name < $1.path.name }
    }
}

struct BlobInfo: Sendable, Equatable {
    let path: BlobPath
    let size: Int64
    let modified: Date
    /// A text that differs for each version of the blob, even if the content is the same.
    let etag: String

    fileprivate init(_ path: BlobPath, _ status: FileStatus) {
        self.path = path
        size = status.size
        let nanoseconds = status.modifiedNanoseconds
        modified = Date(timeIntervalSince1970: Double(nanoseconds) / 1e9)
        let numbers = [nanoseconds, size, Int64(truncatingIfNeeded: status.inode)]
        etag = "0x" + numbers.map { String($0, radix: 16, uppercase: true) }.joined(separator: "-")
    }
}
