import Files
import Glibc

/// The reason why a store refuses a call. The service would answer 400, 404 or 413.
enum StorageError: Error, Equatable {
    case queueName(String, QueueService)
    case messageTooLarge(bytes: Int, limit: Int, queue: String)
    /// The message is gone, or another receiver has received it since.
    case notHeld(id: String, queue: String)
    case container(String)
    case notABlobPath(String)
    case blobName(String, BlobPath.Reason)
    case unreadable(String)
    case notAFolder(String)
    case file(Action, String, FileError)

    enum Action: String {
        case look = "look at"
        case read
        case write
        case remove
    }
}

extension StorageError: CustomStringConvertible {
    var description: String {
        switch self {
        case .queueName(let name, let service):
            "'\(name)' cannot be the name of \(service.kind); use \(service.nameRule)"
                + StorageName.consequence
        case .messageTooLarge(let bytes, let limit, let queue):
            "a message of \(bytes) bytes is larger than the \(limit) bytes that '\(queue)' takes; keep the content in a "
                + "blob and send its name"
        case .notHeld(let id, let queue):
            "message \(id) of '\(queue)' is gone, or was received again after its visibility timeout; give receivers a "
                + "timeout longer than the function runs"
        case .container(let name):
            "'\(name)' cannot be the name of a container; use \(StorageName.rule), or $root or $web"
                + StorageName.consequence
        case .notABlobPath(let path):
            "'\(path)' is not the path of a blob; write container/name. In Azure, the function fails each time it uses it"
        case .blobName(let name, let fault): "'\(name)' cannot be the name of a blob: \(fault.sentence)"
        case .unreadable(let path): "\(path) cannot be read; check its permissions"
        case .notAFolder(let path): "\(path) is not a folder; remove it, and the folder is created again"
        case .file(let action, let path, let error) where [EISDIR, ENOTDIR].contains(error.code):
            "cannot \(action.rawValue) \(path): a name cannot be that of a file and the beginning of another's; rename one"
        case .file(let action, let path, let error): "cannot \(action.rawValue) \(path): \(error.reason)"
        }
    }
}

/// The rule that storage queues and containers share; the service answers 400 to a name that breaks it.
enum StorageName {
    /// What follows from a bad name in Azure, which reads names less strictly at the start (golden/dotnet/names).
    static let consequence = ". In Azure a function may start with such a name, and then fails each time it uses it"
    static let rule = "3 to 63 lower-case letters, digits and single dashes, with a letter or digit at both ends"

    static func isValid(_ name: String) -> Bool {
        let letters = UInt8(ascii: "a")...UInt8(ascii: "z")
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        return (3...63).contains(name.utf8.count)
            && name.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false).allSatisfy { part in
                !part.isEmpty && part.allSatisfy { letters.contains($0) || digits.contains($0) }
            }
    }
}
