import Files

/// A file of the app that a script reads. It is opened for each piece, so that a script cannot use up the process's
/// descriptors, and no one has to close it.
package struct DataFile: Sendable, Hashable {
    /// Relative to the app, in its own layout.
    package let path: String
    package let size: Int
    /// Differs after each change of the file. It consists of size and times only: some network file systems give a file
    /// another number each time.
    package let version: String
    /// Whether a later change certainly gives the file another version.
    package let isSettled: Bool

    fileprivate init(_ path: String, _ status: FileStatus) {
        self.path = path
        size = Int(clamping: status.size)
        version = "\(status.size) \(status.modifiedNanoseconds) \(status.changedNanoseconds)"
        isSettled = status.isSettled
    }

    /// A file that is part of the program, and so never changes.
    fileprivate init(_ path: String, size: Int) {
        self.path = path
        self.size = size
        version = "\(size)"
        isSettled = true
    }
}

/// The reason why a script cannot read a file, without the file's name.
package struct DataError: Error, Sendable, Equatable {
    package let reason: String
    /// The value of `errno`.
    package let code: Int32

    init(_ reason: String, code: Int32) {
        self.reason = reason
        self.code = code
    }

    init(_ error: FileError) { self.init(error.reason, code: error.code) }

    package static let missing = DataError(FileError(.open, "", code: 2))
    package static let changed = DataError("the file was changed while it was read; open it again", code: 116)
    static let notAFile = DataError("it is not a file", code: 22)
    static let isFolder = DataError(FileError(.open, "", code: 21))
    static let notAFolder = DataError(FileError(.open, "", code: 20))

    package var isMissing: Bool { code == Self.missing.code }
}

/// What scripts read of an app. All of it may take as long as the file system likes.
extension AppFiles {
    /// The most bytes of a path, which is also Linux' limit.
    package static let pathLimit = 4096
    /// The most names in a path. Each folder may have a .gitignore, so a path with many takes long.
    private static let depthLimit = 64
    private static let tooLong = DataError(FileError(.open, "", code: 36))

    /// Finds a file for a script.
    ///
    /// - Parameter name: a path relative to the app, in the source layout or in the flat one.
    package func findData(_ name: String) throws(DataError) -> DataFile {
        let path = try placed(name)
        if let exclusion = try reading({ () throws(Problem) in try deployed().exclusion(onWayTo: path) }) {
            if exclusion == .loose, isFolder(path) { throw .isFolder }
            // Libraries look for optional files.
            if exclusion == .loose, !exists(path) { throw .missing }
            throw DataError("a function reads only files that are deployed: \(exclusion)", code: 13)
        }
        let file = try dataFile(path)
        // POSIX: such a name is a folder's.
        guard !name.hasSuffix("/"), !name.hasSuffix("/.") else { throw .notAFolder }
        return file
    }

    /// The path as the app itself would write it. Throws if it leads out of the app.
    package func placed(_ path: String) throws(DataError) -> String {
        guard path.utf8.count <= Self.pathLimit else { throw Self.tooLong }
        guard !path.isEmpty else { throw .missing }
        guard !path.utf8.contains(0) else { throw DataError("the name of a file cannot contain a NUL", code: 22) }
        let names = Path.components(of: path)
        guard names.count <= Self.depthLimit else { throw Self.tooLong }
        guard !path.hasPrefix("/"), !names.contains("..") else {
            throw DataError("write a path relative to the app's folder, without '..'", code: 1)
        }
        return try reading { () throws(Problem) in try deployed() }.placed(names.joined(separator: "/"))
    }

    private func reading<Value>(_ body: () throws(Problem) -> Value) throws(DataError) -> Value {
        do throws(Problem) {
            return try body()
        } catch {
            throw DataError("\(error)", code: 5)
        }
    }

    /// - Parameter path: in the app's own layout, and deployed.
    func dataFile(_ path: String) throws(DataError) -> DataFile {
        if isArchive {
            guard let bytes = member(path) else { throw isFolder(path) ? .isFolder : .missing }
            return DataFile(path, size: bytes.count)
        }
        let file = try open(path)
        return DataFile(path, try status(of: file.descriptor))
    }

    private func isFolder(_ path: String) -> Bool {
        isArchive ? entries(of: path) != nil : File.kind(of: "\(root)/\(path)") == .folder
    }

    private func open(_ path: String, isFolder: Bool = false) throws(DataError) -> FileBeneath {
        let file: FileBeneath
        do throws(FileError) {
            file = try FileBeneath(path, in: FileDescriptor(folder: Path.resolved(root)))
        } catch {
            guard error.code != Self.leadsOut else {
                throw DataError(
                    "it is a link that leads out of the app; copy what it leads to into the app", code: error.code)
            }
            throw DataError(error)
        }
        try check(target: file.path, ofLink: path, isFolder: isFolder)
        return file
    }

    private func check(target: String, ofLink link: String, isFolder: Bool) throws(DataError) {
        let isAllowed = try reading { () throws(Problem) in
            try deployed().allows(target: target, ofLink: link, isFolder: isFolder)
        }
        guard isAllowed else { throw DataError("it is a link to \(target), which is never deployed", code: 13) }
    }

    /// The error of a path that leads out of its folder (EXDEV).
    private static let leadsOut: Int32 = 18

    private func status(of file: borrowing FileDescriptor) throws(DataError) -> FileStatus {
        let status: FileStatus
        do throws(FileError) {
            status = try file.status()
        } catch {
            throw DataError(error)
        }
        switch status.kind {
        case .file: return status
        case .folder: throw .isFolder
        case .link, .other: throw .notAFile
        }
    }

    /// Reads pieces of a file that was found before. All of them are of the same version.
    ///
    /// - Parameter body: gets the function that reads up to a number of bytes at an offset.
    package func withData<Value>(
        _ path: String, version: String,
        _ body: ((_ offset: Int, _ count: Int) throws(DataError) -> [UInt8]) throws(DataError)
            -> Value
    ) throws(DataError) -> Value {
        if isArchive {
            guard let bytes = member(path) else { throw .missing }
            return try body { offset, count throws(DataError) in Array(bytes.dropFirst(offset).prefix(count)) }
        }
        let opened = try open(path)
        func check() throws(DataError) {
            guard DataFile(path, try status(of: opened.descriptor)).version == version else { throw .changed }
        }
        try check()
        let value = try body { offset, count throws(DataError) in
            do throws(FileError) {
                return try opened.descriptor.read(at: Int64(offset), count: count)
            } catch {
                throw DataError(error)
            }
        }
        try check()
        return value
    }

    // MARK: Serving a folder

    /// The folder of the app from which files are served, in the app's own layout. Throws if there is no such folder.
    package func findFolder(_ folder: String) throws(DataError) -> String {
        let folder = try placed(folder)
        guard !folder.isEmpty else { throw DataError("it is the app's own folder; name a folder in it", code: 1) }
        // In the deployed app, the function folders are in the app's own folder.
        guard folder != "functions" else { throw DataError("name a folder of one function, or one beside it", code: 1) }
        if let exclusion = try reading({ () throws(Problem) in
            try deployed().exclusion(onWayTo: folder, isFolder: true)
        }) {
            throw DataError("a function serves only files that are deployed: \(exclusion)", code: 13)
        }
        if isArchive {
            guard entries(of: folder) != nil else { throw .missing }
            return folder
        }
        let opened = try open(folder, isFolder: true)
        do throws(DataError) {
            _ = try status(of: opened.descriptor)
        } catch {
            guard error != .isFolder else { return folder }
            throw error
        }
        throw DataError("it is not a folder", code: 20)
    }

    /// Finds the file that a caller's path names in a folder that `findFolder` has found, and the name that tells its
    /// type. Returns nil if there is none that may be served: no scripts, no settings of the app, nothing hidden, and
    /// nothing outside of the folder.
    ///
    /// - Parameters:
    ///   - path: from a caller, who may write anything.
    ///   - index: the name of the file that stands for a folder; nil for none.
    package func findServed(
        _ path: String, in folder: String, index: String?
    ) throws(DataError) -> (file: DataFile, name: String)? {
        guard path.utf8.count <= Self.pathLimit, !path.utf8.contains(0) else { return nil }
        let names = path.split(separator: "/").map(String.init)
        guard names.count <= Self.depthLimit else { return nil }
        let file = names.joined(separator: "/")
        if !names.isEmpty, !path.hasSuffix("/"), let found = try servedFile(file, in: folder) { return (found, file) }
        guard let index, let found = try servedFile(Path.join(file, index), in: folder) else { return nil }
        return (found, index)
    }

    private static func mayServe(_ path: String) -> Bool {
        let last = Path.lastComponent(of: path).lowercased()
        return path.split(separator: "/").allSatisfy { !$0.hasPrefix(".") } && !last.hasSuffix(".lua")
            && last != "host.json" && last != "function.json"
    }

    /// Returns nil if there is no such file, or if it may not be served.
    private func servedFile(_ path: String, in folder: String) throws(DataError) -> DataFile? {
        let full = "\(folder)/\(path)"
        guard Self.mayServe(path),
            try reading({ () throws(Problem) in try deployed().exclusion(onWayTo: full) }) == nil
        else { return nil }
        if isArchive { return member(full).map { DataFile(full, size: $0.count) } }
        let base = try open(folder, isFolder: true)
        do throws(FileError) {
            let file = try FileBeneath(path, in: base.descriptor)
            let status = try file.descriptor.status()
            guard status.kind == .file, Self.mayServe(file.path) else { return nil }
            return DataFile(Path.join(base.path, file.path), status)
        } catch {
            switch error.cause {
            case .missing, .unreachable: return nil
            default: throw DataError(error)
            }
        }
    }
}
