import FunctionsModel
import Lua

/// What a script wants of the app's files. Each request opens the file anew, so that no script can use up the process's
/// descriptors.
struct FileRequest: Sendable {
    enum Work: Sendable {
        /// Open a file for `io.open`, and read its first piece.
        case open(String)
        /// Read a piece of a file that was opened in this version.
        case piece(_ path: String, version: String, offset: Int, count: Int)
        /// Find the file for `http.file`, and read its first piece.
        case serve(String, root: String, index: String?)
    }

    let files: AppFiles
    let work: Work

    /// Does the work. It may take as long as the file system likes.
    ///
    /// - Parameter isCancelled: asked now and then during long work.
    func reply(isCancelled: () -> Bool) -> FileReply {
        do throws(DataError) {
            switch work {
            case .open(let path): return open(path)
            case .piece(let path, let version, let offset, let count):
                let bytes = try files.withData(path, version: version) { read throws(DataError) in
                    try read(offset, min(count, Stretch.bytes))
                }
                // The file ends earlier than its status says, as on a network share that keeps old statuses.
                guard !bytes.isEmpty || count == 0 else { throw .changed }
                return .piece(bytes)
            case .serve(let path, let root, let index):
                return try serve(path, root: root, index: index, isCancelled: isCancelled)
            }
        } catch {
            return .failure(path, error)
        }
    }

    /// The path as the script or the caller wrote it.
    private var path: String {
        switch work {
        case .open(let path), .piece(let path, _, _, _), .serve(let path, _, _): path
        }
    }

    private func open(_ path: String) -> FileReply {
        var placed: String?
        do throws(DataError) {
            placed = try files.placed(path)
            let file = try files.findData(path)
            return .opened(file, first: try first(of: file))
        } catch {
            return .failure(path, error, placed: placed)
        }
    }

    private func first(of file: DataFile) throws(DataError) -> [UInt8] {
        try files.withData(file.path, version: file.version) { read throws(DataError) in
            try read(0, min(file.size, Stretch.bytes))
        }
    }

    private func serve(
        _ path: String, root: String, index: String?, isCancelled: () -> Bool
    ) throws(DataError) -> FileReply {
        let folder: String
        do throws(DataError) {
            folder = try files.findFolder(root)
        } catch {
            let reason = error.isMissing ? "the app has no such folder" : error.reason
            return .misuse("http.file: the root '\(root)': \(reason)")
        }
        // A file may be replaced between two of these steps.
        for isLast in [false, false, true] {
            do throws(DataError) {
                guard let (file, name) = try files.findServed(path, in: folder, index: index) else { return .notFound }
                let tag = try FileDigests.shared.tag(of: file, in: files, isCancelled: isCancelled)
                return .served(file, name: name, tag: tag, first: try first(of: file))
            } catch {
                if isLast || error != .changed { throw error }
            }
        }
        return .notFound
    }
}

/// The result of a file request.
enum FileReply: Sendable {
    case opened(DataFile, first: [UInt8])
    case piece([UInt8])
    case served(DataFile, name: String, tag: String, first: [UInt8])
    /// No file of that name may be served.
    case notFound
    /// - Parameter placed: the path in the app's own layout, if the path may be read.
    case failure(_ path: String, DataError, placed: String? = nil)
    /// The script made a mistake.
    case misuse(String)
}
