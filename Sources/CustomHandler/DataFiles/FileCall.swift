import EventLoop
import Lua
import Synchronization

/// A file request that one of luafunc's threads serves, because the app may be on a slow network share.
final class FileCall {
    /// Calls of a function that hang delay no other function, unless four functions or more hang.
    private static let threads = BlockingThreads(named: "files", stackSize: 256 << 10, threadLimit: 16, groupLimit: 4)

    private let id: UInt64
    private let callback: Callback
    private let state: State
    /// The piece that is read, which counts against the function's memory limit.
    private let held: HeldBytes
    /// Keeps the clock of a test from jumping meanwhile.
    private let hold: ClockHold?

    /// What the thread and the loop share.
    private final class State: Sendable {
        let reply = Mutex<FileReply?>(nil)
        let isCancelled = Atomic(false)
    }

    /// - Parameters:
    ///   - group: the name of the function.
    ///   - done: called once, after this call has returned, and not at all if the call was cancelled.
    init(
        _ request: FileRequest, group: String, of vm: LuaVM, on loop: EventLoop, clock: FakeClock? = nil,
        done: @escaping (FileReply) -> Void
    ) {
        let (state, held) = (State(), HeldBytes(vm))
        let hold = clock.map { ClockHold($0) }
        held.set(Stretch.bytes)
        let callback = loop.callback {
            held.set(0)
            hold?.end()
            if let reply = state.reply.withLock({ $0.take() }) { done(reply) }
        }
        (self.state, self.held, self.hold, self.callback, id) = (state, held, hold, callback, Self.threads.newID())
        Self.threads.run(id, group: group) {
            let reply = request.reply { state.isCancelled.load(ordering: .relaxed) }
            state.reply.withLock { $0 = reply }
            callback.call()
        } failed: { error in
            state.reply.withLock { $0 = .misuse("the file cannot be read: \(error)") }
            callback.call()
        }
    }

    func cancel() {
        state.isCancelled.store(true, ordering: .relaxed)
        Self.threads.forget(id)
        callback.drop()
        held.set(0)
        hold?.end()
    }
}
