import TestSupport
import Testing

@testable import DevHost

/// The recorded forwarded requests (Tests/Golden/host/e2).
@Suite struct ForwardedRowTests {
    @Test func `a forwarded request and its response are those of the real host`() async throws {
        let host = try await RecordedHost(app: "recf")
        var tally = GoldenTally("host/e2")
        for row in try HostRow.all("e2") {
            // Of these handlers' responses only the head is recorded.
            guard !["E2-resp-stream", "E2-resp-big"].contains(row.name), row.bytes("callerSent") != nil else {
                tally.skip(row.name)
                continue
            }
            let differences = try await host.differences(row)
            tally.count(row.name, difference: differences.isEmpty ? nil : differences.joined(separator: "\n"))
        }
        tally.report()
        try await host.stop()
    }
}
