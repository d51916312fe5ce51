import FunctionsModel

/// The runtime's name in a deployed app; host.json refers to it.
let runtimeName = "luafunc"

struct PackedFile: Equatable {
    /// The path in the flat layout.
    let path: String
    let bytes: [UInt8]
    var isExecutable = false
}

/// The files of an app in Azure's flat layout, which both the host and luafunc read: every function folder lies beside
/// host.json.
struct PackedApp {
    /// The files without the runtime, sorted by path.
    let files: [PackedFile]
    /// Notes about results that the app's author may not expect.
    let notes: [String]

    init(_ app: FunctionApp) throws(PackError) {
        var walk = try AppWalk(app)
        try walk.run()
        let isServer = app.host.serverRoutes != nil
        let hasFunction = walk.files.contains { file in
            isServer ? AppLayout.definesFunction(file.path) : file.path.hasSuffix("/function.json")
        }
        guard hasFunction else { throw .noFunctions(root: app.root) }
        let host = try PackedHostJSON(walk.hostText())
        files = (walk.files + [PackedFile(path: "host.json", bytes: host.bytes)])
            .sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
        notes = host.notes + walk.notes
    }

    /// The files and the runtime, which has the path that host.json names.
    func files(with runtime: ExecutableFile) throws(PackError) -> [PackedFile] {
        (files + [PackedFile(path: runtimeName, bytes: try runtime.image, isExecutable: true)])
            .sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    }
}
