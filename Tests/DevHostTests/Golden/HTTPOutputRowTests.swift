import Foundation
import JSON
import TestSupport
import Testing

@testable import DevHost

/// What a caller gets for the value of an http output (Tests/Golden/dotnet/httpout).
@Suite struct HTTPOutputRowTests {
    private static let dropped = "the real host drops the body (host/e4, E4-sc-204-body and E4-sc-304-body)"
    private static let upgrade = "the server does not switch protocols; it sends 500 and says what Azure sends"

    @Test(arguments: ["named", "return"])
    func `an http output becomes the response that .NET makes of it`(_ column: String) throws {
        let exceptions = [
            #"{"statusCode":204,"body":"x"}"#: Self.dropped, #"{"statusCode":205,"body":"x"}"#: Self.dropped,
            #"{"statusCode":304,"body":"x"}"#: Self.dropped,
        ]
        let more =
            column == "named"
            ? [#"{"statusCode":101}"#: Self.upgrade]
            : [
                #"{"status":304,"body":"x"}"#: Self.dropped,
                #"{"status":101,"body":"x"}"#: Self.upgrade,
            ]
        let output = column == "named" ? OutputBinding.response : .returned
        let member = column == "named" ? "Outputs\":{\"res" : "ReturnValue"
        try Golden.compare(
            "dotnet/httpout", exceptions: exceptions.merging(more) { first, _ in first },
            key: { $0["in"]?.string ?? "" },
            { row in
                let value = row["in"]?.string ?? ""
                let answer = "{\"\(member)\":\(value)}" + (column == "named" ? "}" : "")
                let delivery = decode(answer, output, isHTTP: true)
                // null is left out, because other code of the host answers it (host/e4, E4-ret-null).
                guard let recorded = row[column] else {
                    return delivery.http.map { $0.status == 204 ? nil : "\($0.status)" } ?? "no response"
                }
                return Self.difference(delivery, recorded)
            })
    }

    /// An empty 500 and a response that breaks off are the recorder's errors.
    private static func difference(_ delivery: Delivery, _ recorded: JSONTree) -> String? {
        let http = delivery.http
        let isError = delivery.failure != nil || delivery.unsendable != nil || http.map(\.breaksOff) == true
        if recorded["error"] != nil {
            return isError ? nil : "\(http.map { "\($0.status)" } ?? "nothing") instead of an error"
        }
        guard let http, !isError else { return delivery.failure ?? delivery.unsendable ?? "the response breaks off" }
        let members = recorded["headers"]?.members ?? []
        let headers = Dictionary(uniqueKeysWithValues: members.map { ($0.name.lowercased(), $0.tree.string ?? "") })
        let ours = Dictionary(uniqueKeysWithValues: http.headers.map { ($0.name.lowercased(), $0.value) })
            .filter { $0.key != "date" }
        let body = recorded["body"]?.string.map { Array($0.utf8) } ?? hexadecimal(recorded["bodyHex"]?.string ?? "")
        if .integer(Int64(http.status)) != recorded["status"]?.value { return "status \(http.status)" }
        if ours != headers { return "headers \(ours) instead of \(headers)" }
        return http.body == body ? nil : "body \(http.text.debugDescription)"
    }

    private static func hexadecimal(_ text: String) -> [UInt8] {
        let digits = Array(text)
        return stride(from: 0, to: digits.count - 1, by: 2).compactMap { UInt8(String(digits[$0...$0 + 1]), radix: 16) }
    }
}
