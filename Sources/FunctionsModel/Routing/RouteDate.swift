/// Accepts the dates and times of .NET's `DateTime.TryParse` in the invariant culture that people write in paths.
///
/// A date is `2026-03-01`, `2026-03`, `03/01/2026` (the month first; a year of two digits too), `1 Mar 2026`, `March 1,
/// 2026`, `Mar 2026`, `1 Mar` or `Mar 1`, with `-`, `/` or `.` between numbers and an optional weekday in front. A time
/// is `10:20`, `10:20:30`, `10:20:30.123`, optionally with `AM` or `PM`, or `10 PM`, optionally with `Z`, `GMT` or an
/// offset such as `+01:00`. Either may stand alone; a space or a `T` separates them. .NET accepts more (the time before
/// the date, other spacing), and it refuses a weekday that is not the date's, which this code does not.
struct RouteDate {
    private let bytes: [UInt8]
    private var index = 0

    static func accepts(_ text: Span<UInt8>) -> Bool {
        let text = text.extracting(RouteNumber.trimmed(text))
        var date = RouteDate(text)
        guard !text.isEmpty else { return false }
        if date.readTime(), date.isAtEnd { return true }
        date.index = 0
        guard date.readDate() else { return false }
        if date.isAtEnd { return true }
        guard date.skip("t") || date.skipSpaces(), date.readTime() else { return false }
        return date.isAtEnd
    }

    private init(_ text: Span<UInt8>) {
        bytes = text.withUnsafeBufferPointer { $0.map { OrdinalCase.lowered($0) } }
    }

    private var isAtEnd: Bool { index == bytes.count }

    // MARK: Dates

    private mutating func readDate() -> Bool {
        if readName(Self.weekdays) != nil {
            _ = skip(",")
            guard skipSpaces() else { return false }
        }
        return next.map(Self.isDigit) == true ? readDateOfNumbers() : readDateFromMonth()
    }

    private mutating func readDateOfNumbers() -> Bool {
        guard let first = readNumber() else { return false }
        let afterFirst = index
        if skipSpaces() || skip("-"), let month = readName(Self.months) {
            let afterMonth = index
            guard skipSpaces() || skip("-"), let year = readNumber(), next != UInt8(ascii: ":") else {
                index = afterMonth
                return Self.isDay(first, of: month)
            }
            return Self.isDay(first, of: month, year)
        }
        index = afterFirst
        guard skipSeparator(), let second = readNumber() else { return false }
        let afterSecond = index
        guard skipSeparator(), let third = readNumber() else {
            // A year and a month, or a month and a day.
            index = afterSecond
            return first.digits == 4 ? (1...12).contains(second.value) : Self.isDay(second, of: first.value)
        }
        if first.digits == 4 { return Self.isDay(third, of: second.value, first) }
        return Self.isDay(second, of: first.value, third)
    }

    private mutating func readDateFromMonth() -> Bool {
        guard let month = readName(Self.months), skipSpaces() || skip("-"), let number = readNumber() else {
            return false
        }
        if number.digits == 4 { return number.value > 0 }
        let afterDay = index
        let hasComma = skip(",")
        guard skipSpaces() || hasComma || skip("-"), let year = readNumber(), next != UInt8(ascii: ":") else {
            index = afterDay
            return Self.isDay(number, of: month)
        }
        return Self.isDay(number, of: month, year)
    }

    /// Without a year, 29 February is a day.
    private static func isDay(_ day: Number, of month: Int, _ year: Number? = nil) -> Bool {
        guard day.digits <= 2, (1...12).contains(month) else { return false }
        var full = 2000
        if let year {
            guard year.digits == 4 && year.value > 0 || year.digits <= 2 else { return false }
            full = year.digits == 4 ? year.value : year.value + (year.value < 50 ? 2000 : 1900)
        }
        return (1...Gregorian.days(in: month, of: full)).contains(day.value)
    }

    // MARK: Times

    private mutating func readTime() -> Bool {
        guard let hour = readNumber(), hour.digits <= 2, hour.value < 24 else { return false }
        var hasMinutes = false
        if skip(":") {
            guard readSixtieth() else { return false }
            hasMinutes = true
            if skip(":") {
                guard readSixtieth() else { return false }
                if skip("."), readNumber(most: 16) == nil { return false }
            }
        }
        let afterNumbers = index
        _ = skipSpaces()
        if skip("am") || skip("pm") {
            guard hour.value <= 12 else { return false }
        } else {
            index = afterNumbers
            guard hasMinutes else { return false }
        }
        return readZone()
    }

    private mutating func readZone() -> Bool {
        let start = index
        _ = skipSpaces()
        if skip("z") || skip("gmt") { return true }
        guard skip("+") || skip("-") else {
            index = start
            return true
        }
        guard let hours = readNumber() else { return false }
        if hours.digits > 2 { return hours.digits == 4 && hours.value <= 1400 && hours.value % 100 < 60 }
        return hours.value <= 14 && (!skip(":") || readSixtieth())
    }

    private mutating func readSixtieth() -> Bool {
        guard let number = readNumber() else { return false }
        return number.digits <= 2 && number.value < 60
    }

    // MARK: Letters

    private typealias Number = (value: Int, digits: Int)

    private static let months = [
        "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
        "december",
    ]
    private static let weekdays = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"]

    private var next: UInt8? { index < bytes.count ? bytes[index] : nil }

    private mutating func readNumber(most: Int = 4) -> Number? {
        let start = index
        var value = 0
        while let byte = next, Self.isDigit(byte), index - start < most {
            value = value * 10 + Int(byte - UInt8(ascii: "0"))
            index += 1
        }
        return index > start ? (value, index - start) : nil
    }

    /// Reads a name or its first three letters; returns its number from 1.
    private mutating func readName(_ names: [String]) -> Int? {
        let word = bytes[index...].prefix { $0 &- UInt8(ascii: "a") < 26 }
        guard
            let found = names.firstIndex(where: {
                word.elementsEqual($0.utf8) || word.elementsEqual($0.utf8.prefix(3))
            })
        else { return nil }
        index += word.count
        return found + 1
    }

    private mutating func skip(_ word: String) -> Bool {
        guard bytes[index...].starts(with: word.utf8) else { return false }
        index += word.utf8.count
        return true
    }

    private mutating func skipSeparator() -> Bool { skip("-") || skip("/") || skip(".") }

    private mutating func skipSpaces() -> Bool {
        let start = index
        while skip(" ") {}
        return index > start
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }
}
