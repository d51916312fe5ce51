import Files
import Synchronization

/// The rule that decides which files of an app are deployed. `luafunc pack` ships exactly these, and a script reads no
/// others, so that what works on the author's machine also works when it is deployed.
///
/// All paths are relative to the app, in the layout that the app has.
package final class DeployedFiles: Sendable {
    /// The folders with a function.json, including those of functions that host.json leaves out.
    package let functions: Set<String>
    /// Folders beside `functions` that have a function.json.
    private let strays: Set<String>
    private let isArchive: Bool
    /// `functions/`, or nothing in the flat layout.
    private let parent: String
    /// The root with links resolved.
    private let root: String
    private let funcIgnore: IgnoreFile?
    /// The .gitignore files of the app and of the folders above it, topmost first.
    private let gitIgnores: [IgnoreFile]
    /// The .gitignore files in folders of the app, by folder; nil for a folder that has none.
    private let inner = Mutex<[String: IgnoreFile?]>([:])

    /// The reason why a file or folder is not deployed. Its text continues a sentence that begins with the path.
    package enum Exclusion: Error, Hashable, Sendable, CustomStringConvertible {
        case hidden, test, settings, installed, loose, notOfFunction, function
        case ofFunction(String)
        case ignored(by: String)

        package var description: String {
            switch self {
            case .hidden: "a name that begins with a dot is never deployed"
            case .test: "tests are never deployed"
            case .settings: "local.settings.json is never deployed; read settings with os.getenv"
            case .installed: "of installed packages, only lua_modules/share/lua/5.4 is deployed"
            case .loose: "of the files in the app's own folder, only host.json is deployed; move this one into a folder"
            case .notOfFunction:
                "in functions/, only folders with a function.json are deployed; move it beside functions/"
            case .function: "its function.json would make it a function in the deployed app; move it into functions/"
            case .ofFunction(let function): "the deployed app has \(function) there; rename it"
            case .ignored(let file): "\(file) names it, so it is not deployed"
            }
        }
    }

    /// Throws if an ignore file cannot be read, because files that it excludes might be deployed.
    init(of files: AppFiles) throws(Problem) {
        isArchive = files.isArchive
        let layout = AppLayout(of: files)
        parent = layout.parent
        functions = Set(layout.functionFolders(in: files))
        root = files.isArchive ? files.root : Path.resolved(files.root)
        let names = layout.parent.isEmpty ? [] : files.entries(of: "") ?? []
        strays = Set(names.filter { files.exists("\($0)/function.json") })
        guard !isArchive else {
            (funcIgnore, gitIgnores) = (nil, [])
            return
        }
        funcIgnore = try IgnoreFile(".funcignore", in: root)
        gitIgnores = try IgnoreFile.gitIgnores(above: root) + [IgnoreFile(".gitignore", in: root)].compactMap(\.self)
    }

    // MARK: The rule

    /// Why a file or folder, or a folder above it, is not deployed.
    ///
    /// The time grows with the square of the number of names in the path, so a caller's path must not have too many.
    package func exclusion(onWayTo path: String, isFolder: Bool = false) throws(Problem) -> Exclusion? {
        let names = path.split(separator: "/")
        // Most of these reasons need no look at the file system.
        if let exclusion = names.lazy.compactMap({ Self.exclusion(ofName: $0) }).first { return exclusion }
        for count in 1...max(1, names.count) {
            let part = names.prefix(count).joined(separator: "/")
            if let exclusion = try exclusion(of: part, isFolder: isFolder || count < names.count) { return exclusion }
        }
        return nil
    }

    /// The same for a path whose folders are known to be deployed.
    package func exclusion(of path: String, isFolder: Bool) throws(Problem) -> Exclusion? {
        if let exclusion = Self.exclusion(ofName: Path.lastComponent(of: path)) { return exclusion }
        if let exclusion = try ignored(path, isFolder: isFolder) { return exclusion }
        return exclusion(atPlace: path, isFolder: isFolder)
    }

    /// Whether a link may lead to this file or folder. A link to what is not deployed would publish it under another
    /// name. Scripts are loaded through any link, and so may lie anywhere in the app, as may the folders that hold them.
    package func allows(target: String, ofLink link: String, isFolder: Bool) throws(Problem) -> Bool {
        if target == link || !isFolder && link.hasSuffix(".lua") && target.hasSuffix(".lua") { return true }
        if isFolder, needsEverything(at: link) {
            return target.split(separator: "/").allSatisfy { Self.exclusion(ofName: $0) == nil }
        }
        return try exclusion(onWayTo: target, isFolder: isFolder) == nil
    }

    /// Applies to names in all folders.
    private static func exclusion(ofName name: some StringProtocol) -> Exclusion? {
        if name.hasPrefix(".") { return .hidden }
        if name.hasSuffix("_test.lua") { return .test }
        if name == "local.settings.json" { return .settings }
        return name == "node_modules" ? .installed : nil
    }

    private func exclusion(atPlace path: String, isFolder: Bool) -> Exclusion? {
        let names = path.split(separator: "/", maxSplits: 2)
        guard let first = names.first else { return nil }
        if names.count == 1, !isFolder { return path == "host.json" ? nil : .loose }
        switch first {
        case "lua_modules":
            let tree = "lua_modules/share/lua/5.4/"
            return path.hasPrefix(tree) || isFolder && tree.hasPrefix(path + "/") ? nil : .installed
        case "functions" where names.count > 1:
            return functions.contains("functions/\(names[1])") ? nil : .notOfFunction
        case "functions", "lib": return nil
        default:
            guard names.count == 1, !parent.isEmpty else { return nil }
            if let function = functions.first(where: { $0.lowercased() == parent + first.lowercased() }) {
                return .ofFunction(function)
            }
            return strays.contains(path) ? .function : nil
        }
    }

    /// Whether a link out of the app at this place is an error: functions and modules would not work without it. Other
    /// folders may have nothing to do with the app, such as a virtual environment of Python.
    package func needsEverything(at path: String) -> Bool {
        let first = path.prefix { $0 != "/" }
        return ["functions", "lib", "lua_modules"].contains(first) || functions.contains(String(first))
    }

    // MARK: Ignore files

    /// Only .funcignore applies to `lua_modules`: many apps have git ignore it, because its files can be installed
    /// again, but a deployed app needs them.
    private func ignored(_ path: String, isFolder: Bool) throws(Problem) -> Exclusion? {
        guard !isArchive else { return nil }
        let place = "\(root)/\(path)"
        if funcIgnore?.verdict(on: place, isFolder: isFolder) == true { return .ignored(by: ".funcignore") }
        guard path != "lua_modules", !path.hasPrefix("lua_modules/") else { return nil }
        // The nearest .gitignore with a matching pattern decides.
        var folder = Path.parent(of: path) ?? ""
        while !folder.isEmpty {
            if let verdict = try gitIgnore(in: folder)?.verdict(on: place, isFolder: isFolder) {
                return verdict ? .ignored(by: "\(folder)/.gitignore") : nil
            }
            folder = Path.parent(of: folder) ?? ""
        }
        let verdict = gitIgnores.reversed().lazy.compactMap { $0.verdict(on: place, isFolder: isFolder) }.first
        return verdict == true ? .ignored(by: ".gitignore") : nil
    }

    private func gitIgnore(in folder: String) throws(Problem) -> IgnoreFile? {
        if let known = inner.withLock({ $0[folder] }) { return known }
        let file = try IgnoreFile(".gitignore", in: "\(root)/\(folder)")
        inner.withLock { inner in
            // A script may ask for any number of folders.
            if inner.count < AppFiles.knownLimit { inner.updateValue(file, forKey: folder) }
        }
        return file
    }

    // MARK: Layouts

    /// The path of the same file in the deployed app, where the function folders are beside host.json.
    package func flat(_ path: String) -> String {
        path.hasPrefix("functions/") ? String(path.dropFirst("functions/".count)) : path
    }

    /// The path in this app's own layout. `functions/order/x` and `order/x` are the same file, whether the app has a
    /// folder `functions` or the flat layout.
    func placed(_ path: String) -> String {
        let names = path.split(separator: "/", maxSplits: 2)
        guard let first = names.first else { return path }
        if !parent.isEmpty {
            return functions.contains(parent + first) ? parent + path : path
        }
        guard first == "functions", names.count > 1, functions.contains(String(names[1])) else { return path }
        return String(path.dropFirst("functions/".count))
    }
}
