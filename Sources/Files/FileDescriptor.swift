internal import Glibc

/// An open file, which is closed after its last use. Child processes do not inherit it.
public struct FileDescriptor: ~Copyable, Sendable {
    public private(set) var rawValue: Int32
    /// The path for error messages.
    public let path: String

    public enum Mode: Sendable {
        case read
        /// Creates the file if it is missing.
        case readWrite
        /// Writes from the beginning of an existing file, a pipe or a device.
        case overwrite
        /// Creates the file if it is missing. Every write goes to the end, even if others write too.
        case append
        /// Creates a new file. It is an error if the file exists.
        case new

        fileprivate var flags: Int32 {
            switch self {
            case .read: O_RDONLY
            case .readWrite: O_RDWR | O_CREAT
            case .overwrite: O_WRONLY
            case .append: O_WRONLY | O_APPEND | O_CREAT
            case .new: O_WRONLY | O_CREAT | O_EXCL
            }
        }
    }

    /// Takes ownership of an open descriptor.
    public init(owning rawValue: Int32, path: String) {
        self.rawValue = rawValue
        self.path = path
    }

    /// - Parameter permissions: the permissions of a new file, before the umask is applied.
    public init(opening path: String, _ mode: Mode, permissions: UInt32 = 0o644) throws(FileError) {
        try self.init(path, flags: mode.flags, permissions: permissions)
    }

    init(_ path: String, flags: Int32, permissions: UInt32 = 0) throws(FileError) {
        rawValue = try attempt(.open, path) { open(path, flags | O_CLOEXEC | O_NOCTTY, mode_t(permissions)) }
        self.path = path
    }

    deinit { if rawValue >= 0 { _ = Glibc.close(rawValue) } }

    /// Passes ownership of the descriptor to the caller, who must close it.
    public consuming func release() -> Int32 {
        let number = rawValue
        rawValue = -1
        return number
    }

    /// Closes the file. Some file systems report only here that written bytes were lost.
    public consuming func close() throws(FileError) {
        let number = rawValue
        rawValue = -1
        // Linux closes the descriptor even if a signal interrupts the call.
        guard Glibc.close(number) == 0 || errno == EINTR else { throw FileError(.write, path, code: errno) }
    }

    public func status() throws(FileError) -> FileStatus {
        var status = stat()
        _ = try attempt(.look, path) { fstat(rawValue, &status) }
        return FileStatus(status)
    }

    /// Reads up to `count` bytes from where the last read ended. Returns none at the end of the file.
    public func read(upTo count: Int) throws(FileError) -> [UInt8] {
        try reading(upTo: count) { Glibc.read(rawValue, $0, $1) }
    }

    /// Reads like `read(upTo:)`. Waits if there are no bytes yet and another process has made the descriptor non-blocking.
    public func readWaiting(upTo count: Int) throws(FileError) -> [UInt8] {
        while true {
            do throws(FileError) {
                return try read(upTo: count)
            } catch {
                guard error.code == EAGAIN else { throw error }
                var waiting = pollfd(fd: rawValue, events: Int16(POLLIN), revents: 0)
                _ = try attempt(.read, path) { poll(&waiting, 1, -1) }
            }
        }
    }

    /// Reads the bytes at `offset`. Returns fewer if the file ends before. Does not move the position of `read(upTo:)`.
    public func read(at offset: Int64, count: Int) throws(FileError) -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            // The sum does not overflow: all these bytes were read, and no file is longer than Int64.max bytes.
            let place = off_t(offset) + off_t(bytes.count)
            let piece = try reading(upTo: count - bytes.count) { pread(rawValue, $0, $1, place) }
            if piece.isEmpty { break }
            if bytes.isEmpty { bytes = piece } else { bytes += piece }
        }
        return bytes
    }

    private func reading(
        upTo count: Int, _ call: (UnsafeMutableRawPointer?, Int) -> Int
    ) throws(FileError) -> [UInt8] {
        // `count` may come from outside. It must not reserve memory that no bytes fill.
        let count = max(0, min(count, 1 << 20))
        var failure: FileError?
        // The buffer is the array's own storage. The system reports how many bytes of it were filled.
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            do throws(FileError) {
                filled = try attempt(.read, path) { call(buffer.baseAddress, count) }
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return bytes
    }

    /// Writes all bytes. Waits if the descriptor is not ready because another process has made it non-blocking.
    public func write(_ bytes: RawSpan) throws(FileError) { try Self.write(bytes, to: rawValue, path) }

    static func write(_ bytes: RawSpan, to descriptor: Int32, _ path: String) throws(FileError) {
        var written = 0
        while written < bytes.byteCount {
            let rest = bytes.extracting(droppingFirst: written)
            do throws(FileError) {
                // The pointer is used only during the call.
                written += try attempt(.write, path) {
                    rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
                }
            } catch {
                guard error.code == EAGAIN else { throw error }
                var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = try attempt(.write, path) { poll(&waiting, 1, -1) }
            }
        }
    }

    /// Waits until the bytes are on the disk.
    public func sync() throws(FileError) { _ = try attempt(.write, path) { fsync(rawValue) } }

    public func setPermissions(_ permissions: UInt32) throws(FileError) {
        _ = try attempt(.write, path) { fchmod(rawValue, mode_t(permissions)) }
    }
}
