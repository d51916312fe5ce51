internal import Glibc

/// Folders, by path.
public enum Folder {
    /// nil where the current folder has been removed.
    public static var current: String? {
        guard let path = getcwd(nil, 0) else { return nil }
        defer { free(path) }
        return String(cString: path)
    }

    /// The names in a folder, in alphabetical order. A name that is not UTF-8 is repaired, so nothing is found under it.
    public static func names(in path: String) throws(FileError) -> [String] {
        let stream = try FolderStream(FileDescriptor(listing: path))
        var names: [String] = []
        while let name = try stream.next() { names.append(text(of: name)) }
        return names.sorted()
    }

    /// Makes the folders above it too. One that is there already is no error.
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

    /// Removes a folder with all that is in it; links are removed and not followed. A file is removed too, and that there
    /// is nothing of that name is no error.
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

    /// Names stay the bytes that the system gave, so that one that is not UTF-8 is removed too; and each is looked for in
    /// the folder that was opened, so that nobody can lead this astray by putting a link in the place of a folder.
    private static func clear(_ folder: consuming FileDescriptor) throws(FileError) {
        let path = folder.path
        let stream = try FolderStream(folder)
        // Read to the end first: POSIX leaves open what a listing says of a folder that changes meanwhile.
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

    /// Open as long as the stream is.
    var number: Int32 { dirfd(stream) }

    /// A name with the NUL at its end; nil after the last. "." and ".." are left out.
    func next() throws(FileError) -> [CChar]? {
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                if errno != 0 { throw FileError(.list, path, code: errno) }
                return nil
            }
            // Copying the whole `dirent` could read past the end of the system's buffer: an entry is as long as its name.
            let offset = MemoryLayout<dirent>.offset(of: \.d_name) ?? 0
            let start = (UnsafeRawPointer(entry) + offset).assumingMemoryBound(to: CChar.self)
            let name = [CChar](UnsafeBufferPointer(start: start, count: strlen(start) + 1))
            if name != [46, 0], name != [46, 46, 0] { return name }
        }
    }
}
