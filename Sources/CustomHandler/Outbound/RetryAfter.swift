import FoundationEssentials
import FunctionsModel

/// Reads the header `Retry-After` (RFC 9110 §10.2.3).
enum RetryAfter {
    /// The seconds from `now` that the server asks to wait; nil if the value is neither a number nor a date.
    ///
    /// - Parameter now: seconds since 1970.
    static func seconds(_ value: String, now: Double = Date().timeIntervalSince1970) -> Double? {
        guard !value.isEmpty, value.utf8.count <= 40 else { return nil }
        if value.utf8.allSatisfy({ 0x30...0x39 ~= $0 }) { return Double(value) }
        return time(value).map { max(0, $0 - now) }
    }

    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// The seconds since 1970 of a date such as `Sun, 06 Nov 1994 08:49:37 GMT`, the only form that servers may send.
    private static func time(_ text: String) -> Double? {
        let words = text.split(separator: " ")
        guard words.count == 6, words[0].hasSuffix(","), words[5] == "GMT", words[3].utf8.count == 4,
            let day = Int(words[1]), let month = months.firstIndex(of: String(words[2])), let year = Int(words[3])
        else { return nil }
        let clock = words[4].split(separator: ":", omittingEmptySubsequences: false).map { Int($0) }
        guard clock.count == 3, let hour = clock[0], let minute = clock[1], let second = clock[2],
            1...31 ~= day, 0...23 ~= hour, 0...59 ~= minute, 0...60 ~= second, year >= 0
        else { return nil }
        let days = CivilDate(year: year, month: month + 1, day: day).dayNumber
        return Double(days * 86_400 + hour * 3600 + minute * 60 + second)
    }
}
