internal import Glibc
internal import Synchronization

/// The queue of a sink and the thread that empties it. It is separate from the sink, because the thread must not keep
/// the sink alive.
final class LogWriter: Sendable {
    private let output: OutputDescriptor
    private let errors: OutputDescriptor
    private let state: Mutex<State>

    private struct State {
        var queue: LogQueue
        var isDetached = false
        /// nil until the thread runs. The first line after `detach` starts it.
        var wakePipes: WakePipes?
        /// Whether the thread has written everything and waits for its wakePipe.
        var isIdle = false
        var isStopped = false
        /// Whether `flush` waits for the thread to be idle.
        var isAwaited = false
    }

    private struct WakePipes {
        let line: WakePipe
        let idle: WakePipe
    }

    init(output: Int32, errors: Int32, capacity: Int) {
        self.output = OutputDescriptor(number: output)
        self.errors = OutputDescriptor(number: errors)
        state = Mutex(State(queue: LogQueue(capacity: capacity)))
    }

    func append(_ line: [UInt8], to stream: LogStream, format: LogFormat) {
        state.withLock { state in
            if state.isDetached, state.wakePipes == nil { start(&state) }
            guard state.wakePipes != nil else { return descriptor(stream).write(line, 0..<line.count) }
            state.queue.append(line, to: stream, format: format)
            wake(&state)
        }
    }

    func detach() { state.withLock { $0.isDetached = true } }

    private func start(_ state: inout State) {
        guard let line = WakePipe(), let idle = WakePipe() else { return }
        // The thread takes ownership of the reference that `passRetained` creates.
        let argument = Unmanaged.passRetained(self)
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { argument in
                if let argument { Unmanaged<LogWriter>.fromOpaque(argument).takeRetainedValue().run() }
                return nil
            }, argument.toOpaque())
        guard code == 0 else { return argument.release() }
        pthread_detach(thread)
        state.wakePipes = WakePipes(line: line, idle: idle)
    }

    func stop() {
        state.withLock { state in
            state.isStopped = true
            wake(&state)
        }
    }

    private func wake(_ state: inout State) {
        guard state.isIdle else { return }
        state.isIdle = false
        state.wakePipes?.line.ring()
    }

    // MARK: The thread

    /// Sets the name that `ps` and `top` show. It uses /proc because Swift's Glibc lacks the function.
    private func nameThread() {
        let file = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return }
        _ = Glibc.write(file, "log", 3)
        close(file)
    }

    private func run() {
        nameThread()
        // This thread blocks all signals, so that the system delivers them to threads that handle them.
        var signals = sigset_t()
        sigfillset(&signals)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        var batch = state.withLock { LogQueue(capacity: $0.queue.capacity) }
        while true {
            let wakePipe: WakePipe? = state.withLock { state in
                state.queue.take(into: &batch)
                guard batch.isEmpty, !state.isStopped else { return nil }
                state.isIdle = true
                if state.isAwaited { state.wakePipes?.idle.ring() }
                state.isAwaited = false
                return state.wakePipes?.line
            }
            if let wakePipe {
                wakePipe.wait(limit: nil)
            } else if batch.isEmpty {
                return
            } else {
                write(batch)
            }
        }
    }

    /// Writes consecutive lines of one stream together, but only as many as a pipe accepts atomically (PIPE_BUF), so
    /// that lines of different processes do not mix.
    private func write(_ batch: LogQueue) {
        var start = 0
        var end = 0
        var stream = LogStream.output
        for line in batch.lines {
            if line.stream != stream || end - start + line.count > Int(PIPE_BUF) {
                descriptor(stream).write(batch.bytes, start..<end)
                start = end
                stream = line.stream
            }
            end += line.count
        }
        descriptor(stream).write(batch.bytes, start..<end)
    }

    private func descriptor(_ stream: LogStream) -> OutputDescriptor {
        switch stream {
        case .output: output
        case .errors: errors
        }
    }

    // MARK: Waiting for the thread

    func flush(limit: Duration) -> Bool {
        let wakePipe: WakePipe? = state.withLock { state in
            if state.isIdle { return nil }
            state.isAwaited = true
            return state.wakePipes?.idle
        }
        guard let wakePipe, !wakePipe.wait(limit: limit) else { return true }
        return state.withLock { state in
            defer { state.isAwaited = false }
            // The wakePipe may have rung after the wait ended. That ring is consumed here, so that the next caller does not
            // get it.
            return !state.isAwaited && wakePipe.wait(limit: .zero)
        }
    }
}
