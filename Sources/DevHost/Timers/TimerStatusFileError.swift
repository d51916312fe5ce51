/// A problem with the file of the timers' statuses; it never makes a timer fail.
enum TimerStatusFileError: Error, Equatable {
    case unreadable(String)
    case damaged(String, reason: String)
    case unwritable(String, reason: String)
}

extension TimerStatusFileError: CustomStringConvertible {
    var description: String {
        switch self {
        case .unreadable(let path):
            "\(path) cannot be read, so missed timers are not detected; check its permissions"
        case .damaged(let path, let reason):
            "\(path) is damaged and will be replaced, so missed timers are not detected: \(reason)"
        case .unwritable(let path, let reason):
            "\(path) cannot be written, so missed timers will not be detected; check the folder's permissions: \(reason)"
        }
    }
}
