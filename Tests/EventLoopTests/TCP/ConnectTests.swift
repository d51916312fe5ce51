import Glibc
import LoopTesting
import Testing

@testable import EventLoop

struct ConnectTests {
    @Test func `a connection is made, and done is called later, on the loop`() async throws {
        try await onLoop { loop in
            let listener = try TCPListener(loop, bind: SocketAddress(.loopback, port: 0))
            let target = Target(listener, loop)
            var isConnecting = true
            var result: Result<TCPStream, StreamError>?
            TCPStream.connect(loop, to: [listener.address], timeout: .seconds(30)) {
                #expect(!isConnecting)
                #expect(loop.isCurrent)
                result = $0
                target.waiter.changed()
            }
            isConnecting = false
            try await target.waiter.wait(for: "both ends") { result != nil && target.streams.count == 1 }
            let stream = try #require(try result?.get())
            #expect(stream.peer == listener.address)
            let server = StreamRecorder(target.streams[0], on: loop)
            stream.write("hello")
            try await server.bytes(5)
            stream.close()
            target.close()
        }
    }

    @Test func `if nothing listens, the error says so`() async throws {
        try await onLoop { loop in
            let address = try nobody(loop)
            #expect(try await connect(loop, [address]) == .system(ECONNREFUSED))
            #expect(try await connect(loop, [address, address]) == .system(ECONNREFUSED))
        }
    }

    @Test func `after an address that refuses, the next is tried immediately`() async throws {
        try await onLoop { loop in
            let listener = try TCPListener(loop, bind: SocketAddress(.loopback, port: 0))
            let target = Target(listener, loop)
            let addresses = [try nobody(loop), try nobody(loop), listener.address]
            #expect(try await connect(loop, addresses) == nil)
            target.close()
        }
    }

    @Test func `if an address does not answer, the next is tried in parallel`() async throws {
        try await onLoop { loop in
            let silent = try Silent()
            let listener = try TCPListener(loop, bind: SocketAddress(.loopback, port: 0))
            let target = Target(listener, loop)
            #expect(try await connect(loop, [silent.address, listener.address]) == nil)
            target.close()
            silent.close()
        }
    }

    @Test func `a connection attempt without an answer ends at the timeout`() async throws {
        try await onLoop { loop in
            let silent = try Silent()
            #expect(try await connect(loop, [silent.address], timeout: .milliseconds(50)) == .timeout)
            #expect(try await connect(loop, [silent.address], timeout: .zero) == .timeout)
            silent.close()
        }
    }

    @Test func `connecting without an address fails`() async throws {
        try await onLoop { loop in
            let error = try await connect(loop, [])
            #expect(error == .system(EADDRNOTAVAIL))
        }
    }

    @Test func `once it is cancelled, done is not called`() async throws {
        try await onLoop { loop in
            let silent = try Silent()
            let listener = try TCPListener(loop, bind: SocketAddress(.loopback, port: 0))
            // The addresses are silent, accepting and refusing.
            for address in [silent.address, listener.address, try nobody(loop)] {
                let connecting = TCPStream.connect(loop, to: [address], timeout: .seconds(30)) { _ in
                    Issue.record("done is called")
                }
                connecting.cancel()
                connecting.cancel()
                for _ in 0..<5 { await loop.nextPoll() }
            }
            listener.close()
            silent.close()
        }
    }

    @Test func `a socket that is connected to itself is detected`() async throws {
        try await onLoop { _ in
            let descriptor = try Socket.open(for: SocketAddress(.loopback, port: 0))
            let pair = try ConnectedPair.descriptors()
            #expect(!Socket.isConnectedToItself(descriptor))
            #expect(!Socket.isConnectedToItself(pair.client))
            let any = SocketAddress(.loopback, port: 0)
            #expect(any.withSystemAddress { bind(descriptor, $0, $1) } == 0)
            let own = try #require(SocketAddress(of: descriptor) { getsockname($0, $1, $2) })
            #expect(own.withSystemAddress { Glibc.connect(descriptor, $0, $1) } == 0 || errno == EINPROGRESS)
            #expect(Socket.isConnectedToItself(descriptor))
            for descriptor in [descriptor, pair.client, pair.server] { close(descriptor) }
        }
    }

    @Test func `the families take turns, and the first begins`() throws {
        let six = try ["::1", "::2", "::3"].map { SocketAddress(try #require(IPAddress($0)), port: 1) }
        let four = try ["10.0.0.1", "10.0.0.2"].map { SocketAddress(try #require(IPAddress($0)), port: 1) }
        #expect(alternating(six + four) == [six[0], four[0], six[1], four[1], six[2]])
        #expect(alternating(four + six) == [four[0], six[0], four[1], six[1], six[2]])
        #expect(alternating(four) == four)
        #expect(alternating([]) == [])
    }

    @Test(arguments: [
        ([ENETUNREACH, ECONNREFUSED], ECONNREFUSED), ([ETIMEDOUT, ECONNREFUSED], ECONNREFUSED),
        ([EADDRNOTAVAIL, ETIMEDOUT], ETIMEDOUT), ([EHOSTUNREACH, ENETUNREACH], EHOSTUNREACH), ([], EADDRNOTAVAIL),
    ])
    func `of several errors the most informative one is reported`(errors: [Int32], told: Int32) {
        #expect(mostTelling(errors.map { .system($0) }) == .system(told))
    }

    // MARK: Other ends

    /// The error, or nil if it connected.
    private func connect(
        _ loop: EventLoop, _ addresses: [SocketAddress], timeout: Duration = .seconds(30)
    ) async throws -> StreamError? {
        let waiter = Waiter(loop)
        var result: Result<TCPStream, StreamError>?
        TCPStream.connect(loop, to: addresses, timeout: timeout) {
            #expect(result == nil)
            result = $0
            waiter.changed()
        }
        try await waiter.wait(for: "a connection") { result != nil }
        switch result {
        case .success(let stream):
            stream.close()
            return nil
        case .failure(let error): return error
        case nil: return .cancelled
        }
    }

    /// An address on which no one listens any more.
    private func nobody(_ loop: EventLoop) throws -> SocketAddress {
        let listener = try TCPListener(loop, bind: SocketAddress(.loopback, port: 0))
        listener.close()
        return listener.address
    }

    /// Accepts connections and keeps them.
    private final class Target {
        let listener: TCPListener
        let waiter: Waiter
        var streams: [TCPStream] = []

        init(_ listener: TCPListener, _ loop: EventLoop) {
            self.listener = listener
            waiter = Waiter(loop)
            listener.accepted = { [unowned self] descriptor in
                guard let stream = try? TCPStream(loop, descriptor: descriptor) else { return }
                streams.append(stream)
                waiter.changed()
            }
        }

        func close() {
            listener.close()
            for stream in streams { stream.close() }
        }
    }

    /// An address that does not answer, because its queue of connections is full.
    private struct Silent {
        let address: SocketAddress
        private let descriptors: [Int32]

        init() throws {
            let any = SocketAddress(.loopback, port: 0)
            let listener = try Socket.open(for: any)
            #expect(any.withSystemAddress { bind(listener, $0, $1) } == 0)
            #expect(listen(listener, 0) == 0)
            let address = try #require(SocketAddress(of: listener) { getsockname($0, $1, $2) })
            var descriptors = [listener]
            for _ in 0..<2 {
                let caller = try Socket.open(for: address)
                _ = address.withSystemAddress { Glibc.connect(caller, $0, $1) }
                descriptors.append(caller)
            }
            self.address = address
            self.descriptors = descriptors
        }

        func close() { for descriptor in descriptors { Glibc.close(descriptor) } }
    }
}
