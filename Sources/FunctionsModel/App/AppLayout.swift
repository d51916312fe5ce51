/// The place of an app's functions: the folder `functions`, which keeps an app tidy, or, in an app without one, the root,
/// where the host expects them.
package struct AppLayout: Sendable {
    /// Before the name of a function's folder: `functions/`, or nothing.
    let parent: String
    /// The names of the folders and files beside each other there.
    let names: [String]

    init(of files: AppFiles) {
        let inFolder = files.entries(of: Self.folder)
        parent = inFolder == nil ? "" : Self.folder + "/"
        names = inFolder ?? files.entries(of: "") ?? []
    }

    package static let folder = "functions"

    /// The folders with a function.json, relative to the app. In an app without any, the folder of a server's script is
    /// one too (host-contract §17).
    package func functionFolders(in files: AppFiles) -> [String] {
        let folders = names.map(folder(of:)).filter { files.exists("\($0)/function.json") }
        let server = folder(of: ServerRoutes.function)
        return folders.isEmpty && files.exists(ServerRoutes.script(in: server)) ? [server] : folders
    }

    /// Whether a file of a deployed app makes its folder one of a function.
    package static func definesFunction(_ path: String) -> Bool {
        path.hasSuffix("/function.json") || path == ServerRoutes.script(in: ServerRoutes.function)
    }

    /// The folder of a function, relative to the app; also of one that does not exist yet.
    package func folder(of name: String) -> String { parent + name }
}
