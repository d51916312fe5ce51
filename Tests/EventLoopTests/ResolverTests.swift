import Glibc
import LoopTesting
import Testing

@testable import EventLoop

struct ResolverTests {
    @Test func `an address is resolved without a thread`() async throws {
        try await onLoop { loop in
            let threads = Self.threads { _ in
                Issue.record("a thread is asked")
                return .success([])
            }
            for text in ["127.0.0.1", "::1", "2001:db8::7"] {
                let address = try #require(IPAddress(text))
                #expect(await resolve(text, on: loop, threads) == .success([address]))
            }
            #expect(await resolve("LocalHost", on: loop, threads) == .success([.loopback, .loopbackIPv6]))
            #expect(await resolve("localhost.", on: loop, threads) == .success([.loopback, .loopbackIPv6]))
            let long = String(repeating: "a", count: 255)
            for name in ["", "a\0b", long] {
                #expect(await resolve(name, on: loop, threads) == .failure(.unknown(name)))
            }
        }
    }

    @Test func `the result of a thread is delivered on the loop, with the port`() async throws {
        try await onLoop { loop in
            let answer = await withCheckedContinuation { continuation in
                var isBeginning = true
                // This is an old form of 127.0.0.1 that the system resolves without a name server.
                Resolver.resolve("127.1", port: 8080, on: loop) {
                    #expect(!isBeginning)
                    #expect(loop.isCurrent)
                    continuation.resume(returning: $0)
                }
                isBeginning = false
            }
            #expect(answer == .success([SocketAddress(.loopback, port: 8080)]))
        }
    }

    @Test func `a failure is reported unchanged`() async throws {
        try await onLoop { loop in
            let threads = Self.threads { .failure(.failed($0, reason: "no name server answered")) }
            let result = await resolve("example.com", on: loop, threads)
            #expect(result == .failure(.failed("example.com", reason: "no name server answered")))
        }
        #expect(
            ResolverError.failed("a.example", reason: "no name server answered").description
                == "the name 'a.example' could not be looked up: no name server answered")
        #expect(ResolverError.unknown("a.example").description == "no address is known for 'a.example'")
    }

    @Test func `slow names of one group do not delay another, and cancelled ones are not looked up`()
        async throws
    {
        try await onLoop { loop in
            let gate = try Gate()
            let looked = Shared<[String]>([])
            let threads = Self.threads { name in
                looked.change { $0.append(name) }
                if name.hasPrefix("dead") { gate.wait() }
                return .success([.loopback])
            }
            let answered = Waiter(loop)
            var answers: [String] = []
            var lookups: [Resolver.Lookup] = []
            for name in ["dead1", "dead2", "dead3", "dead4"] {
                lookups.append(
                    Resolver.resolve(name, "one", on: loop, threads: threads) { _ in
                        answers.append(name)
                        answered.changed()
                    })
            }
            #expect(await resolve("alive", group: "two", on: loop, threads) == .success([.loopback]))
            lookups[0].cancel()
            lookups[3].cancel()
            gate.open()
            try await answered.wait(for: "two answers") { answers.count == 2 }
            #expect(answers.sorted() == ["dead2", "dead3"])
            #expect(!looked.value.contains("dead4"))
        }
    }

    @Test func `a result that arrives after its loop was closed is dropped`() async throws {
        let gate = try Gate()
        let threads = LookupThreads(ThreadQueue(threadLimit: 1, groupLimit: 1)) { _ in
            gate.wait()
            return .success([.loopback])
        }
        try await onLoop { loop in
            Resolver.resolve("dead", "", on: loop, threads: threads) { _ in Issue.record("an answer") }.cancel()
        }
        try await onLoop { loop in
            // The only thread resolves this name after the other one.
            let answer = await withCheckedContinuation { continuation in
                _ = Resolver.resolve("next", "", on: loop, threads: threads) { continuation.resume(returning: $0) }
                gate.open()
            }
            #expect(answer == .success([.loopback]))
        }
    }

    private static func threads(
        lookUp: @escaping @Sendable (String) -> Result<[IPAddress], ResolverError>
    ) -> LookupThreads {
        LookupThreads(ThreadQueue(threadLimit: 4, groupLimit: 2), lookUp: lookUp)
    }

    private func resolve(
        _ name: String, group: String = "", on loop: EventLoop, _ threads: LookupThreads
    ) async -> Result<[IPAddress], ResolverError> {
        await withCheckedContinuation { continuation in
            _ = Resolver.resolve(name, group, on: loop, threads: threads) { continuation.resume(returning: $0) }
        }
    }

    /// Threads wait at the gate until it is opened.
    private final class Gate: Sendable {
        private let read: Int32
        private let write: Int32

        init() throws {
            var ends: [Int32] = [0, 0]
            try #require(pipe(&ends) == 0)
            (read, write) = (ends[0], ends[1])
        }

        deinit { close(read) }

        func wait() {
            var byte: UInt8 = 0
            _ = Glibc.read(read, &byte, 1)
        }

        func open() { close(write) }
    }
}
