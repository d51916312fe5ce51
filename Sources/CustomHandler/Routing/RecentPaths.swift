import HTTP1

/// Where some paths without parameters lead, for GET and HEAD: most callers ask for the same few. Whatever is not here is
/// found by the router.
struct RecentPaths {
    private struct Entry {
        let isHead: Bool
        let path: [UInt8]
        /// The function's number in the app.
        let number: Int
    }

    private static let slots = 32
    /// Longer paths are not kept.
    private static let longest = 128

    /// Indexed by the hash of a path: the newest takes the place of another one.
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

    /// nil for other methods, with which a request may also be a payload.
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
