import Glibc
import LoopTesting
import Testing

@testable import EventLoop

struct TCPListenerTests {
    private static let anyPort = SocketAddress(.loopback, port: 0)

    @Test func `port 0 is any free port, which the address shows`() async throws {
        try await onLoop { loop in
            let listener = try TCPListener(loop, bind: Self.anyPort)
            #expect(listener.address.port > 0)
            #expect(listener.address.address == .loopback)
            #expect(throws: StreamError.system(EADDRINUSE)) { try TCPListener(loop, bind: listener.address) }
            listener.close()
            let again = try TCPListener(loop, bind: listener.address)
            again.close()
            again.close()
        }
    }

    @Test func `an address of another machine cannot be bound`() async throws {
        try await onLoop { loop in
            let foreign = try #require(IPAddress("192.0.2.1"))
            #expect(throws: StreamError.system(EADDRNOTAVAIL)) {
                try TCPListener(loop, bind: SocketAddress(foreign, port: 0))
            }
        }
    }

    @Test func `callers are accepted, each with a descriptor that does not block and is closed on exec`() async throws {
        try await onLoop { loop in
            let listener = try TCPListener(loop, bind: Self.anyPort)
            let waiter = Waiter(loop)
            var accepted: [Int32] = []
            listener.accepted = { descriptor in
                accepted.append(descriptor)
                waiter.changed()
            }
            let callers = try (0..<200).map { _ in try call(listener.address) }
            try await waiter.wait(for: "200 callers") { accepted.count == 200 }
            for descriptor in accepted {
                #expect(fcntl(descriptor, F_GETFL) & O_NONBLOCK != 0)
                #expect(fcntl(descriptor, F_GETFD) & FD_CLOEXEC != 0)
                var noDelay: Int32 = 0
                var length = socklen_t(MemoryLayout<Int32>.size)
                getsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &noDelay, &length)
                #expect(noDelay == 1)
            }
            for descriptor in accepted + callers { close(descriptor) }
            listener.close()
        }
    }

    @Test func `the number of connections accepted in one poll is limited`() async throws {
        try await onLoop { loop in
            let listener = try TCPListener(loop, bind: Self.anyPort)
            let waiter = Waiter(loop)
            var acceptedIn: [UInt64: Int] = [:]
            var descriptors: [Int32] = []
            listener.accepted = { descriptor in
                descriptors.append(descriptor)
                acceptedIn[loop.turn, default: 0] += 1
                waiter.changed()
            }
            descriptors += try (0..<100).map { _ in try call(listener.address) }
            try await waiter.wait(for: "100 callers") { descriptors.count == 200 }
            #expect(acceptedIn.values.sorted() == [36, TCPListener.acceptedPerPoll])
            for descriptor in descriptors { close(descriptor) }
            listener.close()
        }
    }

    @Test func `a paused listener lets callers wait`() async throws {
        try await onLoop { loop in
            let listener = try TCPListener(loop, bind: Self.anyPort)
            let waiter = Waiter(loop)
            var descriptors: [Int32] = []
            listener.accepted = { descriptor in
                descriptors.append(descriptor)
                // A pause also takes effect in the middle of a poll.
                listener.pause()
                waiter.changed()
            }
            let callers = try (0..<3).map { _ in try call(listener.address) }
            for count in 1...3 {
                try await waiter.wait(for: "a caller") { descriptors.count == count }
                for _ in 0..<3 { await loop.nextPoll() }
                #expect(descriptors.count == count)
                listener.resume()
            }
            for descriptor in descriptors + callers { close(descriptor) }
            listener.close()
        }
    }

    @Test func `the wildcard of IPv6 accepts connections over IPv4 too`() async throws {
        try await onLoop { loop in
            let wildcard = try #require(IPAddress("::"))
            guard let listener = try? TCPListener(loop, bind: SocketAddress(wildcard, port: 0)) else {
                // The machine has no IPv6.
                return
            }
            let waiter = Waiter(loop)
            var descriptors: [Int32] = []
            listener.accepted = { descriptor in
                descriptors.append(descriptor)
                waiter.changed()
            }
            let caller = try call(SocketAddress(.loopback, port: listener.address.port))
            try await waiter.wait(for: "a caller") { descriptors.count == 1 }
            for descriptor in descriptors + [caller] { close(descriptor) }
            listener.close()
        }
    }

    @Test func `without descriptors the listener pauses, reports it once, and accepts later`() async throws {
        try await onLoop { loop in
            let listener = try TCPListener(loop, bind: Self.anyPort)
            let waiter = Waiter(loop)
            var descriptors: [Int32] = []
            var told: [StreamError] = []
            var failures = [EMFILE, ENFILE, ENOBUFS, ECONNABORTED, ENOMEM, ECONNABORTED]
            var tries: [UInt64: Int] = [:]
            listener.take = { listener in
                tries[loop.turn, default: 0] += 1
                guard let failure = failures.popLast() else { return accept(listener, nil, nil) }
                errno = failure
                return -1
            }
            listener.outOfDescriptors = { told.append($0) }
            listener.accepted = { descriptor in
                descriptors.append(descriptor)
                waiter.changed()
            }
            let caller = try call(listener.address)
            try await waiter.wait(for: "a caller") { descriptors.count == 1 }
            #expect(told == [.system(ENOMEM)])
            // A caller that has disconnected is skipped immediately; only a lack of resources ends an attempt.
            #expect(tries.values.sorted() == [1, 1, 2, 2, 2])
            // All waiting connections were accepted, so the next lack is reported again.
            failures = [EMFILE]
            let second = try call(listener.address)
            try await waiter.wait(for: "another caller") { descriptors.count == 2 }
            #expect(told == [.system(ENOMEM), .system(EMFILE)])
            for descriptor in descriptors + [caller, second] { close(descriptor) }
            listener.close()
        }
    }

    @Test func `a pause is kept while the listener waits for descriptors`() async throws {
        try await onLoop { loop in
            let listener = try TCPListener(loop, bind: Self.anyPort)
            listener.patience = .zero
            let waiter = Waiter(loop)
            var isFirst = true
            var descriptors: [Int32] = []
            listener.take = { descriptor in
                guard isFirst else { return accept(descriptor, nil, nil) }
                isFirst = false
                listener.pause()
                errno = EMFILE
                return -1
            }
            var isTold = false
            listener.outOfDescriptors = { _ in
                isTold = true
                waiter.changed()
            }
            listener.accepted = { descriptor in
                descriptors.append(descriptor)
                waiter.changed()
            }
            let caller = try call(listener.address)
            try await waiter.wait(for: "a lack") { isTold }
            // This timer fires after the listener's own.
            try await loop.sleep(for: .milliseconds(2))
            #expect(descriptors == [])
            listener.resume()
            try await waiter.wait(for: "a caller") { descriptors.count == 1 }
            for descriptor in descriptors + [caller] { close(descriptor) }
            listener.close()
        }
    }

    /// Connects a caller. This works without `accept`.
    private func call(_ address: SocketAddress) throws(StreamError) -> Int32 {
        let descriptor = socket(address.family, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0, address.withSystemAddress({ connect(descriptor, $0, $1) }) == 0 else {
            throw .system(errno)
        }
        return descriptor
    }
}
