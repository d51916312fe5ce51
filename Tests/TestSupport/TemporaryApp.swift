public import Foundation

/// An app in its own folder, which is removed together with this object.
public final class TemporaryApp: Sendable {
    public let folder: URL
    private let home: TemporaryFolder

    /// - Parameter files: texts by their paths relative to the app. A host.json is added unless one is given.
    public init(_ files: [String: String]) throws {
        home = try TemporaryFolder()
        folder = URL(filePath: home.path, directoryHint: .notDirectory)
        try write(files.merging(["host.json": #"{ "version": "2.0" }"#]) { own, _ in own })
    }

    /// Writes function.json after the other files, since it makes a folder a function.
    ///
    /// - Parameter isAtomic: whether each file is replaced in one step, as most editors do. Otherwise it is written in
    ///   place.
    public func write(_ files: [String: String], isAtomic: Bool = false) throws {
        let isLast = { (path: String) in path.hasSuffix("function.json") }
        for (path, text) in files.filter({ !isLast($0.key) }) + files.filter({ isLast($0.key) }) {
            let file = folder.appending(path: path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file, options: isAtomic ? .atomic : [])
        }
    }

    /// Makes a link, or changes the target of an existing one in one step.
    ///
    /// - Parameter target: relative to the link's folder, unless it begins with "/".
    public func link(_ path: String, to target: String) throws {
        let link = folder.appending(path: path)
        try FileManager.default.createDirectory(at: link.deletingLastPathComponent(), withIntermediateDirectories: true)
        let draft = folder.appending(path: ".link-\(UUID().uuidString)").path
        try FileManager.default.createSymbolicLink(atPath: draft, withDestinationPath: target)
        guard rename(draft, link.path) == 0 else { throw CocoaError(.fileWriteUnknown) }
    }

    public func makeFolder(_ path: String) throws { try home.makeFolder(path) }

    public static let httpFunction = """
        { "bindings": [ { "name": "req", "type": "httpTrigger" }, { "name": "res", "type": "http", "direction": "out" } ] }
        """
    public static let queueFunction = #"{ "bindings": [ { "name": "msg", "type": "queueTrigger" } ] }"#
}
