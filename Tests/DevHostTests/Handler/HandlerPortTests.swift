import Foundation
import Testing

@testable import DevHost

@Suite struct HandlerPortTests {
    /// A parallel program on any port had taken it before the handler could bind it.
    @Test func `the handler's port is none that Linux gives to others`() async throws {
        let range = try String(contentsOfFile: "/proc/sys/net/ipv4/ip_local_port_range", encoding: .utf8)
            .split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
        let (first, last) = (try #require(range.first), try #require(range.last))
        for _ in 0..<20 {
            #expect(!(first...last).contains(try await HandlerProcess.freePort()))
        }
    }
}
