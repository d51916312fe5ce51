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

    /// The folders with a function.json, relative to the app.
    package func functionFolders(in files: AppFiles) -> [String] {
        names.map(folder(of:)).filter { files.exists("\($0)/function.json") }
    }

    /// The folder of a function, relative to the app; also of one that does not exist yet.
    package func folder(of name: String) -> String { parent + name }
}
