/// Reads the dates and times of .NET's `DateTime.TryParse` in the invariant culture that people write
/// (golden/dotnet/routes, `c/{v:datetime}`).
///
/// A date is `2026-03-01`, `2026-03`, `03/01/2026` (the month first; a year of two digits too), `1 Mar 2026`, `March 1,
/// 2026`, `Mar 2026`, `1 Mar` or `Mar 1`, with `-`, `/` or `.` between numbers and an optional weekday in front, which
/// must be the date's. A time is `10:20`, `10:20:30`, `10:20:30.123`, optionally with `AM` or `PM`, or `10 PM`,
/// optionally with `Z`, `GMT` or an offset such as `+01:00`, which makes it a local time. Either may stand alone or come
/// first; a space, or a `T` after the date, separates them. .NET accepts still other spacing.
struct DateTimeParser {
    /// The text in lower case.
    private let bytes: [UInt8]
    private var index = 0
    private var day: CivilDate
    /// The written day of the week; 0 is Sunday.
    private var weekday: Int?
    private var ticksOfDay = 0
    private var minutesEast: Int?

    static func parse(_ text: Span<UInt8>, today: CivilDate) -> DotNetDateTime? {
        var parser = DateTimeParser(text, today)
        if parser.readTime() {
            if parser.isAtEnd { return parser.value }
            if parser.skipSpaces(), parser.readDate(), parser.isAtEnd { return parser.value }
        }
        parser = DateTimeParser(text, today)
        guard parser.readDate() else { return nil }
        if parser.isAtEnd { return parser.value }
        guard parser.skip("t") || parser.skipSpaces(), parser.readTime(), parser.isAtEnd else { return nil }
        return parser.value
    }

    private init(_ text: Span<UInt8>, _ today: CivilDate) {
        var bytes: [UInt8] = []
        for index in RouteNumber.trimmed(text) { bytes.append(OrdinalCase.lowered(text[index])) }
        self.bytes = bytes
        day = today
    }

    private var value: DotNetDateTime? {
        if let weekday, weekday != day.dayOfWeek { return nil }
        guard let minutesEast else { return DotNetDateTime(day, ticksOfDay: ticksOfDay, .unspecified) }
        let ticks = ticksOfDay - minutesEast * 60 * DotNetDateTime.ticksPerSecond
        return DotNetDateTime(day, ticksOfDay: ticks, .local(secondsEast: 0))
    }

    private var isAtEnd: Bool { index == bytes.count }

    // MARK: Dates

    private mutating func readDate() -> Bool {
        if let name = readName(CivilDate.weekdayNames) {
            weekday = name
            _ = skip(",")
            guard skipSpaces() else { return false }
        }
        return next.map(Self.isDigit) == true ? readDateOfNumbers() : readDateFromMonth()
    }

    private mutating func readDateOfNumbers() -> Bool {
        guard let first = readNumber() else { return false }
        let afterFirst = index
        if skipSpaces() || skip("-"), let month = readName(CivilDate.monthNames) {
            let afterMonth = index
            guard skipSpaces() || skip("-"), let year = readNumber(), next != UInt8(ascii: ":") else {
                index = afterMonth
                return setDay(first, month + 1)
            }
            return setDay(first, month + 1, year)
        }
        index = afterFirst
        guard skipSeparator(), let second = readNumber() else { return false }
        let afterSecond = index
        guard skipSeparator(), let third = readNumber() else {
            // There are two numbers: a year and a month, or a month and a day.
            index = afterSecond
            return first.digits == 4 ? setDay((1, 1), second.value, first) : setDay(second, first.value)
        }
        return first.digits == 4 ? setDay(third, second.value, first) : setDay(second, first.value, third)
    }

    private mutating func readDateFromMonth() -> Bool {
        guard let month = readName(CivilDate.monthNames), skipSpaces() || skip("-"), let number = readNumber() else {
            return false
        }
        if number.digits == 4 { return setDay((1, 1), month + 1, number) }
        let afterDay = index
        let hasComma = skip(",")
        guard skipSpaces() || hasComma || skip("-"), let year = readNumber(), next != UInt8(ascii: ":") else {
            index = afterDay
            return setDay(number, month + 1)
        }
        return setDay(number, month + 1, year)
    }

    /// Sets the date. Returns false if there is no such day. Years of two digits are 1950 to 2049.
    private mutating func setDay(_ number: Number, _ month: Int, _ year: Number? = nil) -> Bool {
        guard number.digits <= 2, 1...12 ~= month else { return false }
        var full = day.year
        if let year {
            guard year.digits == 4 && year.value > 0 || year.digits <= 2 else { return false }
            full = year.digits == 4 ? year.value : year.value + (year.value < 50 ? 2000 : 1900)
        }
        day = CivilDate(year: full, month: month, day: number.value)
        return 1...day.daysInMonth ~= number.value
    }

    // MARK: Times

    private mutating func readTime() -> Bool {
        guard var hour = readNumber(), hour.digits <= 2, hour.value < 24 else { return false }
        var seconds = 0
        var fraction = 0
        var hasMinutes = false
        if skip(":") {
            guard let minutes = readSixtieth() else { return false }
            hasMinutes = true
            seconds = minutes * 60
            if skip(":") {
                guard let second = readSixtieth() else { return false }
                seconds += second
                if skip(".") {
                    guard let ticks = readFraction() else { return false }
                    fraction = ticks
                }
            }
        }
        let afterNumbers = index
        _ = skipSpaces()
        let isMorning = skip("am")
        if isMorning || skip("pm") {
            guard hour.value <= 12 else { return false }
            hour.value = hour.value % 12 + (isMorning ? 0 : 12)
        } else {
            index = afterNumbers
            guard hasMinutes else { return false }
        }
        ticksOfDay = (hour.value * 3600 + seconds) * DotNetDateTime.ticksPerSecond + fraction
        return readZone()
    }

    /// Reads a fraction of a second as ticks, rounded.
    private mutating func readFraction() -> Int? {
        let digits = bytes[index...].prefix { Self.isDigit($0) }
        guard 1...16 ~= digits.count, let value = Double("0." + String(decoding: digits, as: UTF8.self)) else {
            return nil
        }
        index = digits.endIndex
        return Int((value * Double(DotNetDateTime.ticksPerSecond)).rounded())
    }

    private mutating func readZone() -> Bool {
        let start = index
        _ = skipSpaces()
        if skip("z") || skip("gmt") {
            minutesEast = 0
            return true
        }
        let isWest = next == UInt8(ascii: "-")
        guard skip("+") || skip("-") else {
            index = start
            return true
        }
        guard let hours = readNumber() else { return false }
        var minutes = hours.digits > 2 ? hours.value / 100 * 60 + hours.value % 100 : hours.value * 60
        if hours.digits > 2 {
            guard hours.digits == 4, hours.value % 100 < 60 else { return false }
        } else if skip(":") {
            guard let more = readSixtieth() else { return false }
            minutes += more
        }
        minutesEast = isWest ? -minutes : minutes
        return minutes <= 14 * 60
    }

    private mutating func readSixtieth() -> Int? {
        guard let number = readNumber(), number.digits <= 2, number.value < 60 else { return nil }
        return number.value
    }

    // MARK: Letters

    private typealias Number = (value: Int, digits: Int)

    private var next: UInt8? { index < bytes.count ? bytes[index] : nil }

    /// Reads a number of up to four digits.
    private mutating func readNumber() -> Number? {
        let digits = bytes[index...].prefix(4).prefix { Self.isDigit($0) }
        index += digits.count
        return digits.isEmpty ? nil : (digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }, digits.count)
    }

    /// Reads one of the names or its first three letters. Returns its index.
    private mutating func readName(_ names: [String]) -> Int? {
        let word = bytes[index...].prefix { $0 &- UInt8(ascii: "a") < 26 }
        let found = names.firstIndex { name in
            let letters = name.lowercased().utf8
            return word.elementsEqual(letters) || word.elementsEqual(letters.prefix(3))
        }
        if found != nil { index += word.count }
        return found
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
