import FunctionsModel
import JSON
import TestSupport
import Testing

@testable import DevHost

/// Dates and numbers in answers, on their way through the outputs (Tests/Golden/dotnet).
@Suite struct ValueRowTests {
    @Test func `a number arrives at each output as in Azure`() throws {
        try Golden.compare("dotnet/doubles", key: { $0["in"]?.string ?? "" }) { row in
            Self.difference(row, row["in"]?.string ?? "", .utc)
        }
    }

    @Test func `a date arrives at each output as in Azure, and one out of range fails the invocation`() throws {
        try Golden.compare("dotnet/dates", key: { $0["in"]?.string ?? "" }) { row in
            let json = NewtonsoftValue.string(row["in"]?.string ?? "").json()
            switch row["type"]?.string {
            case "Date": return Self.difference(row, json, .utc)
            case "Error":
                let failure = decode("{\"Outputs\":{\"o\":\(json)}}", .queue).failure
                return failure?.contains("is parsed as a date") == true ? nil : failure ?? "it succeeds"
            default: return nil
            }
        }
    }

    @Test func `a date with an offset arrives in the host's zone`() {
        let berlin = HostZone { _ in 3600 }
        let outputs = [OutputBinding.queue, .response]
        let body = #"{"Outputs":{"o":"2026-03-01T10:00:00Z","res":{"body":"2026-03-01T10:00:00+00:00"}}}"#
        let delivery = AnswerDecoder(outputs: outputs, isHTTP: true, zone: berlin)
            .decode(Answer(status: 200, contentType: "application/json", body: Array(body.utf8)))
        #expect(delivery.texts == ["03/01/2026 10:00:00"])
        #expect(delivery.http?.text == "03/01/2026 11:00:00")
    }

    /// What our outputs make of a value otherwise than the row says.
    private static func difference(_ row: JSONTree, _ json: String, _ zone: HostZone) -> String? {
        let response = decode(
            "{\"Outputs\":{\"res\":{\"headers\":{\"x\":\(json)},\"body\":\(json)}}}", .response, isHTTP: true)
        let answer = decode("{\"Outputs\":{\"res\":{\"statusCode\":\(json)}}}", .response, isHTTP: true)
        let blob = decode("{\"Outputs\":{\"o\":\(json)}}", .blob)
        var data: BindingData = [:]
        data.setMembers(of: "{\"m\":\(json)}", zone)
        let metadata: String? = if case .text(let text) = data.value(at: "m") { text } else { nil }
        var found: [String: String?] = [
            "text": decode("{\"Outputs\":{\"o\":\(json)}}", .queue).texts?.first,
            "element": decode("{\"Outputs\":{\"o\":[\(json)]}}", .queue).texts?.first,
            "httpBody": response.http?.text,
            // The row has no bytes where the host fails and leaves an empty blob (host/e4, E4-bout-date).
            "blob": blob.failure == nil ? blob.bytes.map { $0.map { $0.padded(2, radix: 16) }.joined() } : nil,
            "metadata": metadata,
            "log": decode("{\"Logs\":[\(json)]}").logs.first,
        ]
        if row["httpHeader"] != nil { found["httpHeader"] = response.http?.value(of: "x") }
        let differences = found.filter { row[$0.key]?.string != $0.value }
        // A number that is no status of HTTP fails later.
        let status = row["status"]?.integer ?? 200
        if row["status"] != nil, 200...599 ~= status, answer.http?.status != Int(status) {
            return "status: \(answer.http?.status ?? 0)"
        }
        return differences.isEmpty ? nil : "\(differences)"
    }
}
