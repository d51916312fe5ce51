import FunctionsModel

/// A time in UTC as a calendar and a clock show it, in the years 0000 to 9999.
struct CivilTime: Equatable {
    var date: CivilDate
    var hour: Int
    var minute: Int
    var second: Int
    /// The part of a second, from 0 to less than 1.
    var fraction = 0.0

    init(date: CivilDate, hour: Int, minute: Int, second: Int, fraction: Double = 0) {
        self.date = date
        self.hour = hour
        self.minute = minute
        self.second = second
        self.fraction = fraction
    }

    /// - Parameter seconds: since 1970. nil outside of the years 0000 to 9999, and for what is not a number.
    init?(_ seconds: Double) {
        let whole = seconds.rounded(.down)
        guard whole >= Self.first, whole <= Self.last else { return nil }
        self.init(seconds: Int(whole), fraction: seconds - whole)
    }

    init(seconds: Int, fraction: Double = 0) {
        let day = seconds.floored(by: 86_400)
        let second = seconds - day * 86_400
        self.init(
            date: CivilDate(dayNumber: day), hour: second / 3600, minute: second / 60 % 60, second: second % 60,
            fraction: fraction)
    }

    private static let first = -62_167_219_200.0
    private static let last = 253_402_300_799.0

    /// The whole seconds since 1970.
    var seconds: Int { date.dayNumber * 86_400 + hour * 3600 + minute * 60 + second }

    /// As ISO 8601 counts: 1 is Monday, 7 is Sunday.
    var weekday: Int { date.dayOfWeek == 0 ? 7 : date.dayOfWeek }

    /// The first of January is 1.
    var yearDay: Int { date.dayNumber - CivilDate(year: date.year, month: 1, day: 1).dayNumber + 1 }
}

/// Reads and writes RFC 3339 times.
enum RFC3339 {
    enum Mistake: Error {
        case format
        /// .NET's own form, which the host uses for the date-times of a JSON message in `metadata`.
        case monthFirst
        /// There is no such day or time.
        case range

        var kind: StaticString { if case .range = self { "range" } else { "format" } }
    }

    /// Writes UTC, with milliseconds if there is a fraction. nil outside of the years 0000 to 9999.
    static func format(_ seconds: Double) -> String? {
        let milliseconds = (seconds * 1000).rounded()
        let whole = (milliseconds / 1000).rounded(.down)
        guard let time = CivilTime(whole) else { return nil }
        func digits(_ number: Int, _ count: Int) -> String {
            let text = String(number)
            return String(repeating: "0", count: max(0, count - text.count)) + text
        }
        let rest = Int(milliseconds - whole * 1000)
        let date = [digits(time.date.year, 4), digits(time.date.month, 2), digits(time.date.day, 2)]
        let clock = [time.hour, time.minute, time.second].map { digits($0, 2) }
        return date.joined(separator: "-") + "T" + clock.joined(separator: ":")
            + (rest == 0 ? "Z" : "." + digits(rest, 3) + "Z")
    }

    /// Reads any offset and any number of decimals. Without an offset, the time is UTC, as the host means it.
    static func parse(_ text: [UInt8]) throws(Mistake) -> CivilTime {
        var reader = Reader(rest: text[...])
        let year = try reader.number(digits: 4)
        try reader.skip("-")
        let month = try reader.number(digits: 2)
        try reader.skip("-")
        let day = try reader.number(digits: 2)
        // RFC 3339 allows lower case, and a space for readability.
        try reader.skip("T", "t", " ")
        let hour = try reader.number(digits: 2)
        try reader.skip(":")
        let minute = try reader.number(digits: 2)
        try reader.skip(":")
        let second = try reader.number(digits: 2)
        let fraction = try reader.fraction()
        let offset = try reader.offset()
        guard reader.rest.isEmpty else { throw .format }
        guard 1...12 ~= month, 1...CivilDate(year: year, month: month, day: 1).daysInMonth ~= day, hour < 24,
            minute < 60, second <= 60
        else { throw .range }
        // A leap second can only be the last one of a month. It counts as the second that follows, as in Unix time.
        let isLeap = second == 60
        let local = CivilTime(
            date: CivilDate(year: year, month: month, day: day), hour: hour, minute: minute,
            second: isLeap ? 59 : second)
        guard let time = CivilTime(Double(local.seconds - offset)) else { throw .range }
        guard isLeap else {
            return CivilTime(
                date: time.date, hour: time.hour, minute: time.minute, second: time.second, fraction: fraction)
        }
        guard time.hour == 23, time.minute == 59, time.date.day == time.date.daysInMonth,
            var next = CivilTime(Double(time.seconds + 1))
        else { throw .range }
        next.fraction = fraction
        return next
    }

    private struct Reader {
        var rest: ArraySlice<UInt8>

        mutating func skip(_ characters: Unicode.Scalar...) throws(Mistake) {
            guard let byte = rest.first, characters.contains(Unicode.Scalar(byte)) else { throw .format }
            rest.removeFirst()
        }

        mutating func number(digits: Int) throws(Mistake) -> Int {
            let text = rest.prefix(digits)
            guard text.count == digits, text.allSatisfy({ (0x30...0x39).contains($0) }) else {
                let isSlash = text.count > 2 && text[text.startIndex + 2] == UInt8(ascii: "/")
                throw isSlash ? .monthFirst : .format
            }
            rest = rest.dropFirst(digits)
            return text.reduce(0) { $0 * 10 + Int($1) - 0x30 }
        }

        mutating func fraction() throws(Mistake) -> Double {
            guard rest.first == UInt8(ascii: ".") else { return 0 }
            let digits = rest.dropFirst().prefix { (0x30...0x39).contains($0) }
            guard !digits.isEmpty, let value = Double("0." + String(decoding: digits, as: UTF8.self)) else {
                throw .format
            }
            rest = rest[digits.endIndex...]
            // More digits than a double has may be rounded up to the next second.
            return min(value, 1 - .ulpOfOne)
        }

        /// The seconds by which a local time is ahead of UTC.
        mutating func offset() throws(Mistake) -> Int {
            guard let sign = rest.popFirst() else { return 0 }
            if sign == UInt8(ascii: "Z") || sign == UInt8(ascii: "z") { return 0 }
            guard sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") else { throw .format }
            let hours = try number(digits: 2)
            var minutes = 0
            if !rest.isEmpty {
                if rest.first == UInt8(ascii: ":") { rest.removeFirst() }
                minutes = try number(digits: 2)
            }
            guard hours < 24, minutes < 60 else { throw .range }
            return (sign == UInt8(ascii: "-") ? -1 : 1) * (hours * 3600 + minutes * 60)
        }
    }
}

extension RFC3339.Mistake: CustomStringConvertible {
    var description: String {
        switch self {
        case .format: "not an RFC 3339 time such as 2026-03-01T10:20:30Z"
        case .monthFirst:
            "a date with the month first, as the host writes the dates of a JSON message into metadata; read it from "
                + "the message instead"
        case .range: "there is no such day or time"
        }
    }
}
