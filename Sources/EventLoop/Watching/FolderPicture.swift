internal import Glibc

/// What can be seen of folders without opening a file: names, sizes, times. Two pictures that are equal show the same.
struct FolderPicture: Equatable, Sendable {
    /// The sum of the hashes of all entries, since a folder may be listed in another order each time.
    private(set) var value = 0

    init(of folders: [String]) {
        for folder in folders { add(folder) }
    }

    /// nil where these are not the bytes of a picture.
    init?(bytes: [UInt8]) {
        guard bytes.count == MemoryLayout<Int>.size else { return nil }
        value = bytes.reversed().reduce(0) { $0 << 8 | Int($1) }
    }

    /// For a thread to hand on.
    var bytes: [UInt8] { (0..<MemoryLayout<Int>.size).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) } }

    private mutating func add(_ folder: String) {
        guard let stream = opendir(folder) else { return }
        defer { closedir(stream) }
        let offset = MemoryLayout<dirent>.offset(of: \.d_name) ?? 0
        while let entry = readdir(stream) {
            // An entry is only as long as its name, which ends with a NUL: copying the whole `dirent` could read too far.
            let name = (UnsafeRawPointer(entry) + offset).assumingMemoryBound(to: CChar.self)
            // The folder itself is its own entry, so an empty folder is another picture than none.
            if strcmp(name, "..") == 0 { continue }
            var status = stat()
            guard fstatat(dirfd(stream), name, &status, 0) == 0 else { continue }
            var hasher = Hasher()
            hasher.combine(folder)
            hasher.combine(bytes: UnsafeRawBufferPointer(start: name, count: strlen(name)))
            hasher.combine(status.st_ino)
            hasher.combine(status.st_mode)
            // What a folder weighs is a matter of its file system; its entries are looked at themselves.
            if status.st_mode & S_IFMT != S_IFDIR {
                hasher.combine(status.st_size)
                hasher.combine(status.st_mtim.tv_sec)
                hasher.combine(status.st_mtim.tv_nsec)
            }
            value &+= hasher.finalize()
        }
    }
}
