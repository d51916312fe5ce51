internal import Glibc

/// Operations on the text of paths. Only `absolute`, `standardized` and `resolved` ask the system.
public enum Path {
    /// Appends a name to a folder's path. A name that begins with "/" is returned unchanged.
    public static func join(_ folder: String, _ name: String) -> String {
        if folder.isEmpty || name.hasPrefix("/") { return name }
        if name.isEmpty { return folder }
        return folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
    }

    /// The names in a path, without empty names and ".".
    public static func components(of path: String) -> [Substring] { path.split(separator: "/").filter { $0 != "." } }

    /// The last name in a path, or "" for the root.
    public static func lastComponent(of path: String) -> String { components(of: path).last.map(String.init) ?? "" }

    /// The parent folder. It is "" for a single name, and nil for the root and for "".
    public static func parent(of path: String) -> String? {
        let names = components(of: path)
        let root = path.hasPrefix("/") ? "/" : ""
        return names.isEmpty ? nil : root + names.dropLast().joined(separator: "/")
    }

    /// Whether a path is `folder` or inside it. Only the texts are compared, so resolve links first.
    public static func isInside(_ path: String, of folder: String) -> Bool {
        path.hasPrefix("/") == folder.hasPrefix("/") && components(of: path).starts(with: components(of: folder))
    }

    /// Makes a path absolute, starting from the current folder. If that folder does not exist, the path stays relative.
    public static func absolute(_ path: String) -> String {
        if path.hasPrefix("/") { return path }
        return Folder.current.map { join($0, path) } ?? path
    }

    /// Makes a path absolute, and removes ".", ".." and a final slash. Links are not resolved, so if ".." follows a
    /// link, the result may be another place than the one the system would find.
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

    /// The path with all links resolved. A part that does not exist yet stays as written.
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
