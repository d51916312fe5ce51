import Files
import FoundationEssentials
import Glibc

/// The files of one store, named relative to its folder.
///
/// Each file is written under another name and renamed when complete, so a kill at any moment leaves the old file or
/// the new one. It does not protect against a loss of power.
struct StorageFolder: Sendable {
    private let path: String

    /// Folders that cannot collide: no name of a queue, container or function begins with a dot.
    private static let unfinished = ".unfinished"
    private static let damaged = ".damaged"

    /// A folder that is only read, and so may belong to another process.
    init(reading path: String) { self.path = path }

    init(_ path: String) throws(StorageError) {
        self.path = path
        guard try status(of: "").map({ $0.kind == .folder }) ?? true else { throw .notAFolder(path) }
        // Leftovers that cannot be removed do no harm.
        for name in (try? entries(of: Self.unfinished)) ?? [] { try? remove("\(Self.unfinished)/\(name)") }
    }

    /// The status of a file or folder; nil if there is none.
    func status(of name: String, followsLinks: Bool = true) throws(StorageError) -> FileStatus? {
        do throws(FileError) {
            return try File.status(of: absolute(name), followsLinks: followsLinks)
        } catch {
            throw .file(.look, absolute(name), error)
        }
    }

    /// The sorted names in a folder; empty if there is none.
    func entries(of folder: String = "") throws(StorageError) -> [String] {
        do throws(FileError) {
            return try Folder.names(in: absolute(folder))
        } catch {
            guard try status(of: folder) != nil else { return [] }
            throw .unreadable(absolute(folder))
        }
    }

    /// nil where there is no such file.
    ///
    /// - Parameter limit: the greatest size in bytes. No handler accepts more (host-contract §16), and it would fill
    ///   the memory.
    func read(_ name: String, limit: Int = 256 << 20) throws(StorageError) -> [UInt8]? {
        do throws(FileError) {
            return try File.read(absolute(name), limit: limit)
        } catch {
            if error.cause == .tooLarge { throw .file(.read, absolute(name), error) }
            guard try status(of: name)?.kind == .file else { return nil }
            throw .unreadable(absolute(name))
        }
    }

    func write(_ bytes: [UInt8], to name: String) throws(StorageError) {
        let unfinished = "\(Self.unfinished)/\(UUID().uuidString)"
        do throws(StorageError) {
            do throws(StorageError) {
                try add(bytes, to: unfinished)
            } catch {
                // The error names the final file, not the temporary one.
                guard case .file(let action, _, let cause) = error else { throw error }
                throw .file(action, absolute(name), cause)
            }
            try move(unfinished, to: name)
        } catch {
            // A full disk may have room for a part of the file. The first error is more useful than one from the
            // cleanup.
            try? remove(unfinished)
            throw error
        }
    }

    /// Appends bytes. A kill may leave the beginning of them; a full disk leaves nothing.
    func add(_ bytes: [UInt8], to name: String) throws(StorageError) {
        try makingFolders(for: name) { () throws(FileError) in
            try refuse(absolute(name))
            try File.append(bytes.span.bytes, to: absolute(name))
        }
    }

    /// Renames a file, and replaces one with the new name.
    func move(_ name: String, to other: String) throws(StorageError) {
        try makingFolders(for: other) { () throws(FileError) in
            try refuseLinks(before: name)
            try File.rename(absolute(name), to: absolute(other))
        }
    }

    /// Removes a file. A missing file is no error.
    func remove(_ name: String) throws(StorageError) {
        do throws(FileError) {
            try refuseLinks(before: name)
            try File.remove(absolute(name))
        } catch {
            throw .file(.remove, absolute(name), error)
        }
    }

    /// Keeps a copy of a damaged file out of the way, and returns its path.
    func setAside(_ bytes: [UInt8], of name: String) throws(StorageError) -> String {
        // Never replaces one that was damaged before.
        let place = "\(Self.damaged)/\(UUID().uuidString.prefix(8))-\(name.replacing("/", with: "-"))"
        try write(bytes, to: place)
        return absolute(place)
    }

    /// Throws if a folder on the way to the file is a link, which could lead to any folder of the user.
    private func refuseLinks(before name: String) throws(FileError) {
        var place = path
        for part in Path.components(of: name).dropLast() {
            place += "/\(part)"
            try refuse(place)
        }
    }

    private func refuse(_ place: String) throws(FileError) {
        if File.kind(of: place, followsLinks: false) == .link { throw FileError(.write, place, code: ELOOP) }
    }

    func absolute(_ name: String) -> String { name.isEmpty ? path : "\(path)/\(name)" }

    /// Makes folders when a file needs them, so that one removed by hand comes back.
    private func makingFolders(for name: String, _ body: () throws(FileError) -> Void) throws(StorageError) {
        do throws(FileError) {
            try refuseLinks(before: name)
            do throws(FileError) {
                try body()
            } catch {
                guard error.code == ENOENT, let folder = Path.parent(of: absolute(name)) else { throw error }
                try Folder.make(folder)
                try body()
            }
        } catch {
            throw .file(.write, absolute(name), error)
        }
    }
}
