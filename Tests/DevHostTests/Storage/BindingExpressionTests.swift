import Foundation
import FunctionsModel
import Testing

@testable import DevHost

struct BindingExpressionTests {
    /// 2026-03-01T10:20:30.1234567Z, a Sunday.
    private let now = Date(timeIntervalSince1970: 1_772_360_430.123_456_7)
    private let given = ["name": "cat", "ext": "png", "headers.x-id": "7", "order.customer.id": "c1"]

    private func resolve(_ text: String, given more: [String: String] = [:]) throws -> String {
        let given = given.merging(more) { $1 }
        return try BindingExpression(text, property: "path", binding: "copy")
            .resolve(at: now, names: Array(given.keys)) { given[$0.lowercased()].map { .text($0) } }
    }

    @Test(arguments: [
        ("out/plain.txt", "out/plain.txt"),
        ("", ""),
        ("out/{name}.{ext}", "out/cat.png"),
        ("out/{Name}.{EXT}", "out/cat.png"),
        ("out/{order.customer.id}/{headers.x-id}", "out/c1/7"),
        ("out/{{{name}}}", "out/{cat}"),
        ("{name}{name}", "catcat"),
        ("{name:yyyy}", "cat"),
        ("{DateTime}", "2026-03-01T10-20-30Z"),
        ("{datetime: }", "2026-03-01T10-20-30Z"),
        ("{sys.UtcNow}", "2026-03-01T10-20-30Z"),
        ("logs/{DateTime:yyyy}/{datetime:MM}/{DATETIME:dd}", "logs/2026/03/01"),
        ("{datetime:yyyy-MM-dd}", "2026-03-01"),
        ("{datetime:yyyyMMddTHHmmss}", "20260301T102030"),
        ("{datetime:yyyy-MM-ddTHH-mm-ssK}", "2026-03-01T10-20-30Z"),
        ("{datetime:yy-M-d}", "26-3-1"),
        ("{datetime:HH:mm:ss}", "10:20:30"),
        ("{datetime:H-m-s fff}", "10-20-30 123"),
        ("{datetime:ffffff}", "123456"),
        ("{datetime:hh tt}", "10 AM"),
        ("{datetime:ddd dddd MMM MMMM}", "Sun Sunday Mar March"),
        ("{datetime:%d}", "1"),
        ("{datetime:%y}", "26"),
        ("{datetime:'day' d}", "day 1"),
        ("{datetime:\\dd}", "d1"),
        ("{datetime:\"MM\"-MM}", "MM-03"),
        ("{datetime:YYYYMMdd}", "YYYY0301"),
        ("{sys.utcnow:yyyy.MM.dd}", "2026.03.01"),
    ])
    func `an expression is filled in`(text: String, result: String) throws {
        #expect(try resolve(text) == result)
    }

    @Test(arguments: [
        (0, "12 AM 12 00"), (1, "1 AM 01 01"), (12, "12 PM 12 12"), (23, "11 PM 11 23"),
    ])
    func `hours of a clock`(hour: Int, text: String) throws {
        let format = try DateTimeFormat("h tt hh HH")
        #expect(format.text(of: DotNetDateTime(Date(timeIntervalSince1970: Double(hour * 3600)), .utc)) == text)
    }

    @Test(arguments: [
        ("{rand-guid}", 36), ("{rand-guid:D}", 36), ("{rand-guid:N}", 32), ("{rand-guid:n}", 32), ("{rand-guid:B}", 38),
        ("{rand-guid:P}", 38), ("{sys.randguid}", 36), ("{sys.RandGuid:N}", 32), ("{Rand-Guid}", 36),
    ])
    func `a GUID is new each time`(text: String, length: Int) throws {
        let guid = try resolve(text)
        #expect(guid.count == length)
        #expect(guid == guid.lowercased())
        #expect(try resolve(text) != guid)
        let digits = guid.filter(\.isHexDigit)
        #expect(digits.count == 32)
    }

    @Test func `the trigger's property takes precedence over the host's date, unless there is a format`() throws {
        let given = ["datetime": "then", "sys.utcnow": "no"]
        #expect(try resolve("{DateTime} {datetime:yyyy} {sys.utcnow:yyyy}", given: given) == "then 2026 2026")
    }

    @Test(arguments: [
        (
            "out/{nam}",
            "uses {nam}, which the trigger does not give; it gives ext, headers.x-id, name, order.customer.id"
        ),
        (
            "out/{order.total}",
            "uses {order.total}, which the trigger does not give; it gives ext, headers.x-id, name, order.customer.id"
        ),
        (
            "{datetime:h}",
            "uses the date format 'h', which is the name of no format of .NET; for a part alone write %h"
        ),
        (
            "{datetime:'yy}",
            "uses the date format ''yy', which ends in the middle; close the quote, or end without \\ or %"
        ),
        (
            "{datetime:yyyy%}",
            "uses the date format 'yyyy%', which ends in the middle; close the quote, or end without \\ or %"
        ),
        ("{datetime:ffffffff}", "uses the date format 'ffffffff', in which a fraction has more than seven digits"),
        (
            "{datetime:yyyy.MM}",
            "uses {datetime:yyyy.MM}, of which the host reads only the part before the first dot; write "
                + "{sys.utcnow:yyyy.MM}"
        ),
        (
            "{rand-guid:X}",
            "uses the format 'X' for a GUID, with which each invocation fails in Azure; use N, D, B or P"
        ),
        ("{a-b}", "has 'a-b' in braces, which is not a name; use letters, digits and _, and dots before members"),
        ("{a..b}", "has 'a..b' in braces, which is not a name; use letters, digits and _, and dots before members"),
        ("out/{name", "has no } for the { at character 5; a brace itself is written {{"),
        ("out}", "has no { for the } at character 4; a brace itself is written }}"),
        ("{:x}", "has empty braces; put a name in them"),
    ])
    func `a bad expression is reported with its binding`(text: String, sentence: String) {
        let error = #expect(throws: BindingTemplateError.self) { try resolve(text) }
        #expect(error?.description == "the path '\(text)' of binding 'copy' \(sentence)")
    }
}
