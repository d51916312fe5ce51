import Files
package import FunctionsModel

/// A function that is made from a template.
package struct NewFunction {
    package let name: String
    /// The function's folder, relative to the app.
    package let folder: String
    private let root: String
    private let host: HostJSON

    /// The reason why the function cannot be made.
    package enum Refusal: Error, Equatable {
        /// The folder has no host.json.
        case noApp(String)
        /// A function or a file has this name, perhaps in another case.
        case taken(String, by: String)
        /// host.json is not valid.
        case badApp(Problem)
        /// host.json has a profile or routes beside which the host accepts no function.json.
        case noFunctions(String)
    }

    /// - Parameter overwrites: whether the folder may exist.
    package init(_ name: String, in root: String, overwrites: Bool, settings: [String: String]) throws(Refusal) {
        guard File.kind(of: Path.join(root, "host.json")) != nil else { throw .noApp(root) }
        do throws(Problem) {
            host = try AppLoader(.folder(root), settings: settings).load().host
        } catch {
            throw .badApp(error)
        }
        guard host.serverRoutes == nil else { throw .noFunctions(root) }
        let parent = Self.parent(in: root)
        self.name = name
        self.root = root
        folder = parent + name
        try Self.check(name, beside: parent, in: root, overwrites: overwrites)
    }

    package func write(_ template: FunctionTemplate, overwrites: Bool) throws(TemplateError) -> [String] {
        try template.files(of: name, in: folder, routePrefix: host.routePrefix).write(to: root, overwrites: overwrites)
    }

    /// Whether host.json lacks the extension bundle that the host needs for this template.
    package func lacksBundle(_ template: FunctionTemplate) -> Bool { template.needsBundle && !host.hasExtensionBundle }

    /// Whether host.json names the functions that the host loads, without this one.
    package var isUnlisted: Bool {
        host.functions.map { list in !list.contains { $0.lowercased() == name.lowercased() } } ?? false
    }

    /// What the app's author must know of a new MCP server.
    package var serverNotes: [String] {
        var notes: [String] = []
        if host.httpWire != .proxied {
            notes.append(
                "host.json does not let requests through as they are, so clients get progress and questions only with a "
                    + "tool's result, and no changes; write \"enableProxyingHttpRequest\": true into \"customHandler\"")
        }
        if !host.routePrefix.isEmpty {
            notes.append(
                "\"routePrefix\" in host.json is \"\(host.routePrefix)\", so \(folder)-metadata is at "
                    + "/\(host.routePrefix)/.well-known, where clients do not look; if the server has auth, write "
                    + "\"extensions\": { \"http\": { \"routePrefix\": \"\" } }, and otherwise delete that folder")
        }
        return notes
    }

    /// The folders of an app's functions, as absolute paths.
    static func folders(in root: String) -> [String] {
        ["\(AppLayout.folder)", ""].flatMap { parent in
            let place = Path.join(root, parent)
            return names(in: place).map { Path.join(place, $0) }
        }.filter { File.exists("\($0)/function.json") }
    }

    /// Before the name of a new function's folder: `functions/`, or nothing in an app whose functions are in the root.
    static func parent(in root: String) -> String {
        let isFlat =
            File.kind(of: Path.join(root, AppLayout.folder)) != .folder
            && names(in: root).contains { File.exists(Path.join(root, "\($0)/function.json")) }
        return isFlat ? "" : AppLayout.folder + "/"
    }

    /// The host ignores the case of names. A deployed app has its functions beside its other folders, so no folder in
    /// the root may have the name of a function either.
    private static func check(
        _ name: String, beside parent: String, in root: String, overwrites: Bool
    ) throws(Refusal) {
        for folder in parent.isEmpty ? [""] : [parent, ""] {
            let place = Path.join(root, folder)
            let twin = names(in: place).first { $0.lowercased() == name.lowercased() }
            guard let twin else { continue }
            if folder == parent ? overwrites && twin == name : File.kind(of: Path.join(place, twin)) != .folder {
                continue
            }
            throw .taken(name, by: folder + twin)
        }
    }

    private static func names(in folder: String) -> [String] { (try? Folder.names(in: folder)) ?? [] }
}

extension NewFunction.Refusal: CustomStringConvertible {
    package var description: String {
        switch self {
        case .noApp(let root):
            "\(root): has no host.json, so it is not an app; make one with 'luafunc init', or name the app with --app"
        case .taken(let name, let other) where Path.lastComponent(of: other) == name:
            "\(other) exists already; choose another name, or replace the files of a function with --force"
        case .taken(let name, let other):
            "\(other) differs from '\(name)' only in case; choose another name for the function"
        case .badApp(let problem): problem.description
        case .noFunctions(let root):
            "\(root): host.json makes the app a server of its own, and the host accepts no function.json beside that; add "
                + "tools to \(AppLayout.folder)/\(ServerRoutes.function)/handler.lua, or make another app"
        }
    }
}
