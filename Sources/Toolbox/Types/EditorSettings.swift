import FunctionsModel
import JSON

/// What a settings file of an editor must have. What the user has written there stays.
struct EditorSettings: Sendable {
    fileprivate enum Value: Sendable {
        /// Written as JSON. Another value that the user has chosen stays.
        case single(String)
        /// Texts that a list must have. In an object, as older versions have it, they are members that are true.
        case list([String])
        /// Members that an object must have, written as JSON.
        case members([(name: String, value: String)])
        /// Objects that a list must have. The member `url` tells them apart.
        case schemas([(url: String, files: [String])])
    }

    /// The reason why nothing can be added.
    struct Refusal: Error, CustomStringConvertible { let description: String }

    fileprivate let values: [(path: String, value: Value)]

    /// What to do by hand: only what the file lacks, if the file can be read.
    func advice(for old: [UInt8]) -> String {
        let file = try? CommentedJSON(old)
        let lines = values.compactMap { path, value -> String? in
            let text = file.map { value.lacking(at: Self.path(path, in: $0), in: $0) } ?? value.written
            return text.map { "\n  \"\(path)\": \($0)" }
        }
        return "add by hand:" + lines.joined(separator: ",")
    }

    /// Larger files are not settings.
    static let limit = 4 << 20

    /// `.luarc.json`.
    static let languageServer = EditorSettings(values: [
        ("runtime.version", .single("\"Lua 5.4\"")),
        (
            "runtime.path",
            .list(["", "lib/", AppFiles.modules + "/"].flatMap { ["\($0)?.lua", "\($0)?/init.lua"] })
        ),
        ("runtime.builtin", .members(TypeDefinitions.replacedLibraries.map { ($0, "\"disable\"") })),
        ("workspace.library", .list([TypeDefinitions.folder])),
        // Without it, the language server asks about libraries whose names it finds in the scripts.
        ("workspace.checkThirdParty", .single("false")),
    ])

    /// `.vscode/settings.json`.
    static let vsCode = EditorSettings(values: [
        (
            "json.schemas",
            .schemas([
                (
                    "./\(TypeDefinitions.folder)/function.schema.json",
                    ["/*/function.json", "/\(AppLayout.folder)/*/function.json"]
                ),
                ("./\(TypeDefinitions.folder)/host.schema.json", ["/host.json"]),
            ])
        )
    ])

    /// The file with what it lacks.
    func merged(into old: [UInt8]) throws(Refusal) -> [UInt8] {
        var file = try Self.reading { () throws(JSONError) in try CommentedJSON(old) }
        guard file.root.members != nil else { throw Refusal(description: "it is not an object") }
        for (path, value) in values {
            try Self.add(value, at: Self.path(path, in: file), to: &file)
        }
        return file.text
    }

    /// The language server takes the names also with a prefix.
    private static func path(_ path: String, in file: CommentedJSON) -> String {
        file.find(path) == nil && file.find("Lua.\(path)") != nil ? "Lua.\(path)" : path
    }

    private static func reading<Result>(_ body: () throws(JSONError) -> Result) throws(Refusal) -> Result {
        do throws(JSONError) {
            return try body()
        } catch {
            throw Refusal(description: "it is not valid JSON: \(error)")
        }
    }

    private static func add(_ value: Value, at path: String, to file: inout CommentedJSON) throws(Refusal) {
        for written in try value.missing(at: path, in: file) {
            // Each addition moves what follows it.
            let old = file.find(path)
            let place = file.place(of: path)
            let text = old == nil ? "\(place.name.quoted): \(written)" : written
            var changed = file
            try reading { () throws(JSONError) in try changed.add(text, to: old ?? place.object) }
            file = changed
        }
    }
}

extension EditorSettings.Value {
    /// As JSON, for a file that has nothing of it.
    fileprivate var written: String {
        switch self {
        case .single(let value): value
        case .list(let texts): Self.list(texts.map(\.quoted))
        case .members(let members): "{ \(members.map { "\($0.name.quoted): \($0.value)" }.joined(separator: ", ")) }"
        case .schemas(let schemas): Self.list(schemas.map(Self.written))
        }
    }

    /// In lines of their own if there are several.
    private static func list(_ elements: [String]) -> String {
        elements.count == 1 ? "[\(elements[0])]" : "[\n    \(elements.joined(separator: ",\n    "))\n  ]"
    }

    /// What to add to the value in the file: members or elements, or anything at all if there is no such value.
    fileprivate func missing(
        at path: String, in file: CommentedJSON
    ) throws(EditorSettings.Refusal) -> [String] {
        guard let old = file.find(path) else { return [written] }
        func wrongKind(_ wanted: String) -> EditorSettings.Refusal {
            EditorSettings.Refusal(description: "\"\(path)\" is not \(wanted)")
        }
        switch self {
        case .single: return []
        case .list(let texts):
            if let members = old.members {
                return texts.filter { text in !members.contains { $0.name == text } }.map { "\($0.quoted): true" }
            }
            guard let elements = old.elements else { throw wrongKind("a list") }
            return texts.filter { text in !elements.contains { $0.text == text } }.map(\.quoted)
        case .members(let members):
            guard let present = old.members else { throw wrongKind("an object") }
            return members.filter { member in !present.contains { $0.name == member.name } }
                .map { "\($0.name.quoted): \($0.value)" }
        case .schemas(let schemas):
            guard let elements = old.elements else { throw wrongKind("a list") }
            return schemas.filter { schema in
                !elements.contains { file.find("url", in: $0)?.text == schema.url }
            }.map(Self.written)
        }
    }

    /// What to add by hand; nil if the file has it.
    fileprivate func lacking(at path: String, in file: CommentedJSON) -> String? {
        // A value of the wrong kind has to be replaced.
        guard let old = file.find(path), let missing = try? missing(at: path, in: file) else { return written }
        if missing.isEmpty { return nil }
        return old.members != nil ? "{ \(missing.joined(separator: ", ")) }" : Self.list(missing)
    }

    private static func written(_ schema: (url: String, files: [String])) -> String {
        "{ \"fileMatch\": [\(schema.files.map(\.quoted).joined(separator: ", "))], \"url\": \(schema.url.quoted) }"
    }
}

extension String {
    /// As a JSON string.
    fileprivate var quoted: String { JSONTree(.string(self), line: 1).text }
}
