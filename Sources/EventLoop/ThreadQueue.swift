/// A call that waits for one of a group's threads.
struct ThreadRequest: Sendable {
    let id: UInt64
    let group: String
    let work: @Sendable () -> Void
    /// Called instead of `work` if no thread can be started.
    let failed: @Sendable (StreamError) -> Void
}

/// Decides which call is next, and when to start another thread.
struct ThreadQueue: Sendable {
    let threadLimit: Int
    let groupLimit: Int
    private var waiting: [ThreadRequest] = []
    private var threads = 0
    private var running: [String: Int] = [:]

    init(threadLimit: Int, groupLimit: Int) {
        self.threadLimit = threadLimit
        self.groupLimit = groupLimit
    }

    /// Returns true if a thread must be started for the request. Otherwise the request waits for a thread that calls
    /// `next`.
    mutating func begin(_ request: ThreadRequest) -> Bool {
        guard threads < threadLimit, running[request.group, default: 0] < groupLimit else {
            waiting.append(request)
            return false
        }
        threads += 1
        running[request.group, default: 0] += 1
        return true
    }

    /// Returns the oldest request whose group may use another thread. The calling thread ends if there is none (nil).
    mutating func next(after finished: ThreadRequest) -> ThreadRequest? {
        end(finished)
        guard let index = waiting.firstIndex(where: { running[$0.group, default: 0] < groupLimit }) else {
            threads -= 1
            return nil
        }
        let request = waiting.remove(at: index)
        running[request.group, default: 0] += 1
        return request
    }

    /// Notes that the thread for the request could not be started. If no other thread runs, returns all waiting
    /// requests, because nobody will serve them.
    mutating func failedToBegin(_ request: ThreadRequest) -> [ThreadRequest] {
        end(request)
        threads -= 1
        waiting.insert(request, at: 0)
        guard threads == 0 else { return [] }
        defer { waiting = [] }
        return waiting
    }

    private mutating func end(_ request: ThreadRequest) {
        let others = running[request.group, default: 1] - 1
        running[request.group] = others > 0 ? others : nil
    }

    mutating func remove(_ id: UInt64) { waiting.removeAll { $0.id == id } }
}
