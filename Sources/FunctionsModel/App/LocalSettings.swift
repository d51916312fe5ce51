import Files
import JSON

/// The content of local.settings.json and .env: the app settings for runs on this machine, which Azure holds for a
/// deployed app.
public struct LocalSettings: Sendable, Equatable {
    /// The member `Values`, and what only .env has. They become environment variables; existing environment variables
    /// take precedence, as with Core Tools.
    public var values: [String: String] = [:]
    /// The settings in .env, whether or not local.settings.json has them, too.
    package var envFile: [String: String] = [:]
    /// `Host.LocalHttpPort`.
    public var port: Int?
    /// The member `Host.CORS`: the origins whose pages may call. `*` stands for all origins.
    package var origins: [String] = []
    /// The member `Host.CORSCredentials`: whether pages may send cookies.
    package var allowsCredentials = false
    /// The member `EventGrid`: the functions that the events of a topic fire, by the app setting that an output names
    /// as its topic.
    package var subscriptions: [String: [String]] = [:]

    public init() {}

    /// Reads an app's files. A missing file is not an error.
    ///
    /// Errors never contain values, which may be secrets.
    public init(root: String) throws(Problem) {
        let path = "\(root)/\(Self.file)"
        // A link whose target is missing is an error.
        if File.kind(of: path, followsLinks: false) == nil {
            self.init()
        } else {
            try self.init(file: path, named: Self.file)
        }
        envFile = try DotEnv(root: root).values
        values.merge(envFile) { own, _ in own }
    }

    /// Lines of an app's .env that luafunc reads, but that other tools read in another way.
    package static func warnings(root: String) -> [Problem] { (try? DotEnv(root: root))?.warnings ?? [] }

    /// - Parameter file: the file's name in errors.
    package init(file path: String, named file: String) throws(Problem) {
        let text: [UInt8]
        do throws(FileError) {
            text = try File.read(path, limit: Self.sizeLimit)
        } catch {
            throw Problem(
                file,
                "cannot be read (\(error.reason)); it must be a file of at most \(ByteCount.text(Self.sizeLimit))")
        }
        let tree: JSONTree
        do throws(JSONError) {
            tree = try JSONTree.newtonsoft(text.span.bytes)
        } catch {
            throw Problem(file, error)
        }
        if tree.member(anyCase: "IsEncrypted")?.boolean == true {
            throw Problem(
                file, at: tree.member(anyCase: "IsEncrypted")?.place,
                "is encrypted; decrypt it with 'func settings decrypt'")
        }
        for member in tree.member(anyCase: "Values")?.members ?? [] {
            guard let value = Self.text(member.tree) else {
                throw Problem(
                    file, at: member.tree.place,
                    "\"\(member.name)\" in \"Values\" must be a string, not \(member.tree.kind)")
            }
            values[member.name] = value
        }
        for member in tree.member(anyCase: "EventGrid")?.members ?? [] {
            let names = member.tree.elements?.compactMap(\.string)
            guard let names, names.count == member.tree.elements?.count else {
                throw Problem(
                    file, at: member.tree.place,
                    "\"\(member.name)\" in \"EventGrid\" must be a list of function names, not \(member.tree.kind)")
            }
            subscriptions[member.name] = names
        }
        let host = tree.member(anyCase: "Host")
        if let written = host?.member(anyCase: "LocalHttpPort") {
            guard let port = Self.text(written).flatMap({ Int($0) }), 0...65_535 ~= port else {
                throw Problem(file, at: written.place, "\"LocalHttpPort\" must be a port from 0 to 65535")
            }
            self.port = port
        }
        origins = Self.origins(in: host?.member(anyCase: "CORS")?.string ?? "")
        allowsCredentials = host?.member(anyCase: "CORSCredentials")?.boolean ?? false
    }

    /// The origins in a list with commas.
    package static func origins(in text: String) -> [String] {
        text.split(separator: ",").map { origin in String(origin.drop { $0 == " " }).trimming(" /") }
    }

    /// Why the origin `*` and cookies exclude each other.
    package static let credentialsForAll = "CORS allows no cookies for pages of all origins; name the origins"

    package static let file = "local.settings.json"
    /// The maximum size of each file in bytes.
    static let sizeLimit = 4 << 20

    /// The text that .NET's configuration makes of a value; nil for one that is not a setting.
    private static func text(_ tree: JSONTree) -> String? { tree.value == .null ? nil : tree.configured }
}

extension String {
    /// Returns this text without any of these characters at its end.
    fileprivate func trimming(_ characters: String) -> String {
        var text = self[...]
        while let last = text.last, characters.contains(last) { text.removeLast() }
        return String(text)
    }
}
