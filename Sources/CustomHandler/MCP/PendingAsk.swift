import EventLoop

/// A request to a client that waits for its answer, which arrives in another HTTP request, on any loop.
final class PendingAsk {
    struct Answer: Sendable {
        let text: [UInt8]
        let isError: Bool
    }

    let id: String
    private unowned let execution: Execution
    /// nil inside if no answer can come any more.
    private(set) var end: Answer??
    private var told: ((Answer?) -> Void)?
    private var timer: Timer?

    init(_ id: String, of execution: Execution) {
        self.id = id
        self.execution = execution
    }

    var isAwaited: Bool { told != nil }

    /// Calls `body` once: with the answer, or with nil after `time`.
    func wait(atMost time: Duration, _ clock: WorkerClock, on loop: EventLoop, _ body: @escaping (Answer?) -> Void) {
        told = body
        // The timer only queues, because timers fire before the loop polls.
        timer = clock.schedule(after: time, on: loop) { [weak self] in
            loop.perform { self?.tell(nil) }
        }
    }

    /// Stops waiting, without a call of the body.
    func cancel() {
        timer?.close()
        timer = nil
        told = nil
    }

    func end(with answer: Answer?) {
        guard end == nil else { return }
        // The bytes count until the invocation ends.
        if let answer, !execution.hold(answer.text.count) {
            end = .some(Answer(text: Self.tooLarge, isError: true))
        } else {
            end = .some(answer)
        }
        if isAwaited { tell(end ?? nil) }
    }

    private func tell(_ answer: Answer?) {
        let told = told
        cancel()
        told?(answer)
    }

    private static let tooLarge = Array(
        #"{"code":-32603,"message":"the answer is larger than the function's memory allows"}"#.utf8)
}
