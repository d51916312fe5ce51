internal import Glibc

/// Works on the text of paths. Only `absolute`, `standardized` and `resolved` ask the system.
public enum Path {
    /// A name that begins with "/" stays as it is.
    public static func join(_ folder: String, _ name: String) -> String {
        if folder.isEmpty || name.hasPrefix("/") { return name }
        if name.isEmpty { return folder }
        return folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
    }

    /// Its names, without empty ones and ".".
    public static func components(of path: String) -> [Substring] { path.split(separator: "/").filter { $0 != "." } }

    /// "" for the root.
    public static func lastComponent(of path: String) -> String { components(of: path).last.map(String.init) ?? "" }

    /// "" for a single name; nil for the root, which has none, and for "".
    public static func parent(of path: String) -> String? {
        let names = components(of: path)
        let root = path.hasPrefix("/") ? "/" : ""
        return names.isEmpty ? nil : root + names.dropLast().joined(separator: "/")
    }

    /// Whether a path leads to `folder` or into it, judged by text alone: resolve links before.
    public static func isInside(_ path: String, of folder: String) -> Bool {
        path.hasPrefix("/") == folder.hasPrefix("/") && components(of: path).starts(with: components(of: folder))
    }

    /// Relative to the current folder, which must exist: else the path stays relative.
    public static func absolute(_ path: String) -> String {
        if path.hasPrefix("/") { return path }
        return Folder.current.map { join($0, path) } ?? path
    }

    /// Absolute, without "." and "..", and without a slash at the end; links are not looked at, so that what follows a
    /// link and ".." may be another place than the system finds.
    public static func standardized(_ path: String) -> String { simplified(absolute(path)) }

    private static func simplified(_ path: String) -> String {
        let isAbsolute = path.hasPrefix("/")
        var names: [Substring] = []
        for name in components(of: path) {
            if name != ".." {
                names.append(name)
            } else if let last = names.last, last != ".." {
                names.removeLast()
            } else if !isAbsolute {
                names.append(name)
            }
        }
        return (isAbsolute ? "/" : "") + names.joined(separator: "/")
    }

    /// Where a path really leads, with no link in it. What does not exist yet follows as it is written.
    public static func resolved(_ path: String) -> String {
        guard !path.utf8.contains(0) else { return path }
        var front = absolute(path)
        var missing: [String] = []
        while true {
            if let real = realpath(front, nil) {
                defer { free(real) }
                return simplified(join(String(cString: real), missing.reversed().joined(separator: "/")))
            }
            guard let parent = parent(of: front) else { return simplified(absolute(path)) }
            missing.append(lastComponent(of: front))
            front = parent
        }
    }
}
