import Testing

@testable import DevHost

/// host-contract §4.1, §4.2
@Suite struct RestartPolicyTests {
    private let start = ContinuousClock.now

    /// Exit codes and the minutes at which the handler exits.
    @Test(
        arguments: [
            ([(0, 0)], [.leave]),
            ([(200, 0), (200, 0), (200, 0), (200, 0)], [.restart, .restart, .restart, .restart]),
            ([(1, 0), (nil, 1), (2, 2)], [.restart, .restart, .stop]),
            ([(1, 0), (200, 1), (1, 2), (200, 3), (1, 4)], [.restart, .restart, .restart, .restart, .stop]),
            ([(1, 0), (1, 29), (1, 58)], [.restart, .restart, .stop]),
            ([(1, 0), (1, 1), (1, 32), (1, 33), (1, 34)], [.restart, .restart, .restart, .restart, .stop]),
        ] as [([(Int32?, Int)], [RestartPolicy.Decision])])
    func `three crashes, each within half an hour of the one before, stop the host`(
        _ exits: [(Int32?, Int)], _ decisions: [RestartPolicy.Decision]
    ) {
        var policy = RestartPolicy()
        #expect(exits.map { policy.decide(exit: $0.0, wasReady: true, at: start + .seconds($0.1 * 60)) } == decisions)
    }

    @Test(arguments: [0, 1, nil] as [Int32?])
    func `a process that ends before it listens has crashed, whatever its exit code`(_ code: Int32?) {
        var policy = RestartPolicy()
        let decisions = (0..<3).map { _ in policy.decide(exit: code, wasReady: false, at: start) }
        #expect(decisions == [.restart, .restart, .stop])
    }
}
