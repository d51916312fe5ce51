import Files
import JSON
import Synchronization

/// The files and folders of one version of an app. Each file is read once, so code that is loaded later sees the text
/// of this version, even if the file has changed since. A newer `FunctionApp` has its own `AppFiles`.
package final class AppFiles: Sendable {
    /// The path of the folder, or of the program that contains the app.
    package let root: String
    /// The files of an app that is part of the program; nil for an app in a folder.
    let archive: [String: [UInt8]]?
    private let links: AppLinks?
    /// The contents that were read, by file name relative to the app.
    private let texts = Mutex<[String: Content]>([:])
    /// The names in each folder that was listed; nil for a folder that cannot be read.
    private let listings = Mutex<[String: [String]?]>([:])
    private let walk = Mutex<AppFolders?>(nil)
    private let rule = Mutex<Result<DeployedFiles, Problem>?>(nil)
    /// The versions of the data files that scripts read while they were loaded; nil for a file that was missing.
    private let versions = Mutex<[String: String?]>([:])

    private enum Content: Equatable {
        case text([UInt8])
        case unreadable(Problem)
        /// The file is read through a link out of the app.
        case outside(Problem)

        var bytes: [UInt8]? { if case .text(let bytes) = self { bytes } else { nil } }
    }

    /// The maximum size of a file in bytes, so that a link to a device or a file left here by mistake does not fill the
    /// memory.
    private static func limit(of file: String) -> Int { file.hasSuffix(".json") ? 4 << 20 : 64 << 20 }

    package init(_ source: AppSource) {
        switch source {
        case .folder(let path):
            root = Path.standardized(path)
            archive = nil
            links = AppLinks(root: root)
        case .archive(let files, let program):
            root = program
            archive = files
            links = nil
        }
    }

    /// The same files, except that one has another text.
    package init(_ files: AppFiles, replacing file: String, with text: [UInt8]) {
        root = files.root
        archive = files.archive
        links = files.links
        let known = files.texts.withLock { $0 }
        texts.withLock { texts in
            texts = known
            texts[file] = .text(text)
        }
    }

    package enum Found {
        case text([UInt8], file: String)
        /// A C module of that name exists. luafunc does not load C modules.
        case native(file: String)
        /// A file of that name is a link that leads out of the app, or lies in a folder that is such a link.
        case outside(Problem)
        case missing(tried: [String])
    }

    /// Whether the app is part of the program.
    var isArchive: Bool { archive != nil }

    /// The bytes of a file of an app that is part of the program.
    func member(_ file: String) -> [UInt8]? { archive?[file] }

    /// The rule that decides which files are deployed. Throws if an ignore file cannot be read.
    package func deployed() throws(Problem) -> DeployedFiles {
        let result = rule.withLock { $0 } ?? Result { () throws(Problem) in try DeployedFiles(of: self) }
        rule.withLock { $0 = result }
        return try result.get()
    }

    /// The text of a file relative to the app.
    package func text(of file: String) throws(Problem) -> [UInt8] {
        switch content(of: file) {
        case .text(let text): return text
        case .unreadable(let problem), .outside(let problem): throw problem
        }
    }

    /// The link out of the app through which a file is read; nil if there is none.
    func link(outOfAppFor file: String) -> Problem? { links?.problem(of: file) }

    private func content(of file: String) -> Content {
        texts.withLock { texts in
            if let known = texts[file] { return known }
            let content = read(file)
            // A script may ask for any number of files that do not exist.
            if content.bytes != nil || texts.count < Self.knownLimit { texts[file] = content }
            return content
        }
    }

    private func read(_ file: String) -> Content {
        let text: [UInt8]
        if let archive {
            guard let member = archive[file] else { return .unreadable(Problem(file, "is not in the program")) }
            text = member
        } else {
            let limit = Self.limit(of: file)
            do throws(FileError) {
                text = try File.read("\(root)/\(file)", limit: limit)
            } catch {
                let reason =
                    error.cause == .tooLarge
                    ? "has more than the \(ByteCount.text(limit)) that luafunc reads; make it smaller"
                    : "cannot be read (\(error.reason)); check that it is a file and its permissions"
                return .unreadable(Problem(file, reason))
            }
            if let problem = links?.problem(of: file) { return .outside(problem) }
        }
        // Some editors write a byte order mark before UTF-8 text, and Lua does not accept it.
        return .text(text.starts(with: ByteOrderMark.utf8) ? Array(text.withoutByteOrderMark) : text)
    }

    /// The folders of the app, found by a walk through all of it; nil if the app is inside the program.
    var folders: AppFolders? {
        guard archive == nil else { return nil }
        return walk.withLock { walk in
            if let walk { return walk }
            let folders = AppFolders(of: self)
            walk = folders
            return folders
        }
    }

    /// Reads all Lua files that were not read yet, so that a module that is required later comes from this version too.
    package func readAll() {
        for folder in folders?.paths ?? [] { for file in luaFiles(in: folder) { _ = content(of: file) } }
    }

    /// The Lua files of a folder, relative to the app.
    package func luaFiles(in folder: String) -> [String] {
        (entries(of: folder) ?? []).filter { $0.hasSuffix(".lua") }.map { folder.isEmpty ? $0 : "\(folder)/\($0)" }
    }

    /// Reads these files if they were not read yet, so that a later version can be compared with them.
    package func remember(_ files: Set<String>) {
        for file in files { if isText(file) { _ = content(of: file) } else { _ = version(of: file) } }
    }

    /// Whether one of these files differs between the two versions or exists in only one of them.
    package func differs(from other: AppFiles, in files: Set<String>) -> Bool {
        files.contains { file in
            isText(file) || other.isText(file)
                ? content(of: file).bytes != other.content(of: file).bytes
                : version(of: file) != other.version(of: file)
        }
    }

    /// Whether the file is compared by its content. Data files may be large, so they are compared by size and time.
    private func isText(_ file: String) -> Bool {
        file.hasSuffix(".lua") || file.hasSuffix("/function.json") || file == "host.json"
            || texts.withLock { $0[file]?.bytes != nil }
    }

    /// Records the version of a data file that a script has read, unless an earlier one is known.
    ///
    /// - Parameter version: nil if the file is missing.
    package func note(_ version: String?, of file: String) {
        versions.withLock { versions in
            if versions.count < Self.knownLimit, versions[file] == nil {
                versions.updateValue(version, forKey: file)
            }
        }
    }

    private func version(of file: String) -> String? {
        if let known = versions.withLock({ $0[file] }) { return known }
        let version = (try? dataFile(file))?.version
        note(version, of: file)
        return version
    }

    /// The number of remembered files. When it is reached, files that do not exist are no longer remembered.
    package static let knownLimit = 4096
    /// The maximum length of a module's name in bytes.
    private static let nameLimit = 200

    /// The names in a folder relative to the app, sorted; nil if there is no such folder.
    package func entries(of folder: String) -> [String]? {
        if let archive {
            let prefix = folder.isEmpty ? "" : folder + "/"
            let names = Set(
                archive.keys.filter { $0.hasPrefix(prefix) }.map { $0.dropFirst(prefix.count).prefix { $0 != "/" } })
            return names.isEmpty ? nil : names.map(String.init).sorted()
        }
        return listings.withLock { listings in
            if let known = listings[folder] { return known }
            let names = try? Folder.names(in: folder.isEmpty ? root : "\(root)/\(folder)")
            listings[folder] = .some(names)
            return names
        }
    }

    func isFile(_ name: String) -> Bool {
        archive.map { $0[name] != nil } ?? (File.kind(of: "\(root)/\(name)") == .file)
    }

    func exists(_ file: String) -> Bool {
        if let archive { return archive[file] != nil }
        return File.exists("\(root)/\(file)")
    }

    /// Where LuaRocks installs modules of Lua text, and C modules.
    package static let modules = "lua_modules/share/lua/5.4"
    static let nativeModules = "lua_modules/lib/lua/5.4"

    /// Finds a module. It looks in the function's own folder, then in `lib/`, then in LuaRocks' tree, in each for
    /// `x/y.lua` and `x/y/init.lua`. It never looks outside the app, not even through a link.
    ///
    /// - Parameter looked: gets the name of each file that is looked for, whether it exists or not.
    package func find(_ module: String, from directory: String, looked: (String) -> Void) -> Found {
        let parts = module.split(separator: ".", omittingEmptySubsequences: false)
        guard module.utf8.count <= Self.nameLimit, parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(isPlain) })
        else { return .missing(tried: []) }
        let path = parts.joined(separator: "/")
        let candidates = [directory, "lib", Self.modules].flatMap { folder in
            ["\(folder)/\(path).lua", "\(folder)/\(path)/init.lua"]
        }
        for file in candidates {
            looked(file)
            switch content(of: file) {
            case .text(let text): return .text(text, file: file)
            case .outside(let problem): return .outside(problem)
            case .unreadable: continue
            }
        }
        let natives = [directory, "lib", Self.nativeModules].map { "\($0)/\(path).so" }
        if let native = natives.first(where: exists) { return .native(file: native) }
        return .missing(tried: candidates)
    }

    private func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
