internal import Glibc

/// Why something could not be done with a file or a folder.
public struct FileError: Error, Hashable, Sendable {
    public let operation: Operation
    public let path: String
    /// errno's number.
    public let code: Int32

    /// The raw value is the verb in the sentence.
    public enum Operation: String, Sendable {
        case open, read, write, list, rename, remove, lock
        case look = "look at"
        case makeFolder = "make the folder"
    }

    /// What a caller may want to decide by, whatever errno's number is.
    public enum Cause: Sendable {
        /// Nothing has this name, or what should be a folder in the middle of the path is a file.
        case missing
        /// The name is taken.
        case exists
        /// A file is where a folder is needed, or the other way round.
        case wrongKind
        case notPermitted
        case noSpace
        case tooLarge
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
        default: .other
        }
    }

    /// As the system words it.
    public var reason: String { String(cString: strerror(code)) }
}

extension FileError: CustomStringConvertible {
    public var description: String { "cannot \(operation.rawValue) \(path): \(reason)" }
}

/// Calls a system function again until no signal interrupts it; -1 means that it failed.
func attempt<Result: SignedInteger>(
    _ operation: FileError.Operation, _ path: String, _ call: () -> Result
) throws(FileError) -> Result {
    // C would take what stands before the NUL for the whole path.
    guard !path.utf8.contains(0) else { throw FileError(operation, path, code: EINVAL) }
    while true {
        let result = call()
        if result != -1 { return result }
        let code = errno
        if code != EINTR { throw FileError(operation, path, code: code) }
    }
}
