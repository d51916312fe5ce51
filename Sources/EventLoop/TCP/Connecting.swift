internal import CUV
internal import Glibc

extension TCPStream {
    /// Tries the addresses in turn (RFC 8305). Tries the next address after 250 ms, or as soon as an attempt has
    /// failed. The first attempt to connect wins. The resulting stream does not read yet.
    ///
    /// - Parameter done: called once, on the loop, never before this returns. `ECONNREFUSED` means that a machine
    ///   answered but no program listens on the port.
    @discardableResult
    public static func connect(
        _ loop: EventLoop, to addresses: [SocketAddress], timeout: Duration,
        done: @escaping (Result<TCPStream, StreamError>) -> Void
    ) -> Connecting {
        let connecting = Connecting(loop, addresses, done)
        connecting.begin(timeout)
        return connecting
    }

    /// A pending connection. The loop retains it until `done` was called.
    public final class Connecting {
        static let headStart = Duration.milliseconds(250)

        private let loop: EventLoop
        private var untried: ArraySlice<SocketAddress>
        private var attempts: [ConnectAttempt] = []
        private var errors: [StreamError] = []
        private let next: Timer
        private let limit: Timer
        private var phase = Phase.trying
        private let done: (Result<TCPStream, StreamError>) -> Void

        private enum Phase {
            case trying
            /// `done` is queued.
            case settled(Result<Int32, StreamError>)
            case ended
        }

        fileprivate init(
            _ loop: EventLoop, _ addresses: [SocketAddress], _ done: @escaping (Result<TCPStream, StreamError>) -> Void
        ) {
            self.loop = loop
            self.done = done
            untried = alternating(addresses)[...]
            next = Timer(loop)
            limit = Timer(loop)
        }

        fileprivate func begin(_ timeout: Duration) {
            next.fired = { [self] in tryNext() }
            limit.fired = { [self] in settle(.failure(.timeout)) }
            limit.start(after: timeout)
            tryNext()
        }

        private func tryNext() {
            while let address = untried.popFirst() {
                do throws(StreamError) {
                    switch try ConnectAttempt.begin(loop, address) {
                    case .connected(let descriptor): return settle(.success(descriptor))
                    case .attempt(let attempt):
                        attempts.append(attempt)
                        attempt.ended = { [unowned self, unowned attempt] in ended(attempt, $0) }
                        return next.start(after: Self.headStart)
                    }
                } catch {
                    errors.append(error)
                }
            }
            if attempts.isEmpty { settle(.failure(mostTelling(errors))) }
        }

        private func ended(_ attempt: ConnectAttempt, _ result: Result<Int32, StreamError>) {
            attempts.removeAll { $0 === attempt }
            switch result {
            case .success: settle(result)
            case .failure(let error):
                errors.append(error)
                tryNext()
            }
        }

        private func settle(_ result: Result<Int32, StreamError>) {
            guard case .trying = phase else { return }
            phase = .settled(result)
            stop()
            loop.perform { [self] in deliver() }
        }

        private func stop() {
            next.close()
            limit.close()
            for attempt in attempts { attempt.close() }
            attempts = []
        }

        private func deliver() {
            guard case .settled(let result) = phase else { return }
            phase = .ended
            done(
                result.flatMap { descriptor in
                    Result { () throws(StreamError) in try TCPStream(loop, descriptor: descriptor) }
                })
        }

        /// Prevents the call of `done`.
        public func cancel() {
            if case .settled(.success(let descriptor)) = phase { Glibc.close(descriptor) }
            phase = .ended
            stop()
        }
    }
}

/// Alternates the address families, beginning with that of the first address (RFC 8305 §4). So if one family does not
/// work, an address of the other is tried next.
func alternating(_ addresses: [SocketAddress]) -> [SocketAddress] {
    guard let first = addresses.first else { return [] }
    let preferred = addresses.filter { $0.address.isIPv6 == first.address.isIPv6 }
    let others = addresses.filter { $0.address.isIPv6 != first.address.isIPv6 }
    var result: [SocketAddress] = []
    for index in 0..<max(preferred.count, others.count) {
        if index < preferred.count { result.append(preferred[index]) }
        if index < others.count { result.append(others[index]) }
    }
    return result
}

/// The most informative of the errors of several addresses. A refusal by the other machine says more than a time-out,
/// and a time-out says more than the lack of a route to the address.
func mostTelling(_ errors: [StreamError]) -> StreamError {
    let refused = errors.first { $0 == .system(ECONNREFUSED) }
    let reachable = errors.first { error in
        ![ENETUNREACH, EHOSTUNREACH, EADDRNOTAVAIL, EAFNOSUPPORT].contains { error == .system($0) }
    }
    return refused ?? reachable ?? errors.first ?? .system(EADDRNOTAVAIL)
}
