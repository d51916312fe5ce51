import EventLoop
import Synchronization

/// The listen streams and the asks of all loops. Changes and answers reach them from any loop.
final class OpenStreams: Sendable {
    /// The most listen streams and asks together.
    static let limit = 1024

    /// What a listen stream reports.
    enum Change: Hashable, Sendable {
        case tools, prompts, resources
        /// The content of the resource with this URI.
        case updated(String)
    }

    private struct Listener {
        let loop: EventLoop
        let function: String
        let wanted: Set<Change>
        /// Changes that have not been sent, in order. A change that happens again before it is sent counts once, so that
        /// this never grows beyond what is wanted.
        var pending: [Change] = []
        var isPending: Set<Change> = []
    }

    private struct State {
        var isClosed = false
        var loops: [EventLoop] = []
        /// The loops that will soon look at the pending changes.
        var woken: Set<ObjectIdentifier> = []
        var listeners: [Int: Listener] = [:]
        var lastNumber = 0
        /// The loop on which each ask waits, by the ask's id.
        var asks: [String: EventLoop] = [:]

        var count: Int { listeners.count + asks.count }
        var isFull: Bool { isClosed || count >= limit }
    }

    private let state = Mutex(State())

    /// The number of listen streams and asks.
    var count: Int { state.withLock(\.count) }

    // MARK: Loops

    func add(_ loop: EventLoop) { state.withLock { $0.loops.append(loop) } }

    func remove(_ loop: EventLoop) {
        state.withLock { state in
            state.loops.removeAll { $0 === loop }
            state.woken.remove(ObjectIdentifier(loop))
            state.listeners = state.listeners.filter { $0.value.loop !== loop }
            state.asks = state.asks.filter { $0.value !== loop }
        }
    }

    /// Runs `body` on the loop, after what runs there now.
    private func submit(to loop: EventLoop, _ body: @escaping @Sendable (LoopStreams) -> Void) {
        loop.submit { [self] in
            if let streams = loop[resident: self] as? LoopStreams { body(streams) }
        }
    }

    /// Ends all listen streams with their last messages, and all asks without an answer. No further ones begin.
    func close() {
        let loops = state.withLock { state in
            state.isClosed = true
            return state.loops
        }
        for loop in loops { submit(to: loop) { $0.endAll() } }
    }

    // MARK: Listen streams

    /// Begins to collect changes for a new stream. Returns its number; nil if there are too many streams.
    func listen(to wanted: Set<Change>, of function: String, on loop: EventLoop) -> Int? {
        state.withLock { state in
            guard !state.isFull else { return nil }
            state.lastNumber += 1
            state.listeners[state.lastNumber] = Listener(loop: loop, function: function, wanted: wanted)
            return state.lastNumber
        }
    }

    func leave(_ number: Int) { state.withLock { $0.listeners[number] = nil } }

    /// Tells all streams of the function that want to know.
    func publish(_ change: Change, of function: String) {
        let loops = state.withLock { state in
            var loops: [EventLoop] = []
            for (number, listener) in state.listeners
            where listener.function == function && listener.wanted.contains(change) {
                guard state.listeners[number]?.isPending.insert(change).inserted == true else { continue }
                state.listeners[number]?.pending.append(change)
                if state.woken.insert(ObjectIdentifier(listener.loop)).inserted { loops.append(listener.loop) }
            }
            return loops
        }
        for loop in loops { submit(to: loop) { $0.sendChanges() } }
    }

    /// From now on, the next change wakes the loop again.
    func noteAwake(_ loop: EventLoop) { state.withLock { _ = $0.woken.remove(ObjectIdentifier(loop)) } }

    func takeChanges(for number: Int) -> [Change] {
        state.withLock { state in
            guard let pending = state.listeners[number]?.pending, !pending.isEmpty else { return [] }
            state.listeners[number]?.pending = []
            state.listeners[number]?.isPending = []
            return pending
        }
    }

    // MARK: Asks

    /// Returns false if there are too many streams, or the id is in use.
    func ask(_ id: String, on loop: EventLoop) -> Bool {
        state.withLock { state in
            guard !state.isFull, state.asks[id] == nil else { return false }
            state.asks[id] = loop
            return true
        }
    }

    func forget(_ id: String) { state.withLock { $0.asks[id] = nil } }

    /// Gives an ask its answer. Returns false if nobody waits for it.
    func deliver(_ answer: PendingAsk.Answer, to id: String) -> Bool {
        guard let loop = state.withLock({ $0.asks.removeValue(forKey: id) }) else { return false }
        // On the same loop it is delivered at once, so that its bytes count against the memory limit before the script can
        // deliver more.
        if loop.isCurrent {
            (loop[resident: self] as? LoopStreams)?.deliver(answer, to: id)
        } else {
            submit(to: loop) { $0.deliver(answer, to: id) }
        }
        return true
    }
}
