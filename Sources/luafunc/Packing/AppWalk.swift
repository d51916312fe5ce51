import Files
import FunctionsModel

/// Visits the folders of an app that are deployed.
struct AppWalk {
    /// The root with links resolved.
    private let root: String
    private let deployed: DeployedFiles
    private(set) var files: [PackedFile] = []
    private(set) var notes: [String] = []

    init(_ app: FunctionApp) throws(PackError) {
        root = Path.resolved(app.root)
        deployed = try PackError.reading { () throws(Problem) in try app.files.deployed() }
        for function in deployed.functions.sorted() {
            guard !Self.takenNames.contains(Path.lastComponent(of: function).lowercased()) else {
                throw .takenName(function: function)
            }
        }
    }

    /// The names of what a deployed app has beside its functions.
    static let takenNames: Set = ["functions", "host.json", "lib", "lua_modules", runtimeName]

    func hostText() throws(PackError) -> [UInt8]? {
        File.exists("\(root)/host.json") ? try FileSystem.bytes(of: "\(root)/host.json") : nil
    }

    mutating func run() throws(PackError) {
        try enter("", chain: [root])
        if File.exists("\(root)/lua_modules/lib") {
            notes.append("lua_modules/lib is left out: luafunc does not load C modules")
        }
    }

    /// - Parameters:
    ///   - folder: the path relative to the app; "" for the app itself.
    ///   - chain: the real paths of this folder and its ancestors. A link to one of them would form a cycle.
    private mutating func enter(_ folder: String, chain: [String]) throws(PackError) {
        let here = folder.isEmpty ? root : "\(root)/\(folder)"
        guard let names = FileSystem.entries(of: here) else { throw .unreadable(here) }
        for name in names {
            // host.json is written on its own.
            if folder.isEmpty, name == "host.json" { continue }
            let path = folder.isEmpty ? name : "\(folder)/\(name)"
            let place = Path.resolved("\(root)/\(path)")
            let kind = File.kind(of: place, followsLinks: false)
            guard try isDeployed(path, isFolder: kind == .folder) else { continue }
            guard Path.isInside(place, of: root) else {
                let problem = Problem(link: path, outOfAppTo: place)
                if deployed.needsEverything(at: path) { throw .outside(problem) }
                notes.append("\(path) is left out: it is a link that leads out of the app")
                continue
            }
            let target = String(place.dropFirst(root.count + 1))
            let isAllowed = try PackError.reading { () throws(Problem) in
                try deployed.allows(target: target, ofLink: path, isFolder: kind == .folder)
            }
            guard isAllowed else {
                notes.append("\(path) is left out: it is a link to \(place), which is never deployed")
                continue
            }
            switch kind {
            case .folder where chain.contains(place):
                notes.append("\(path) is left out: it is a link to a folder that it is in")
            case .folder: try enter(path, chain: chain + [place])
            case .file: files.append(PackedFile(path: deployed.flat(path), bytes: try FileSystem.bytes(of: place)))
            case .link, .other, nil: notes.append("\(path) is left out: it is neither a file nor a folder")
            }
        }
    }

    private mutating func isDeployed(_ path: String, isFolder: Bool) throws(PackError) -> Bool {
        let exclusion = try PackError.reading { () throws(Problem) in
            try deployed.exclusion(of: path, isFolder: isFolder)
        }
        switch exclusion {
        case nil:
            guard path != runtimeName else { throw .takenFolder(path, by: "the program '\(runtimeName)'") }
            return true
        case .ofFunction(let function): throw .takenFolder(path, by: function)
        case .function: notes.append("\(path) is left out: \(DeployedFiles.Exclusion.function)")
        default: break
        }
        return false
    }
}

extension PackError {
    /// Turns the problem of an ignore file that cannot be read into an error of packing.
    fileprivate static func reading<Value>(_ body: () throws(Problem) -> Value) throws(PackError) -> Value {
        do throws(Problem) {
            return try body()
        } catch {
            throw .unreadable(error.file)
        }
    }
}
