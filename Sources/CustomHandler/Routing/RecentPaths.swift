import HTTP1

/// Remembers the functions of some paths without parameters, for GET and HEAD, because most callers request the same
/// few paths. The router finds all other paths.
struct RecentPaths {
    private struct Entry {
        let isHead: Bool
        let path: [UInt8]
        /// The function's number in the app.
        let number: Int
    }

    private static let slots = 32
    /// Longer paths are not remembered.
    private static let longest = 128

    /// The entries, indexed by the hash of the path. A new entry replaces an older one with the same index.
    private var entries = [Entry?](repeating: nil, count: slots)

    func find(_ method: HTTPMethod, _ path: Span<UInt8>) -> Int? {
        guard let isHead = Self.isHead(method), path.count <= Self.longest else { return nil }
        guard let entry = entries[Self.slot(path)], entry.isHead == isHead, entry.path.count == path.count else {
            return nil
        }
        for index in path.indices where entry.path[index] != path[index] { return nil }
        return entry.number
    }

    mutating func note(_ method: HTTPMethod, _ path: Span<UInt8>, _ number: Int) {
        guard let isHead = Self.isHead(method), path.count <= Self.longest else { return }
        entries[Self.slot(path)] = Entry(
            isHead: isHead, path: path.withUnsafeBufferPointer { Array($0) }, number: number)
    }

    /// Whether the method is HEAD; nil for methods other than GET and HEAD, with which a request may also be a payload.
    private static func isHead(_ method: HTTPMethod) -> Bool? {
        switch method {
        case .get: false
        case .head: true
        default: nil
        }
    }

    private static func slot(_ path: Span<UInt8>) -> Int {
        var value = path.count
        for index in path.indices { value = value &* 31 &+ Int(path[index]) }
        return (value ^ value >> 8) & (slots - 1)
    }
}
