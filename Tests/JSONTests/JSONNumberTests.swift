import TestSupport
import Testing

@testable import JSON

@Suite struct JSONNumberTests {
    @Test func `a number is the double nearest to its text`() {
        var numbers = Numbers(state: 5)
        for round in 0..<60_000 {
            let text = Self.number(&numbers, round % 6)
            guard let wanted = Double(text), wanted.isFinite else { continue }
            let bytes = Array(text.utf8) + [UInt8](repeating: 0, count: JSONOutline.padding)
            let found: JSONNumber? = bytes.withUnsafeBufferPointer { bytes in
                guard var cursor = bytes.baseAddress else { return nil }
                return JSONNumber.read(&cursor)
            }
            let value: Double? =
                switch found {
                case .double(let value): value
                case .integer(let value) where Int64(text) == value: wanted
                default: nil
                }
            if value?.bitPattern != wanted.bitPattern { Issue.record("\(text): \(String(describing: value))") }
        }
    }

    /// Random digits; a number half-way between two doubles, or next to one; or the shortest text of a random double.
    private static func number(_ numbers: inout Numbers, _ kind: Int) -> String {
        let sign = Bool.random(using: &numbers) ? "-" : ""
        let exponent = Int.random(in: -30...30, using: &numbers)
        switch kind {
        case 0:
            let digits = String(numbers.next() >> UInt64.random(in: 0..<64, using: &numbers))
            return "\(sign)\(digits).\(numbers.next() >> UInt64.random(in: 0..<64, using: &numbers))"
        case 1: return "\(sign)\(numbers.next() >> UInt64.random(in: 0..<64, using: &numbers))e\(exponent)"
        case 2:
            // 54 bits, the last of which is half of a double's last bit.
            let half = (1 << 53 | numbers.next() >> 11) << 1 | 1
            return "\(sign)\(half >> 1 + UInt64.random(in: 0...2, using: &numbers)).0e0"
        case 3:
            // The digits of a double down to half of its last bit, since a multiple of 1/2^n is a multiple of 5^n/10^n.
            let bits = Int.random(in: 1...4, using: &numbers)
            let odd = (1 << 53 | numbers.next() >> 11) | 1
            let five = [1, 5, 25, 125, 625][bits] as UInt64
            let (product, isLarge) = odd.multipliedReportingOverflow(by: five)
            return "\(sign)\(isLarge ? odd : product)e-\(bits)"
        case 4: return "\(sign)0.\(String(repeating: "0", count: abs(exponent)))\(numbers.next() >> 8)"
        default:
            let value = Double(bitPattern: numbers.next())
            return value.isFinite ? "\(value)" : "0.5"
        }
    }
}
