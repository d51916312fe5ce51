import LoopTesting
import Testing

@testable import EventLoop
@testable import HTTP

/// The places for handshakes of callers that stay silent.
@Suite struct ServerHandshakeTests {
    @Test func `callers that come all at once get no more than their places`() async throws {
        let made = try SelfSignedCertificate(for: ["localhost"])
        let context = try TLSContext.server(certificateChainPEM: made.certificatePEM, privateKeyPEM: made.keyPEM)
        try await onLoop { loop in
            let waiter = Waiter(loop)
            var left = 0
            let handshakes = ServerHandshakes(loop, context) {
                left += 1
                waiter.changed()
            }
            let callers = (0..<2 * ServerHandshakes.limit).map { _ in MemoryStream(loop) }
            for caller in callers { handshakes.begin(over: caller) { _ in } }
            #expect(callers.map(\.isClosed) == callers.indices.map { $0 < ServerHandshakes.limit })
            try await waiter.wait(for: "the callers that lost their places") { left >= ServerHandshakes.limit }
            #expect(left == ServerHandshakes.limit)
            handshakes.close()
            try await waiter.wait(for: "the other callers") { left >= callers.count }
            #expect(left == callers.count)
        }
    }
}
