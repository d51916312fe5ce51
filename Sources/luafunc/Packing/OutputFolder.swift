import Files
import FunctionsModel

/// Writes a packed app as a folder, for tools that need one.
struct OutputFolder {
    private let path: String

    /// The names that an earlier `pack` wrote there.
    private var old: [String] = []

    /// Throws if writing would delete something: the app itself, or a folder that contains more than a packed app.
    ///
    /// - Parameter files: the files that will be written. Folders of their names may be from an earlier `pack`.
    init(_ path: String, app root: String, files: [PackedFile] = []) throws(PackError) {
        self.path = Path.resolved(path)
        guard !Path.isInside(Path.resolved(root), of: self.path) else {
            throw .outputHoldsApp(path)
        }
        guard File.exists(self.path) else { return }
        guard let entries = FileSystem.entries(of: self.path)?.filter({ $0 != Self.settings }) else {
            throw .unwritable(path, reason: "it exists and is not a readable folder")
        }
        let isPackedApp = entries.contains("host.json") && entries.contains(runtimeName)
        let names = Set(files.map { $0.path.prefix { $0 != "/" } })
        let foreign = entries.first { !isPackedApp || !names.contains($0[...]) && !isPacked($0) }
        if let foreign { throw .foreign(foreign, output: path) }
        old = entries
    }

    /// Core Tools reads this file beside a packed app. Users put it there, so it is kept.
    private static let settings = "local.settings.json"

    private func isPacked(_ name: String) -> Bool {
        ["host.json", runtimeName, "lib", "lua_modules"].contains(name)
            || ["function.json", "handler.lua"].contains {
                AppLayout.definesFunction("\(name)/\($0)") && File.exists("\(path)/\(name)/\($0)")
            }
    }

    func write(_ files: [PackedFile]) throws(PackError) {
        for name in old { try FileSystem.remove("\(path)/\(name)") }
        for file in files {
            let target = "\(path)/\(file.path)"
            try FileSystem.makeFolder(Path.parent(of: target) ?? path)
            try FileSystem.write([file.bytes], to: target, isExecutable: file.isExecutable)
        }
    }
}
