import Files

/// One `.gitignore` or `.funcignore`. A file that git follows all the same, because it was added once, counts as
/// ignored here: git's index is not read.
struct IgnoreFile {
    /// What its patterns are relative to.
    let folder: String
    private let patterns: [IgnorePattern]

    init(folder: String, text: [UInt8]) {
        self.folder = folder
        let text = text.starts(with: [0xef, 0xbb, 0xbf]) ? text.dropFirst(3) : text[...]
        patterns = text.split(separator: UInt8(ascii: "\n")).compactMap { IgnorePattern(line: $0) }
    }

    /// nil where there is none. One that cannot be read is an error: what it guards might be deployed.
    init?(_ name: String, in folder: String) throws(PackError) {
        let path = Path.join(folder, name)
        guard File.exists(path) else { return nil }
        self.init(folder: folder, text: try FileSystem.bytes(of: path))
    }

    /// Those of the folders above an app in a git repository, the topmost first.
    static func gitIgnores(above root: String) throws(PackError) -> [IgnoreFile] {
        var folder = root
        var found: [IgnoreFile] = []
        while !File.exists(Path.join(folder, ".git")) {
            guard let parent = Path.parent(of: folder) else { return [] }
            folder = parent
            if let file = try IgnoreFile(".gitignore", in: folder) { found.insert(file, at: 0) }
        }
        return found
    }

    /// What the last pattern that matches says: true to ignore, false to take back in; nil where none matches. Whoever
    /// asks does not ask about what is inside an ignored folder, as nothing there can be taken back in.
    func verdict(on path: String, isFolder: Bool) -> Bool? {
        let names = path.utf8.dropFirst(folder.utf8.count).split(separator: UInt8(ascii: "/")).map { Array($0) }
        return patterns.last { $0.matches(names[...], isFolder: isFolder) }.map { !$0.takesBack }
    }
}
