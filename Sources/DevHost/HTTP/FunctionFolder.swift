import Files
import FunctionsModel
import JSON

/// The folder of one function, where the admin API writes.
struct FunctionFolder {
    let path: String

    /// Throws if the folder is behind a link, which could lead to files that are not the function's own.
    ///
    /// - Parameter name: a valid name, as `Function.isName` says.
    init(_ name: String, of app: FunctionApp) throws(Problem) {
        let directory = app.functions[name]?.directory ?? app.layout.folder(of: name)
        path = "\(app.root)/\(directory)"
        guard Path.resolved(path) == Path.join(Path.resolved(app.root), directory) else {
            throw Problem(directory, "is behind a link; the admin API changes only a function's own files")
        }
    }

    func write(_ files: FunctionFiles) throws(FileError) {
        try Folder.make(path)
        for (name, text) in files.texts {
            let file = "\(path)/\(name)"
            // A link in the folder is replaced, not followed.
            if File.kind(of: file, followsLinks: false) != .file { try Folder.remove(file) }
            try File.write(text, to: file)
        }
        guard files.replaceAll else { return }
        let written = Set(files.texts.map(\.name))
        for name in try Folder.names(in: path) where !written.contains(name) { try Folder.remove("\(path)/\(name)") }
    }

    func remove() throws(FileError) { try Folder.remove(path) }
}

/// The files of a function that a caller of the admin API sends: `config`, which is function.json, and `files`, an
/// object of texts by name.
struct FunctionFiles {
    let texts: [(name: String, text: String)]
    /// Whether the function has only these files from now on.
    let replaceAll: Bool

    struct Refusal: Error { let reason: String }

    init(_ body: [UInt8]) throws(Refusal) {
        guard let tree = try? JSONTree.newtonsoft(body.span.bytes), tree.members != nil else {
            throw Refusal(reason: "send an object with \"config\", the function.json")
        }
        let files = tree.member(anyCase: "files")
        var texts: [(name: String, text: String)] = []
        for file in files?.members ?? [] {
            guard let text = file.tree.string, Self.isName(file.name) else {
                throw Refusal(reason: "\"files\" must be an object of strings by file name")
            }
            texts.append((file.name, text))
        }
        if !texts.contains(where: { $0.name == "function.json" }) {
            guard let config = tree.member(anyCase: "config"), config.members != nil else {
                throw Refusal(reason: "send an object with \"config\", the function.json")
            }
            texts.append(("function.json", config.text))
        }
        self.texts = texts
        replaceAll = files?.members != nil
    }

    /// Compares bytes: to Swift, a slash with an accent is another character, but to the system it is a slash.
    private static func isName(_ name: String) -> Bool {
        !["", ".", ".."].contains(name) && !name.utf8.contains { $0 == UInt8(ascii: "/") || $0 == 0 }
    }
}
