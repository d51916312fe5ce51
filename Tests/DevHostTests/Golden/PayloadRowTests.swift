import TestSupport
import Testing

@testable import DevHost

/// The recorded http triggers (Tests/Golden/host/e1).
@Suite struct PayloadRowTests {
    @Test func `an http trigger's payload and response are those of the real host`() async throws {
        let host = try await RecordedHost(app: "rec")
        var tally = GoldenTally("host/e1")
        for row in try HostRow.all("e1") {
            let differences = try await host.differences(row)
            tally.count(row.name, difference: differences.isEmpty ? nil : differences.joined(separator: "\n"))
        }
        tally.report()
        try await host.stop()
    }
}
