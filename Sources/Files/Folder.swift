internal import Glibc

/// Operations on folders.
public enum Folder {
    /// The current folder, or nil if it has been removed.
    public static var current: String? {
        guard let path = getcwd(nil, 0) else { return nil }
        defer { free(path) }
        return String(cString: path)
    }

    /// The sorted names in a folder. Invalid UTF-8 in a name is repaired, so such a name cannot be used to open the
    /// file.
    public static func names(in path: String) throws(FileError) -> [String] {
        let stream = try FolderStream(FileDescriptor(listing: path))
        var names: [String] = []
        while let name = try stream.next() { names.append(text(of: name)) }
        return names.sorted()
    }

    /// The folder and all folders below it. Hidden ones, links, and what cannot be read are left out.
    ///
    /// - Parameter limit: the search ends at about this many folders.
    public static func tree(of folder: String, limit: Int = .max) -> [String] {
        var found = [folder]
        var next = 0
        while next < found.count, found.count < limit {
            for name in (try? names(in: found[next])) ?? [] where !name.hasPrefix(".") {
                let path = "\(found[next])/\(name)"
                if File.kind(of: path, followsLinks: false) == .folder { found.append(path) }
            }
            next += 1
        }
        return found
    }

    /// Creates a folder and its ancestors. It is no error if the folder exists.
    public static func make(_ path: String, permissions: UInt32 = 0o777) throws(FileError) {
        do throws(FileError) {
            try makeOne(path, permissions)
        } catch {
            guard error.code == ENOENT, let parent = Path.parent(of: path), !parent.isEmpty else { throw error }
            try make(parent)
            try makeOne(path, permissions)
        }
    }

    private static func makeOne(_ path: String, _ permissions: UInt32) throws(FileError) {
        do throws(FileError) {
            _ = try attempt(.makeFolder, path) { mkdir(path, mode_t(permissions)) }
        } catch {
            guard error.code == EEXIST, File.kind(of: path) == .folder else { throw error }
        }
    }

    /// Removes a folder with everything in it, or a file. Links are removed, not followed. It is no error if nothing
    /// has this path.
    public static func remove(_ path: String) throws(FileError) {
        switch try File.status(of: path, followsLinks: false)?.kind {
        case nil: return
        case .folder:
            try clear(FileDescriptor(listing: path))
            do throws(FileError) {
                _ = try attempt(.remove, path) { rmdir(path) }
            } catch {
                guard error.cause == .missing else { throw error }
            }
        default: try File.remove(path)
        }
    }

    /// Removes everything in a folder. Names stay bytes, so that names that are not UTF-8 are found too. Each name is
    /// looked up in the open folder, so that nobody can redirect the removal by replacing a folder with a link.
    private static func clear(_ folder: consuming FileDescriptor) throws(FileError) {
        let path = folder.path
        let stream = try FolderStream(folder)
        // All names are read first, because POSIX does not define the listing of a folder that changes meanwhile.
        var names: [[CChar]] = []
        while let name = try stream.next() { names.append(name) }
        for name in names {
            let place = Path.join(path, text(of: name))
            if unlinkat(stream.number, name, 0) == 0 || errno == ENOENT { continue }
            guard errno == EISDIR else { throw FileError(.remove, place, code: errno) }
            let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
            let inner = try attempt(.remove, place) { openat(stream.number, name, flags) }
            try clear(FileDescriptor(owning: inner, path: place))
            _ = try attempt(.remove, place) { unlinkat(stream.number, name, AT_REMOVEDIR) }
        }
    }

    private static func text(of name: [CChar]) -> String {
        String(decoding: name.dropLast().lazy.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

extension FileDescriptor {
    fileprivate init(listing path: String) throws(FileError) {
        do throws(FileError) {
            try self.init(path, flags: O_RDONLY | O_DIRECTORY)
        } catch {
            throw FileError(.list, path, code: error.code)
        }
    }
}

/// Reads the names in an open folder.
private struct FolderStream: ~Copyable {
    private let stream: OpaquePointer
    private let path: String

    init(_ folder: consuming FileDescriptor) throws(FileError) {
        path = folder.path
        let number = folder.release()
        guard let stream = fdopendir(number) else {
            let code = errno
            _ = close(number)
            throw FileError(.list, path, code: code)
        }
        self.stream = stream
    }

    deinit { closedir(stream) }

    /// The descriptor, which is open as long as the stream is.
    var number: Int32 { dirfd(stream) }

    /// Returns the next name with its final NUL, or nil after the last. Skips "." and "..".
    func next() throws(FileError) -> [CChar]? {
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                if errno != 0 { throw FileError(.list, path, code: errno) }
                return nil
            }
            // An entry ends after its name, so copying the whole `dirent` could read beyond the system's buffer.
            let offset = MemoryLayout<dirent>.offset(of: \.d_name) ?? 0
            let start = (UnsafeRawPointer(entry) + offset).assumingMemoryBound(to: CChar.self)
            let name = [CChar](UnsafeBufferPointer(start: start, count: strlen(start) + 1))
            if name != [46, 0], name != [46, 46, 0] { return name }
        }
    }
}
