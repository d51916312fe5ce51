import Files
import JSON

/// One `.gitignore` or `.funcignore`. It does not read git's index: a file that matches counts as ignored, even if git
/// tracks it.
struct IgnoreFile: Sendable {
    /// The folder that its patterns are relative to.
    let folder: String
    private let patterns: [IgnorePattern]

    init(folder: String, text: [UInt8]) {
        self.folder = folder
        let text = text.withoutByteOrderMark
        patterns = text.split(separator: UInt8(ascii: "\n")).compactMap { IgnorePattern(line: $0) }
    }

    /// Returns nil if there is no such file. An unreadable file is an error, because files that it excludes might be
    /// deployed.
    init?(_ name: String, in folder: String) throws(Problem) {
        let path = Path.join(folder, name)
        guard File.exists(path) else { return nil }
        do throws(FileError) {
            self.init(folder: folder, text: try File.read(path, limit: Self.limit))
        } catch {
            throw Problem(path, "cannot be read (\(error.reason)); check that it is a file and its permissions")
        }
    }

    private static let limit = 1 << 20

    /// The `.gitignore` files of the folders above an app in a git repository, topmost first.
    static func gitIgnores(above root: String) throws(Problem) -> [IgnoreFile] {
        var folder = root
        var found: [IgnoreFile] = []
        while !File.exists(Path.join(folder, ".git")) {
            guard let parent = Path.parent(of: folder) else { return [] }
            folder = parent
            if let file = try IgnoreFile(".gitignore", in: folder) { found.insert(file, at: 0) }
        }
        return found
    }

    /// The verdict of the last matching pattern: true to ignore, false to include again; nil if none matches. Callers
    /// must not ask about the content of an ignored folder, because nothing in it can be included again.
    func verdict(on path: String, isFolder: Bool) -> Bool? {
        let names = path.utf8.dropFirst(folder.utf8.count).split(separator: UInt8(ascii: "/")).map { Array($0) }
        return patterns.last { $0.matches(names[...], isFolder: isFolder) }.map { !$0.takesBack }
    }
}
