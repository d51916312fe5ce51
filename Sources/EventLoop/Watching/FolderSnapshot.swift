internal import Glibc

/// A fingerprint of folders that is taken without opening a file: it covers names, sizes and times. Two equal pictures
/// mean that nothing changed between them.
struct FolderSnapshot: Equatable, Sendable {
    /// The sum of the hashes of all entries. A sum does not depend on the order, in which a folder may list its entries
    /// differently each time.
    private(set) var value = 0

    init(of folders: [String]) {
        for folder in folders { add(folder) }
    }

    /// Returns nil if these are not the bytes of a picture.
    init?(bytes: [UInt8]) {
        guard bytes.count == MemoryLayout<Int>.size else { return nil }
        value = bytes.reversed().reduce(0) { $0 << 8 | Int($1) }
    }

    /// The picture as bytes, to pass between threads.
    var bytes: [UInt8] { (0..<MemoryLayout<Int>.size).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) } }

    private mutating func add(_ folder: String) {
        guard let stream = opendir(folder) else { return }
        defer { closedir(stream) }
        let offset = MemoryLayout<dirent>.offset(of: \.d_name) ?? 0
        while let entry = readdir(stream) {
            // An entry ends after its name and a NUL, so copying the whole `dirent` could read beyond the buffer.
            let name = (UnsafeRawPointer(entry) + offset).assumingMemoryBound(to: CChar.self)
            // The entry "." counts, so that an empty folder differs from a missing one.
            if strcmp(name, "..") == 0 { continue }
            var status = stat()
            guard fstatat(dirfd(stream), name, &status, 0) == 0 else { continue }
            var hasher = Hasher()
            hasher.combine(folder)
            hasher.combine(bytes: UnsafeRawBufferPointer(start: name, count: strlen(name)))
            hasher.combine(status.st_ino)
            hasher.combine(status.st_mode)
            // The size and the times of a folder depend on the file system, so they are left out.
            if status.st_mode & S_IFMT != S_IFDIR {
                hasher.combine(status.st_size)
                hasher.combine(status.st_mtim.tv_sec)
                hasher.combine(status.st_mtim.tv_nsec)
            }
            value &+= hasher.finalize()
        }
    }
}
