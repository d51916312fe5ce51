public import EventLoop
internal import Synchronization

/// The certificates that the TLS connections of clients trust. All loops share one object. The first connection that
/// needs the certificates makes a separate thread read them, because that takes about 45 ms of CPU time.
public final class ClientTrust: Sendable {
    public let roots: TrustRoots
    private let state = Mutex(State.unread)

    private enum State: Sendable {
        case unread
        case reading([Callback])
        case read(TLSContext)
        /// Reading has failed. The callers that waited get the error, and the next caller starts reading again.
        case failed(TLSError)
    }

    public init(_ roots: TrustRoots = .system) { self.roots = roots }

    /// - Parameter done: called once, on the loop, never before this returns.
    func context(on loop: EventLoop, done: @escaping (Result<TLSContext, TLSError>) -> Void) {
        let callback = loop.callback { [self] in done(result) }
        let next = state.withLock { state in
            switch state {
            case .read: return Next.call
            case .reading(let waiting):
                state = .reading(waiting + [callback])
                return .wait
            case .unread, .failed:
                state = .reading([callback])
                return .read
            }
        }
        switch next {
        case .call: callback.call()
        case .read: read()
        case .wait: break
        }
    }

    private enum Next { case call, read, wait }

    private var result: Result<TLSContext, TLSError> {
        state.withLock { state in
            switch state {
            case .read(let context): .success(context)
            case .failed(let error): .failure(error)
            case .unread, .reading: .failure(TLSError("the certificates to trust are being read again"))
            }
        }
    }

    private func read() {
        do throws(StreamError) {
            try Thread.start(named: "tls roots") { [self] in
                let result = Result { () throws(TLSError) in try TLSContext.client(roots: roots) }
                end(result)
            }
        } catch {
            end(.failure(TLSError("the certificates to trust cannot be read: no thread: \(error)")))
        }
    }

    private func end(_ result: Result<TLSContext, TLSError>) {
        let waiting = state.withLock { state in
            defer {
                switch result {
                case .success(let context): state = .read(context)
                case .failure(let error): state = .failed(error)
                }
            }
            return if case .reading(let waiting) = state { waiting } else { [Callback]() }
        }
        for callback in waiting { callback.call() }
    }
}
