import Foundation
import FunctionsModel
import JSON

@testable import DevHost

/// The moment and the GUID of every payload in these tests.
enum Fixed {
    static let now = moment("2026-03-01T10:20:30Z", fraction: 0.1234567)
    static let guid = "6b0c9d4e-0f4b-4d4e-8a5c-2f0f6b1d7c11"

    static func sys(_ function: String) -> String {
        #""sys":{"MethodName":"\#(function)","UtcNow":"2026-03-01T10:20:30.1234567Z","RandGuid":"\#(guid)"}"#
    }

    static func moment(_ text: String, fraction: Double = 0) -> Date {
        let whole = ISO8601DateFormatter().date(from: text) ?? .distantPast
        return Date(timeIntervalSinceReferenceDate: whole.timeIntervalSinceReferenceDate + fraction)
    }
}

extension InvocationPayload {
    var text: String { String(decoding: bytes(now: Fixed.now, randGuid: Fixed.guid), as: UTF8.self) }

    /// The metadata without the braces and `sys`.
    var metadata: String {
        guard let start = text.firstRange(of: #""Metadata":{"#) else { return "" }
        let members = text[start.upperBound...].dropLast(2)
        return members.replacing(Fixed.sys(trigger.function), with: "").replacing(",,", with: ",")
            .trimmingCharacters(in: .init(charactersIn: ","))
    }

    /// The text of an expression; nil if it has none or is a time.
    func expression(_ path: String) -> String? {
        if case .text(let text) = fixedBindingData.value(at: path) { text } else { nil }
    }

    var fixedBindingData: BindingData { bindingData(now: Fixed.now, randGuid: Fixed.guid) }
}

func json(_ text: String) throws -> JSONTree { try JSONTree.parse(text.utf8Span.span.bytes) }
