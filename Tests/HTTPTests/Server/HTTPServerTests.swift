import Glibc
import HTTP1
import LoopTesting
import Testing

@testable import EventLoop
@testable import HTTP

/// Tests connections over real sockets, made before and after the server has all its loops.
@Suite struct HTTPServerTests {
    /// Answers with the number of its requests. It never answers `/never`, and takes 10 ms for `/10`.
    fileprivate final class Counter: HTTPResponder {
        private let loop: EventLoop
        private let waiter: Waiter
        private let wasMadeOnItsLoop: Bool
        private var requests = 0
        private var leavings = 0

        init(_ loop: EventLoop) {
            self.loop = loop
            waiter = Waiter(loop)
            wasMadeOnItsLoop = loop.isCurrent
        }

        func respond(to request: HTTPRequest, through connection: HTTPConnection) {
            requests += 1
            waiter.changed()
            if request.path == "/never" {
                connection.onDisconnect = { [self] in
                    leavings += 1
                    waiter.changed()
                }
            } else if let milliseconds = Int(request.path.dropFirst()) {
                connection.respond(HTTPResponse(status: 200, body: .streamed))
                loop.schedule(after: .milliseconds(milliseconds)) { connection.end(isComplete: true) }
            } else {
                connection.respond(
                    HTTPResponse(status: 200, text: wasMadeOnItsLoop ? "\(requests)" : "made elsewhere"))
            }
        }

        func requests(_ count: Int) async throws {
            try await waiter.wait(for: "\(count) requests") { [unowned self] in requests >= count }
        }

        func leavings(_ count: Int) async throws {
            try await waiter.wait(for: "\(count) callers that leave") { [unowned self] in leavings >= count }
        }
    }

    private static func open(
        _ loop: EventLoop, _ responder: Counter, _ configure: (inout HTTPServer.Settings) -> Void = { _ in }
    ) throws -> HTTPServer {
        var settings = HTTPServer.Settings()
        configure(&settings)
        let address = SocketAddress(try #require(IPAddress("127.0.0.1")), port: 0)
        return try HTTPServer(loop, bind: address, settings: settings, responder: responder)
    }

    /// A caller that is silent, and a caller without TLS.
    @Test func `a slow handshake delays nobody, and HTTP without TLS gets an explanation`() async throws {
        let made = try SelfSignedCertificate(for: ["localhost", "127.0.0.1"])
        try await onLoop { loop in
            let server = try Self.open(loop, Counter(loop)) {
                $0.tls = try? TLSContext.server(
                    certificateChainPEM: made.certificatePEM, privateKeyPEM: made.keyPEM)
            }
            var silent: [StreamRecorder] = []
            for number in 0..<ServerHandshakes.limit {
                silent.append(try Self.connect(loop, to: server))
                // The system lets only some connections wait until they are accepted.
                if number % 16 == 0 { await loop.nextPoll() }
            }
            let client = HTTPClient(loop, trust: ClientTrust(.pem(made.certificatePEM)))
            for host in ["localhost", "127.0.0.1"] {
                let reply = try await client.execute(ClientRequest(.get, "https://\(host):\(server.port)/"))
                #expect(reply.status == 200)
                _ = try await reply.collect(upTo: 100)
            }
            // The oldest silent caller had to make room.
            try await silent[0].event(.inputEnded)
            let plain = try Self.connect(loop, to: server)
            plain.stream.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            try await plain.event(.inputEnded)
            #expect(plain.text.hasPrefix("HTTP/1.1 400 ") && plain.text.hasSuffix("Write https:// in the URL.\n"))
            client.close()
            await server.drain(limit: .zero)
            for caller in silent + [plain] { caller.stream.close() }
        }
    }

    @Test func `a certificate is valid for its period`() throws {
        let made = try SelfSignedCertificate(for: ["localhost"], now: 1_700_000_000)
        let day = 86_400
        for (offset, isValid) in [
            (-7200, false), (0, true), (SelfSignedCertificate.days * day - 7200, true),
            (SelfSignedCertificate.days * day, false),
        ] {
            #expect(SelfSignedCertificate.isValid(made.certificatePEM, now: 1_700_000_000 + offset) == isValid)
        }
        #expect(!SelfSignedCertificate.isValid(Array("nonsense".utf8)))
    }

    private static func connect(_ loop: EventLoop, to server: HTTPServer) throws -> StreamRecorder {
        StreamRecorder(try TCPStream(loop, descriptor: descriptor(connectedTo: server)), on: loop)
    }

    private static func descriptor(connectedTo server: HTTPServer) throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        let code = server.address.withSystemAddress { Glibc.connect(descriptor, $0, $1) }
        guard code == 0 else {
            close(descriptor)
            throw StreamError.system(errno)
        }
        return descriptor
    }

    private static func send(_ path: String = "/", on connection: StreamRecorder) {
        connection.stream.write("GET \(path) HTTP/1.1\r\nHost: x\r\n\r\n")
    }

    /// The bodies of all responses so far, once the expected number has arrived.
    private static func bodies(_ count: Int, on connection: StreamRecorder) async throws -> [String] {
        var known = 1
        while true {
            let bodies = connection.text.split(separator: "\r\n\r\n").dropFirst().map {
                String($0.prefix { $0 != "H" })
            }
            if bodies.count >= count { return bodies }
            known = max(known, connection.received.count + 1)
            try await connection.bytes(known)
        }
    }

    /// Ends connections, and returns when their loops no longer count them.
    private static func leave(_ connections: [StreamRecorder], _ loops: [LoopThread]) async throws {
        for connection in connections {
            connection.stream.finish()
            #expect(try await connection.closed() == nil)
        }
        // The caller may see the end before the loop has finished the turn in which it closed its side.
        for thread in loops { try await thread.loop.task {}.value }
    }

    private static func end(_ server: HTTPServer, _ connections: [StreamRecorder], _ loops: [LoopThread] = []) async {
        for connection in connections { connection.stream.close() }
        await server.drain()
        for thread in loops { thread.end() }
    }

    // MARK: Loops

    @Test func `new connections are distributed among new loops, and old ones stay`() async throws {
        try await onLoop { loop in
            let server = try Self.open(loop, Counter(loop)) { $0.waitsForLoops = true }
            let early = try Self.connect(loop, to: server)
            Self.send(on: early)
            #expect(try await Self.bodies(1, on: early) == ["1"])
            let threads = [try LoopThread(named: "worker"), try LoopThread(named: "worker")]
            server.add(threads.map(\.share))
            for count in ["1", "1", "2", "2"] {
                let connection = try Self.connect(loop, to: server)
                Self.send(on: connection)
                #expect(try await Self.bodies(1, on: connection) == [count])
                try await Self.leave([connection], threads)
            }
            Self.send(on: early)
            #expect(try await Self.bodies(2, on: early) == ["1", "2"])
            await Self.end(server, [early], threads)
        }
    }

    @Test func `many connections at the start are shared by all loops`() async throws {
        try await onLoop { loop in
            let server = try Self.open(loop, Counter(loop)) { $0.waitsForLoops = true }
            let waiting = try (1...13).map { _ in try Self.connect(loop, to: server) }
            await loop.nextPoll()
            await loop.nextPoll()
            let threads = [
                try LoopThread(named: "worker"), try LoopThread(named: "worker"), try LoopThread(named: "worker"),
            ]
            server.add(threads.map(\.share))
            var counts: [String] = []
            for connection in waiting {
                Self.send(on: connection)
                counts += try await Self.bodies(1, on: connection)
            }
            // One connection belongs to the first loop; each of the other loops has four.
            #expect(counts.sorted() == ["1", "1", "1", "1", "2", "2", "2", "3", "3", "3", "4", "4", "4"])
            await Self.end(server, waiting, threads)
        }
    }

    @Test func `a new connection goes to the loop with the fewest connections`() async throws {
        try await onLoop { loop in
            let server = try Self.open(loop, Counter(loop))
            let threads = [try LoopThread(named: "worker"), try LoopThread(named: "worker")]
            server.add(threads.map(\.share))
            var connections: [StreamRecorder] = []
            for _ in 0..<4 {
                connections.append(try Self.connect(loop, to: server))
                Self.send(on: connections[connections.count - 1])
                _ = try await Self.bodies(1, on: connections[connections.count - 1])
            }
            // Both connections of one loop end, so that the next two go there.
            try await Self.leave([connections[0], connections[2]], threads)
            for count in ["3", "4"] {
                connections.append(try Self.connect(loop, to: server))
                Self.send(on: connections[connections.count - 1])
                #expect(try await Self.bodies(1, on: connections[connections.count - 1]) == [count])
            }
            await Self.end(server, connections, threads)
        }
    }

    @Test func `without other loops, the first serves all connections`() async throws {
        try await onLoop { loop in
            let server = try Self.open(loop, Counter(loop)) { $0.waitsForLoops = true }
            server.add([])
            var connections: [StreamRecorder] = []
            for count in 1...3 {
                let connection = try Self.connect(loop, to: server)
                Self.send(on: connection)
                #expect(try await Self.bodies(1, on: connection) == ["\(count)"])
                connections.append(connection)
            }
            await Self.end(server, connections)
        }
    }

    // MARK: The end

    @Test(arguments: [(5, 60), (60, 5)])
    func `shutdown waits for requests on old and new connections`(_ early: Int, _ late: Int) async throws {
        try await onLoop { loop in
            let server = try Self.open(loop, Counter(loop)) { $0.waitsForLoops = true }
            let old = try Self.connect(loop, to: server)
            Self.send("/\(early)", on: old)
            try await old.bytes(1)
            let thread = try LoopThread(named: "worker")
            server.add([thread.share])
            let new = try Self.connect(loop, to: server)
            Self.send("/\(late)", on: new)
            try await new.bytes(1)
            for connection in [old, new] {
                connection.onEvent = { [unowned connection] in
                    if $0 == .inputEnded { connection.stream.finish() }
                }
            }
            await server.drain()
            for connection in [old, new] {
                #expect(try await connection.closed() == nil)
                #expect(connection.text.hasSuffix("\r\n\r\n0\r\n\r\n"))
            }
            thread.loop.stop()
            #expect(throws: StreamError.system(ECONNREFUSED)) { try Self.connect(loop, to: server) }
        }
    }

    @Test func `shutdown closes idle connections immediately and waits for others up to its limit`() async throws {
        try await onLoop { loop in
            let responder = Counter(loop)
            let server = try Self.open(loop, responder)
            let idle = try Self.connect(loop, to: server)
            let busy = try Self.connect(loop, to: server)
            Self.send(on: idle)
            _ = try await Self.bodies(1, on: idle)
            Self.send("/never", on: busy)
            try await responder.requests(2)
            idle.onEvent = { [unowned busy] in if $0 == .inputEnded { #expect(busy.events.isEmpty) } }
            await server.drain(limit: .milliseconds(30))
            try await responder.leavings(1)
            try await idle.event(.inputEnded)
            try await busy.event(.inputEnded)
            #expect(busy.received.isEmpty)
            for connection in [idle, busy] { connection.stream.close() }
        }
    }

    @Test func `shutdown of a server without connections is immediate`() async throws {
        try await onLoop { loop in
            let server = try Self.open(loop, Counter(loop))
            await server.drain()
            await server.drain()
        }
    }

    @Test func `a port that is in use cannot be bound`() async throws {
        try await onLoop { loop in
            let server = try Self.open(loop, Counter(loop))
            #expect(server.port > 0 && "\(server.address)" == "127.0.0.1:\(server.port)")
            #expect(throws: StreamError.system(EADDRINUSE)) {
                try HTTPServer(loop, bind: server.address, responder: Counter(loop))
            }
            await server.drain()
        }
    }

    @Test func `as many connections may wait as the system allows, up to 4096`() async throws {
        try await onLoop { loop in
            let server = try Self.open(loop, Counter(loop))
            let file = Glibc.open("/proc/sys/net/core/somaxconn", O_RDONLY)
            var text = [UInt8](repeating: 0, count: 32)
            let count = read(file, &text, text.count)
            close(file)
            let most = Int(String(decoding: text.prefix(max(0, count)), as: UTF8.self).filter(\.isNumber))
            #expect(try Self.backlog(of: server) == min(4096, #require(most)))
            await server.drain()
        }
    }

    /// The length of a listening socket's queue. The kernel reports it in `tcpi_sacked`, which is at offset 28.
    private static func backlog(of server: HTTPServer) -> Int? {
        // Other tests may have thousands of open descriptors, including sockets of clients with this port.
        for descriptor in 0..<min(getdtablesize(), 1 << 16) {
            var listens: Int32 = 0
            var size = socklen_t(MemoryLayout<Int32>.size)
            guard getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0, listens != 0 else {
                continue
            }
            var name = [UInt8](repeating: 0, count: 128)
            var length = socklen_t(name.count)
            let code = name.withUnsafeMutableBytes { name in
                name.withMemoryRebound(to: sockaddr.self) { getsockname(descriptor, $0.baseAddress, &length) }
            }
            guard code == 0, Int(name[2]) << 8 | Int(name[3]) == server.port else { continue }
            var info = [UInt8](repeating: 0, count: 64)
            length = socklen_t(info.count)
            guard getsockopt(descriptor, Int32(IPPROTO_TCP), TCP_INFO, &info, &length) == 0 else { return nil }
            return Int(info.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 28, as: UInt32.self) })
        }
        return nil
    }

    @Test(arguments: [("localhost", "127.0.0.1"), ("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "0.0.0.0")])
    func `a server listens on an address or a name`(_ name: String, _ address: String) async throws {
        try await onLoop { loop in
            let server = try await HTTPServer.open(loop, bind: name, port: 0, responder: Counter(loop))
            #expect("\(server.address)" == "\(address):\(server.port)")
            await #expect(throws: StreamError.system(EADDRINUSE)) {
                try await HTTPServer.open(loop, bind: address, port: server.address.port, responder: Counter(loop))
            }
            await server.drain()
        }
    }

    @Test func `a server cannot listen on an unknown name`() async throws {
        try await onLoop { loop in
            await #expect(throws: ResolverError.unknown("")) {
                try await HTTPServer.open(loop, bind: "", port: 0, responder: Counter(loop))
            }
        }
    }

    // MARK: Over a real socket

    @Test func `a refused caller gets the complete response after it has sent another megabyte`() async throws {
        try await onLoop { loop in
            let server = try Self.open(loop, Counter(loop))
            let connection = try Self.connect(loop, to: server)
            connection.stream.write("GET / HTTP/1.1\r\nHost: x\r\n" + String(repeating: "X: 1\r\n", count: 300))
            let megabyte = [UInt8](repeating: 0x78, count: 1 << 20)
            connection.stream.write(megabyte.span.bytes)
            try await connection.event(.inputEnded)
            #expect(connection.text.hasPrefix("HTTP/1.1 431 ") && connection.text.hasSuffix("}\n"))
            connection.stream.finish()
            #expect(try await connection.closed() == nil)
            await server.drain()
        }
    }

    @Test func `a caller that has closed its half gets the response and the end`() async throws {
        try await onLoop { loop in
            let server = try Self.open(loop, Counter(loop))
            let connection = try Self.connect(loop, to: server)
            Self.send("/10", on: connection)
            connection.stream.finish()
            #expect(try await connection.closed() == nil)
            #expect(connection.text.hasPrefix("HTTP/1.1 200 ") && connection.text.hasSuffix("\r\n\r\n0\r\n\r\n"))
            await server.drain()
        }
    }

    @Test func `a reset by the caller is noticed while its request is answered`() async throws {
        try await onLoop { loop in
            let responder = Counter(loop)
            let server = try Self.open(loop, responder)
            let descriptor = try Self.descriptor(connectedTo: server)
            let request = Array("GET /never HTTP/1.1\r\nHost: x\r\n\r\n".utf8)
            #expect(Glibc.send(descriptor, request, request.count, 0) == request.count)
            try await responder.requests(1)
            // Data in transit is discarded, as by a client that crashes.
            var linger = linger(l_onoff: 1, l_linger: 0)
            setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
            close(descriptor)
            try await responder.leavings(1)
            await server.drain()
        }
    }
}

extension LoopThread {
    /// The loop and responder to add to a server.
    fileprivate var share: (loop: EventLoop, responder: @Sendable () -> any HTTPResponder) {
        (loop, { [loop] in HTTPServerTests.Counter(loop) })
    }
}
