import Files
import FunctionsModel

/// Visits the folders of an app that are deployed.
struct AppWalk {
    /// The root with links resolved.
    private let root: String
    /// The function folders, relative to the app.
    private let functions: Set<String>
    private let funcIgnore: IgnoreFile?
    private(set) var files: [PackedFile] = []
    private(set) var notes: [String] = []

    init(_ app: FunctionApp) throws(PackError) {
        root = Path.resolved(app.root)
        self.functions = try Self.functions(of: app)
        funcIgnore = try IgnoreFile(".funcignore", in: root)
    }

    /// Also those that host.json leaves out.
    private static func functions(of app: FunctionApp) throws(PackError) -> Set<String> {
        var functions: Set<String> = []
        for folder in app.layout.functionFolders(in: app.files) {
            guard !takenNames.contains(Path.lastComponent(of: folder).lowercased()) else {
                throw .takenName(function: folder)
            }
            functions.insert(folder)
        }
        return functions
    }

    private static let takenNames: Set = ["functions", "host.json", "lib", "lua_modules", runtimeName]

    func hostText() throws(PackError) -> [UInt8]? {
        File.exists("\(root)/host.json") ? try FileSystem.bytes(of: "\(root)/host.json") : nil
    }

    mutating func run() throws(PackError) {
        try enter("", chain: [root], gitIgnore: IgnoreFile.gitIgnores(above: root))
        if File.exists("\(root)/lua_modules/lib") {
            notes.append("lua_modules/lib is left out: luafunc does not load C modules")
        }
    }

    /// - Parameters:
    ///   - folder: the path relative to the app; "" for the app itself.
    ///   - chain: the real paths of this folder and its ancestors. A link to one of them would form a cycle.
    private mutating func enter(_ folder: String, chain: [String], gitIgnore: [IgnoreFile]) throws(PackError) {
        let here = folder.isEmpty ? root : "\(root)/\(folder)"
        guard let names = FileSystem.entries(of: here) else { throw .unreadable(here) }
        let gitIgnore = try gitIgnore + [IgnoreFile(".gitignore", in: here)].compactMap { $0 }
        for name in names where !isPrivate(name) {
            let path = folder.isEmpty ? name : "\(folder)/\(name)"
            let place = Path.resolved("\(root)/\(path)")
            let kind = File.kind(of: place, followsLinks: false)
            let isFolder = kind == .folder
            guard isDeployed(path, isFolder: isFolder), !isIgnored(path, isFolder: isFolder, gitIgnore) else {
                continue
            }
            guard Path.isInside(place, of: root) else { throw .outside(Problem(link: path, outOfAppTo: place)) }
            switch kind {
            case .folder where chain.contains(place):
                notes.append("\(path) is left out: it is a link to a folder that it is in")
            case .folder: try enter(path, chain: chain + [place], gitIgnore: gitIgnore)
            case .file: files.append(PackedFile(path: flat(path), bytes: try FileSystem.bytes(of: place)))
            case .link, .other, nil: notes.append("\(path) is left out: it is neither a file nor a folder")
            }
        }
    }

    /// Whether the file or folder is never deployed, in whatever folder it lies.
    private func isPrivate(_ name: String) -> Bool {
        name.hasPrefix(".") || name.hasSuffix("_test.lua") || name == "local.settings.json"
    }

    private func isDeployed(_ path: String, isFolder: Bool) -> Bool {
        let parts = path.split(separator: "/")
        switch parts[0] {
        case "lib": return isFolder || parts.count > 1
        case "lua_modules": return path.hasPrefix(Self.modules) || isFolder && Self.modules.hasPrefix(path + "/")
        case "functions": return parts.count == 1 ? isFolder : functions.contains("functions/\(parts[1])")
        default: return functions.contains(String(parts[0]))
        }
    }

    private static let modules = "lua_modules/share/lua/5.4/"

    /// Whether an ignore file excludes the path. Only .funcignore applies to `lua_modules`: many apps have git ignore
    /// it, because its files can be installed again, but a deployed app needs them.
    private func isIgnored(_ path: String, isFolder: Bool, _ gitIgnore: [IgnoreFile]) -> Bool {
        let isInstalled = path.split(separator: "/").first == "lua_modules"
        let verdict = { (file: IgnoreFile) in file.verdict(on: "\(root)/\(path)", isFolder: isFolder) }
        // Of several .gitignore files, the nearest one with a matching pattern decides.
        return funcIgnore.flatMap(verdict) == true
            || !isInstalled && gitIgnore.reversed().lazy.compactMap(verdict).first == true
    }

    private func flat(_ path: String) -> String {
        path.hasPrefix("functions/") ? String(path.dropFirst("functions/".count)) : path
    }
}
