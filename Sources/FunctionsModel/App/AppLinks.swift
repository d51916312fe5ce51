import Files

/// Checks that the links inside an app lead to targets inside the app. A deployed app has only its own files.
struct AppLinks {
    private let root: String
    /// The path of the root with all links resolved.
    let realRoot: String

    init(root: String) {
        self.root = root
        realRoot = Path.resolved(root)
    }

    /// The problem of the first link on the path to a file that leads out of the app; nil if there is none.
    ///
    /// - Parameter file: the path relative to the app. The problem names the link relative to the app too.
    func problem(of file: String) -> Problem? {
        guard !isInside(Path.resolved("\(root)/\(file)")) else { return nil }
        var path = ""
        for name in Path.components(of: file) {
            path = Path.join(path, String(name))
            let target = Path.resolved("\(root)/\(path)")
            if !isInside(target) { return Problem(link: path, outOfAppTo: target) }
        }
        return nil
    }

    private func isInside(_ path: String) -> Bool { Path.isInside(path, of: realRoot) }

    /// The folders inside the app that contain the targets of a link, as absolute paths. There may be several, because
    /// a link may lead to another link. For a target that does not exist, this is the nearest existing folder above it,
    /// because the target may appear there.
    func foldersOfTargets(of link: String) -> Set<String> {
        var found: Set<String> = []
        var place = "\(root)/\(link)"
        for _ in 0..<Self.longestChain {
            guard let target = try? File.target(ofLink: place), let folder = Path.parent(of: place) else { break }
            place = Path.standardized(Path.join(Path.resolved(folder), target))
            var above = Path.parent(of: place)
            while let folder = above, isInside(folder) {
                if File.kind(of: folder) == .folder {
                    found.insert(folder)
                    break
                }
                above = Path.parent(of: folder)
            }
        }
        return found
    }

    /// The maximum number of links in a chain, the same as Linux'.
    private static let longestChain = 40
}

extension Problem {
    /// - Parameters:
    ///   - link: relative to the app.
    ///   - target: an absolute path.
    public init(link: String, outOfAppTo target: String) {
        self.init(
            link,
            "is a link that leads out of the app, to \(target); replace it with a copy, as a deployed app has only its "
                + "own files")
    }
}
