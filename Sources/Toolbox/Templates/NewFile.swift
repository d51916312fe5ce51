import Files

/// A file to write into an app.
struct NewFile {
    /// Relative to the app.
    let path: String
    let text: String
    /// Whether a file that exists gets the lines that it lacks, and otherwise stays as it is.
    var addsLines = false
}

/// The reason why files of a template were not written.
package enum TemplateError: Error, Equatable {
    /// These files exist already. Nothing was written.
    case inTheWay([String])
    /// Something else is where a file or a folder is to be made. Nothing was written.
    case blocked(String, by: String)
    /// A link would lead out of the app. Nothing was written.
    case outside(String, target: String)
    case unwritable(String, reason: String, written: [String])
}

extension [NewFile] {
    /// Writes all files, or none if one is in the way. Returns the paths of those that have changed.
    ///
    /// - Parameter overwrites: whether files that exist are replaced, except those that only get lines.
    func write(to root: String, overwrites: Bool) throws(TemplateError) -> [String] {
        let root = Path.absolute(root)
        try check(in: root, overwrites: overwrites)
        var texts: [(file: NewFile, text: [UInt8])] = []
        for file in self {
            do throws(FileError) {
                if let text = try file.content(in: root) { texts.append((file, text)) }
            } catch {
                throw .unwritable(error.path, reason: error.reason, written: [])
            }
        }
        var written: [String] = []
        for (file, text) in texts {
            let place = Path.join(root, file.path)
            do throws(FileError) {
                try Folder.make(Path.parent(of: place) ?? root)
                try File.write(text.span.bytes, to: place, isSynced: false)
            } catch {
                throw .unwritable(error.path, reason: error.reason, written: written)
            }
            written.append(file.path)
        }
        return written
    }

    private func check(in root: String, overwrites: Bool) throws(TemplateError) {
        let realRoot = Path.resolved(root)
        var taken: [String] = []
        for file in self {
            var folder = root
            for name in [""] + Path.components(of: file.path).dropLast() {
                folder = Path.join(folder, String(name))
                guard Self.isFree(folder) || File.kind(of: folder) == .folder else {
                    throw .blocked(folder, by: "a folder is needed there")
                }
            }
            let place = Path.join(root, file.path)
            let target = Path.resolved(place)
            guard Path.isInside(target, of: realRoot) else { throw .outside(file.path, target: target) }
            let kind = File.kind(of: place)
            guard kind != .folder else { throw .blocked(place, by: "it is a folder") }
            if file.addsLines, let kind {
                // Reading a pipe could wait for ever.
                guard kind == .file else { throw .blocked(place, by: "it is not a file") }
                continue
            }
            if !overwrites, !Self.isFree(place) { taken.append(file.path) }
        }
        guard taken.isEmpty else { throw .inTheWay(taken) }
    }

    /// Whether nothing has this path, not even a link without a target.
    private static func isFree(_ path: String) -> Bool { File.kind(of: path, followsLinks: false) == nil }
}

extension NewFile {
    /// What to write; nil if the file that exists lacks nothing.
    fileprivate func content(in root: String) throws(FileError) -> [UInt8]? {
        let place = Path.join(root, path)
        guard addsLines, File.exists(place) else { return Array(text.utf8) }
        return IgnoreList(try File.read(place, limit: IgnoreList.limit)).adding(text)
    }
}

extension TemplateError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .inTheWay(let files):
            "nothing was written, because these files exist already; --force overwrites them"
                + files.map { "\n  \($0)" }.joined()
        case .blocked(let path, let reason): "nothing was written, because \(path) is in the way: \(reason)"
        case .outside(let path, let target):
            "nothing was written, because \(path) is behind a link that leads out of the app, to \(target)"
        case .unwritable(let path, let reason, let written):
            "\(path) cannot be written: \(reason); "
                + (written.isEmpty
                    ? "nothing was written"
                    : "these files were written" + written.map { "\n  \($0)" }.joined())
        }
    }
}
