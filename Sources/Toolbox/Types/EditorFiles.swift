import CustomHandler
import Files
package import FunctionsModel

/// The files by which an editor knows an app: definitions for the Lua language server, JSON schemas, and the settings that
/// name them.
///
/// A file whose content stays the same is not written, because editors read it again then.
package struct EditorFiles {
    /// A file, or a folder of files, relative to the app.
    package struct Entry: Equatable, Sendable {
        package let path: String
        package let isChanged: Bool
    }

    package private(set) var entries: [Entry] = []
    /// Why something was not written, each with what to do.
    package private(set) var problems: [String] = []
    private let root: String

    private init(_ root: String) { self.root = Path.absolute(root) }

    /// Writes everything. What cannot be written is in `problems`, and the rest is written all the same.
    ///
    /// - Parameter isForVSCode: whether the settings of VS Code are to name the schemas.
    package static func write(for app: FunctionApp, isForVSCode: Bool = true) -> EditorFiles {
        var files = EditorFiles(app.root)
        files.writeDefinitions(of: app)
        files.merge(EditorSettings.languageServer, into: files.serverSettings)
        if isForVSCode { files.merge(EditorSettings.vsCode, into: ".vscode/settings.json") }
        return files
    }

    /// Writes everything for an app that was just made; nil if it cannot be read.
    package static func write(forNew root: String) -> EditorFiles? { app(in: root).map { write(for: $0) } }

    /// Writes the definitions again if the app has them, or if its .luarc.json, which may come from another machine, names
    /// them. Nothing is reported, because nobody has asked for it.
    ///
    /// - Parameter app: the app if it was read already. Its files are not read again.
    package static func refresh(_ root: String, read app: FunctionApp? = nil) {
        var files = EditorFiles(root)
        guard files.isWanted, let app = app.map({ AppLoader.forEditors($0) }) ?? self.app(in: root) else { return }
        files.writeDefinitions(of: app)
    }

    private static func app(in root: String) -> FunctionApp? {
        try? AppLoader(.folder(root), settings: [:], requiresScripts: false).load(earlier: HostJSON())
    }

    private var isWanted: Bool {
        if File.kind(of: Path.join(root, TypeDefinitions.folder)) == .folder { return true }
        let place = Path.join(root, serverSettings)
        // Reading a terminal or a pipe could wait for ever.
        guard obstacle(at: place) == nil else { return false }
        let settings = try? File.read(place, limit: EditorSettings.limit)
        return settings.map { String(decoding: $0, as: UTF8.self).contains(TypeDefinitions.folder) } ?? false
    }

    /// The language server reads the second file only where the first is missing.
    private var serverSettings: String {
        let names = [".luarc.json", ".luarc.jsonc"]
        return names.first { File.kind(of: Path.join(root, $0), followsLinks: false) != nil } ?? names[0]
    }

    /// They are the same for every app, and making them takes longer than all else.
    private static let schemas: [(path: String, text: [UInt8])] = [
        ("function.schema.json", Array(EditorSchema.function().utf8)),
        ("host.schema.json", Array(EditorSchema.host().utf8)),
    ]

    private mutating func writeDefinitions(of app: FunctionApp) {
        let taken = app.takenModules.map(\.name)
        var files: [(path: String, text: [UInt8])] = [(".gitignore", Array("*\n".utf8))]
        for (name, text) in TypeDefinitions.modules {
            files.append(("luafunc/\(name).lua", text))
            if !taken.contains(name) { files.append(("\(name).lua", Array(TypeDefinitions.alias(of: name).utf8))) }
        }
        for (name, text) in TypeDefinitions.globals { files.append(("globals/\(name).lua", text)) }
        files.append(("functions.lua", Array(FunctionTypes.text(of: app).utf8)))
        files += Self.schemas
        for path in files.map(\.path) + taken.map({ "\($0).lua" }) {
            if let reason = linkOrDevice(on: "\(TypeDefinitions.folder)/\(path)") { return problems.append(reason) }
        }
        var isChanged = false
        do throws(FileError) {
            for (path, text) in files where try write(text, to: "\(TypeDefinitions.folder)/\(path)") {
                isChanged = true
            }
            for name in taken { try File.remove(Path.join(root, "\(TypeDefinitions.folder)/\(name).lua")) }
        } catch {
            return problems.append("\(error.path) cannot be written: \(error.reason)")
        }
        entries.append(Entry(path: TypeDefinitions.folder, isChanged: isChanged))
    }

    /// Why nothing is written to this path or removed there; nil if only folders and files are on the way. A link that
    /// came with the app could lead to any file of the user.
    private func linkOrDevice(on path: String) -> String? {
        var part = ""
        for name in Path.components(of: path) {
            part = Path.join(part, String(name))
            switch File.kind(of: Path.join(root, part), followsLinks: false) {
            case .link: return "\(part) is a link, and luafunc writes no definitions through links; remove it"
            case .other: return "\(part) is neither a file nor a folder; remove it"
            case nil, .file, .folder: continue
            }
        }
        return nil
    }

    private mutating func merge(_ settings: EditorSettings, into path: String) {
        let place = Path.join(root, path)
        var old: [UInt8] = []
        do throws(FileError) {
            if let reason = obstacle(at: place) {
                problems.append("\(path) \(reason); \(settings.advice(for: old))")
                return
            }
            if File.exists(place) { old = try File.read(place, limit: EditorSettings.limit) }
            let new: [UInt8]
            do {
                new = try settings.merged(into: old)
            } catch {
                problems.append("\(path) stays as it is, because \(error); \(settings.advice(for: old))")
                return
            }
            entries.append(Entry(path: path, isChanged: try write(new, to: path)))
        } catch {
            problems.append("\(path) cannot be changed: \(error.reason); \(settings.advice(for: old))")
        }
    }

    /// Why the file at this path cannot be used; nil if it can, or if there is none.
    private func obstacle(at place: String) -> String? {
        let kind = File.kind(of: place)
        if kind == nil, File.kind(of: place, followsLinks: false) != nil {
            return "is a link to a file that does not exist"
        }
        guard Path.isInside(Path.resolved(place), of: Path.resolved(root)) else {
            return "is behind a link that leads out of the app"
        }
        return switch kind {
        case nil, .file: nil
        case .folder: "is a folder"
        default: "is not a file"
        }
    }

    /// Returns whether the file has changed.
    private func write(_ text: [UInt8], to path: String) throws(FileError) -> Bool {
        let place = Path.join(root, path)
        if let old = try? File.read(place, limit: text.count), old == text { return false }
        try Folder.make(Path.parent(of: place) ?? root)
        try File.write(text.span.bytes, to: place, isSynced: false)
        return true
    }
}
