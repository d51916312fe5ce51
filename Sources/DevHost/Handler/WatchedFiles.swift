import Files
import FunctionsModel

/// The files whose change makes the host restart the handler (host-contract §4.5): those that `watchFiles` names, in any
/// folder, and all in the folders of the root that `watchDirectories` names.
struct WatchedFiles: Sendable {
    private let root: String
    /// In lower case.
    private let names: Set<String>
    private let directories: [String]

    init(_ paths: WatchedPaths, root: String) {
        self.root = root
        names = Set(paths.files.map { $0.lowercased() })
        directories = paths.folders
    }

    /// No app written by hand has more folders.
    private static let limit = 4096

    /// The folders to watch, as absolute paths.
    var folders: [String] {
        let named = directories.flatMap { Self.folders(in: "\(root)/\($0)") }
        return (names.isEmpty ? [] : Self.folders(in: root)) + named
    }

    private static func folders(in folder: String) -> [String] {
        File.kind(of: folder) == .folder ? Folder.tree(of: folder, limit: limit) : []
    }

    /// The watched files at this moment, by path.
    func snapshot() -> [String: FileStatus] {
        var files: [String: FileStatus] = [:]
        func add(_ folder: String, where isWatched: (String) -> Bool) {
            for name in (try? Folder.names(in: folder)) ?? [] where isWatched(name) {
                let path = "\(folder)/\(name)"
                guard let status = try? File.status(of: path), status.kind == .file else { continue }
                files[path] = status
            }
        }
        if !names.isEmpty {
            for folder in Self.folders(in: root) { add(folder) { names.contains($0.lowercased()) } }
        }
        for directory in directories {
            for folder in Self.folders(in: "\(root)/\(directory)") { add(folder) { _ in true } }
        }
        return files
    }

    /// The first file, by path, that differs; nil if none does.
    static func difference(_ old: [String: FileStatus], _ new: [String: FileStatus]) -> String? {
        Set(old.keys).union(new.keys).filter { old[$0] != new[$0] }.min()
    }
}
