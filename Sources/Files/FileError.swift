internal import Glibc

/// Why an operation on a file or folder failed.
public struct FileError: Error, Hashable, Sendable {
    public let operation: Operation
    public let path: String
    /// The value of `errno`.
    public let code: Int32

    /// The operation that failed. The raw value is the verb in the error message.
    public enum Operation: String, Sendable {
        case open, read, write, list, rename, remove, lock
        case look = "look at"
        case makeFolder = "make the folder"
    }

    /// The cause, for callers that act on it, independent of the number.
    public enum Cause: Sendable {
        /// Nothing has this path, or a part of the path that should be a folder is a file.
        case missing
        /// Something with this name already exists.
        case exists
        /// There is a file where a folder was expected, or the reverse.
        case wrongKind
        case notPermitted
        case noSpace
        case tooLarge
        /// The path is too long, a link leads in a circle or out of the folder, or there is a socket.
        case unreachable
        case other
    }

    public init(_ operation: Operation, _ path: String, code: Int32) {
        self.operation = operation
        self.path = path
        self.code = code
    }

    public var cause: Cause {
        switch code {
        case ENOENT: .missing
        case ENOTDIR where operation != .list && operation != .makeFolder: .missing
        case EEXIST, ENOTEMPTY: .exists
        case EISDIR, ENOTDIR: .wrongKind
        case EACCES, EPERM, EROFS: .notPermitted
        case ENOSPC, EDQUOT: .noSpace
        case EFBIG: .tooLarge
        case ELOOP, ENAMETOOLONG, EXDEV, ENXIO: .unreachable
        default: .other
        }
    }

    /// The system's text for the error.
    public var reason: String { String(cString: strerror(code)) }
}

extension FileError: CustomStringConvertible {
    public var description: String { "cannot \(operation.rawValue) \(path): \(reason)" }
}

/// Repeats a system call until no signal interrupts it. Throws if it returns -1.
func attempt<Result: SignedInteger>(
    _ operation: FileError.Operation, _ path: String, _ call: () -> Result
) throws(FileError) -> Result {
    // C would cut the path at the NUL.
    guard !path.utf8.contains(0) else { throw FileError(operation, path, code: EINVAL) }
    while true {
        let result = call()
        if result != -1 { return result }
        let code = errno
        if code != EINTR { throw FileError(operation, path, code: code) }
    }
}
