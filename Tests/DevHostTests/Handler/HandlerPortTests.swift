import EventLoop
import Foundation
import LoopTesting
import Testing

@testable import DevHost

@Suite struct HandlerPortTests {
    init() { MainLoopThread.start() }

    /// The first port that Linux assigns automatically; 32768 by default.
    private static let first =
        (try? String(contentsOfFile: "/proc/sys/net/ipv4/ip_local_port_range", encoding: .utf8))?
        .split(whereSeparator: \.isWhitespace).first.flatMap { Int($0) } ?? 0

    /// Otherwise another program could get the same port before the handler has bound it.
    @Test(.enabled(if: first == 32_768)) @MainLoop
    func `the handler's port lies outside Linux' range of automatic ports`() throws {
        for _ in 0..<20 { #expect(try HandlerProcess.freePort() < Self.first) }
    }
}
