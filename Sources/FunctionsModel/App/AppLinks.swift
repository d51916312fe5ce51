import Files

/// The rule for links inside an app: their targets are in the app too. A deployed app has only its own files.
struct AppLinks {
    private let root: String
    /// The root with links resolved.
    let realRoot: String

    init(root: String) {
        self.root = root
        realRoot = Path.resolved(root)
    }

    /// The link on the way to a file that leads out of the app; nil if there is none.
    ///
    /// - Parameter file: relative to the app, as are the names in the problem.
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

    /// The folders inside the app that contain the targets of a link, as absolute paths: a link may lead to another
    /// one. If a target does not exist, this is the nearest folder above it, where it may appear.
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

    /// Linux follows no more either.
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
