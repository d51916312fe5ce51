import Files

/// The folders that contain an app's files: the root, the functions, the modules, and those with data. Links are
/// followed as long as they stay in the app.
struct AppFolders {
    /// The folders, relative to the app; the root is "". A folder that several paths lead to has one of them.
    private(set) var paths = [""]
    /// Absolute paths of further folders in which a change may concern the app: those with data, those that may become
    /// functions, and those that contain the targets of links.
    private(set) var others: Set<String> = []
    /// Links that lead out of the app, which are not followed.
    private(set) var outside: [Problem] = []

    private let root: String
    private let links: AppLinks

    /// Lists each folder once: `files` keeps the lists.
    init(of files: AppFiles) {
        root = files.root
        links = AppLinks(root: root)
        let isFlat = AppLayout(of: files).parent.isEmpty
        for name in Self.names(in: "", files) {
            switch name {
            case AppLayout.folder, "lib": add(name, within: [links.realRoot], files)
            case "lua_modules": addModules(name, files)
            case "host.json": follow(name)
            default:
                if isFlat, addPossibleFunction(name, files) { continue }
                if let deployed = try? files.deployed() { addData(name, within: [links.realRoot], deployed) }
            }
        }
    }

    /// Adds a folder that is deployed with an app because scripts may read its files.
    private mutating func addData(_ path: String, within chain: [String], _ deployed: DeployedFiles) {
        let place = "\(root)/\(path)"
        var real = Path.join(chain.last ?? "", Path.lastComponent(of: path))
        let kind = File.kind(of: place, followsLinks: false)
        guard kind == .folder || kind == .link, others.count < Self.limit,
            (try? deployed.exclusion(of: path, isFolder: true)) == nil
        else { return }
        if kind == .link {
            real = Path.resolved(place)
            guard links.problem(of: path) == nil, !chain.contains(real) else { return }
            others.formUnion(links.foldersOfTargets(of: path))
            guard File.kind(of: real) == .folder else { return }
        }
        others.insert(place)
        for name in (try? Folder.names(in: place)) ?? [] {
            addData("\(path)/\(name)", within: chain + [real], deployed)
        }
    }

    /// The maximum number of folders. No app written by hand has as many.
    private static let limit = 4096

    private static func names(in folder: String, _ files: AppFiles) -> [String] {
        (files.entries(of: folder) ?? []).filter { !$0.hasPrefix(".") }
    }

    /// Adds a file, or a folder with its contents.
    ///
    /// - Parameter chain: the real paths of the folders around it. A link to one of them would form a cycle.
    private mutating func add(_ path: String, within chain: [String], _ files: AppFiles) {
        let name = Path.lastComponent(of: path)
        let place = "\(root)/\(path)"
        var real = Path.join(chain.last ?? "", name)
        switch File.kind(of: place, followsLinks: false) {
        case .folder: break
        case .link:
            guard follow(path) else { return }
            real = Path.resolved(place)
            guard File.kind(of: real) == .folder, !chain.contains(real) else { return }
        default: return
        }
        guard paths.count < Self.limit else { return }
        paths.append(path)
        for inner in Self.names(in: path, files) { add("\(path)/\(inner)", within: chain + [real], files) }
    }

    /// Watches a link's targets. Returns false if it leads out of the app.
    @discardableResult
    private mutating func follow(_ path: String) -> Bool {
        if let problem = links.problem(of: path) {
            // These files are not part of the deployed app.
            let isPrivate = path.hasSuffix("_test.lua") || path.hasSuffix("local.settings.json")
            if !isPrivate { outside.append(problem) }
            return false
        }
        others.formUnion(links.foldersOfTargets(of: path))
        return true
    }

    /// In Azure's flat layout, each folder in the root may become a function. Returns whether it is one.
    private mutating func addPossibleFunction(_ name: String, _ files: AppFiles) -> Bool {
        let place = "\(root)/\(name)"
        guard File.kind(of: place) == .folder else { return false }
        let isServer = name == ServerRoutes.function && File.exists(ServerRoutes.script(in: place))
        if isServer || File.exists("\(place)/function.json") {
            add(name, within: [links.realRoot], files)
            return true
        }
        if links.problem(of: name) == nil { others.insert(place) }
        return false
    }

    /// Adds LuaRocks' tree. Until the tree exists, the folders above it are watched.
    private mutating func addModules(_ name: String, _ files: AppFiles) {
        guard follow(name) else { return }
        let tree = "\(name)/share/lua/5.4"
        if File.kind(of: "\(root)/\(tree)") == .folder { add(tree, within: [links.realRoot], files) }
        var above = Path.parent(of: tree)
        while let folder = above, !folder.isEmpty {
            if File.kind(of: "\(root)/\(folder)") == .folder { others.insert("\(root)/\(folder)") }
            above = Path.parent(of: folder)
        }
    }
}
