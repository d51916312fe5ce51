import Testing

@testable import EventLoop

struct ThreadQueueTests {
    /// A queue that can be used inside an expectation.
    private final class Queue {
        private var queue: ThreadQueue

        init(threadLimit: Int, groupLimit: Int) {
            queue = ThreadQueue(threadLimit: threadLimit, groupLimit: groupLimit)
        }

        func begin(_ request: ThreadRequest) -> Bool { queue.begin(request) }
        func next(after request: ThreadRequest) -> UInt64? { queue.next(after: request)?.id }
        func remove(_ id: UInt64) { queue.remove(id) }
        func failedToBegin(_ request: ThreadRequest) -> [UInt64] { queue.failedToBegin(request).map(\.id) }
    }

    private func request(_ id: UInt64, _ group: String) -> ThreadRequest {
        ThreadRequest(id: id, group: group, work: {}, failed: { _ in })
    }

    @Test func `the number of threads of a group is limited`() {
        let queue = Queue(threadLimit: 8, groupLimit: 2)
        let first = request(1, "a")
        #expect(queue.begin(first))
        #expect(queue.begin(request(2, "a")))
        #expect(!queue.begin(request(3, "a")))
        #expect(queue.begin(request(4, "b")))
        #expect(queue.next(after: first) == 3)
    }

    @Test func `the number of threads of all groups is limited, and the oldest request is next`() {
        let queue = Queue(threadLimit: 2, groupLimit: 2)
        let (a, b) = (request(1, "a"), request(2, "b"))
        #expect(queue.begin(a))
        #expect(queue.begin(b))
        #expect(!queue.begin(request(3, "c")))
        #expect(!queue.begin(request(4, "a")))
        #expect(queue.next(after: b) == 3)
        #expect(queue.next(after: a) == 4)
    }

    @Test func `a thread ends when there is no work, and the next request gets a new one`() {
        let queue = Queue(threadLimit: 1, groupLimit: 1)
        let (first, second) = (request(1, "a"), request(2, "a"))
        #expect(queue.begin(first))
        #expect(queue.next(after: first) == nil)
        #expect(queue.begin(second))
        #expect(!queue.begin(request(3, "b")))
        queue.remove(3)
        #expect(queue.next(after: second) == nil)
    }

    @Test func `if no thread can be started, requests wait for another one, or fail if there is none`() {
        let queue = Queue(threadLimit: 2, groupLimit: 1)
        let (first, second) = (request(1, "a"), request(2, "b"))
        #expect(queue.begin(first))
        #expect(queue.begin(second))
        #expect(queue.failedToBegin(second) == [])
        #expect(queue.next(after: first) == 2)
        #expect(!queue.begin(request(3, "b")))
        #expect(queue.failedToBegin(second) == [2, 3])
        #expect(queue.begin(request(4, "b")))
    }
}
