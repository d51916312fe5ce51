/// A name for which somebody waits.
struct LookupRequest: Sendable {
    let id: UInt64
    let name: String
    let group: String
    let answer: @Sendable (Result<[IPAddress], ResolverError>) -> Void
}

/// Decides which name is looked up next, and when another thread is worth it.
struct LookupQueue: Sendable {
    let threadLimit: Int
    let groupLimit: Int
    private var waiting: [LookupRequest] = []
    private var threads = 0
    private var running: [String: Int] = [:]

    init(threadLimit: Int, groupLimit: Int) {
        self.threadLimit = threadLimit
        self.groupLimit = groupLimit
    }

    /// True where a thread is to be started for it. Else it waits for one that asks for `next`.
    mutating func begin(_ request: LookupRequest) -> Bool {
        guard threads < threadLimit, running[request.group, default: 0] < groupLimit else {
            waiting.append(request)
            return false
        }
        threads += 1
        running[request.group, default: 0] += 1
        return true
    }

    /// The oldest request whose group has a thread to spare. nil ends the thread that asks.
    mutating func next(after finished: LookupRequest) -> LookupRequest? {
        end(finished)
        guard let index = waiting.firstIndex(where: { running[$0.group, default: 0] < groupLimit }) else {
            threads -= 1
            return nil
        }
        let request = waiting.remove(at: index)
        running[request.group, default: 0] += 1
        return request
    }

    /// The thread could not be started. Answers what will never be looked up, because there is no other thread.
    mutating func failedToBegin(_ request: LookupRequest) -> [LookupRequest] {
        end(request)
        threads -= 1
        waiting.insert(request, at: 0)
        guard threads == 0 else { return [] }
        defer { waiting = [] }
        return waiting
    }

    private mutating func end(_ request: LookupRequest) {
        let others = running[request.group, default: 1] - 1
        running[request.group] = others > 0 ? others : nil
    }

    mutating func remove(_ id: UInt64) { waiting.removeAll { $0.id == id } }
}
