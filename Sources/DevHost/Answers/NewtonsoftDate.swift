/// A text that the host's JSON reader took for a date-time (host-contract §9.3 b), in the form of .NET's `DateTime`.
///
/// A date with an offset becomes local time; the host's machines and containers run in UTC.
struct NewtonsoftDate: Sendable {
    enum Kind { case unspecified, utc, local }

    /// The original text.
    let source: String
    /// In units of 100 ns, since the beginning of year 1.
    private let ticks: Int
    private let kind: Kind

    private static let ticksPerSecond = 10_000_000
    private static let ticksPerDay = 86_400 * ticksPerSecond
    private static let firstDay = CivilDate(year: 1, month: 1, day: 1).dayNumber
    private static let lastTick = (CivilDate(year: 10_000, month: 1, day: 1).dayNumber - firstDay) * ticksPerDay - 1

    /// nil if Newtonsoft does not take the text for a date.
    init?(_ text: String) {
        guard text.utf8.count <= 40 else { return nil }
        var scanner = Scanner(bytes: Array(text.utf8))
        guard let (ticks, kind) = scanner.microsoftDate() ?? scanner.isoDate() else { return nil }
        source = text
        self.ticks = min(max(ticks, 0), Self.lastTick)
        self.kind = kind
    }

    /// The result of `DateTime.ToString()` without a culture.
    var text: String {
        let (date, second, _) = parts
        return "\(date.month.padded(2))/\(date.day.padded(2))/\(date.year.padded(4)) \(clock(second))"
    }

    /// The JSON that Newtonsoft writes, without quotes.
    var iso: String {
        let (date, second, fraction) = parts
        var text = "\(date.year.padded(4))-\(date.month.padded(2))-\(date.day.padded(2))T\(clock(second))"
        if fraction > 0 {
            var digits = fraction.padded(7)[...]
            while digits.last == "0" { digits.removeLast() }
            text += "." + digits
        }
        return switch kind {
        case .unspecified: text
        case .utc: text + "Z"
        case .local: text + "+00:00"
        }
    }

    private var parts: (CivilDate, second: Int, fraction: Int) {
        let date = CivilDate(dayNumber: ticks / Self.ticksPerDay + Self.firstDay)
        let ofDay = ticks % Self.ticksPerDay
        return (date, ofDay / Self.ticksPerSecond, ofDay % Self.ticksPerSecond)
    }

    private func clock(_ second: Int) -> String {
        "\((second / 3600).padded(2)):\((second / 60 % 60).padded(2)):\((second % 60).padded(2))"
    }
}

extension NewtonsoftDate {
    /// Reads dates as Newtonsoft does, with its oddities: two digits may replace a zone.
    private struct Scanner {
        let bytes: [UInt8]
        var index = 0

        mutating func isoDate() -> (Int, Kind)? {
            guard bytes.count >= 19, let year = number(4), year > 0, skip("-"), let month = number(2),
                1...12 ~= month, skip("-"), let day = number(2), skip("T")
            else { return nil }
            let date = CivilDate(year: year, month: month, day: day)
            guard 1...date.daysInMonth ~= day, let time = time() else { return nil }
            let ticks = (date.dayNumber - NewtonsoftDate.firstDay) * NewtonsoftDate.ticksPerDay + time
            let (kind, minutes) = zone()
            guard index == bytes.count else { return nil }
            return (ticks - minutes * 60 * NewtonsoftDate.ticksPerSecond, kind)
        }

        private mutating func time() -> Int? {
            guard let hour = number(2), skip(":"), let minute = number(2), minute < 60, skip(":"),
                let second = number(2), second < 60
            else { return nil }
            var fraction = 0
            if skip(".") {
                var digits = 0
                while digits < 7, let digit = number(1) {
                    fraction = fraction * 10 + digit
                    digits += 1
                }
                guard digits > 0 else { return nil }
                for _ in digits..<7 { fraction *= 10 }
            }
            let ticks = (hour * 3600 + minute * 60 + second) * NewtonsoftDate.ticksPerSecond + fraction
            // 24:00:00 is the end of the day.
            return ticks <= NewtonsoftDate.ticksPerDay ? ticks : nil
        }

        /// The offset counts only for a local time.
        private mutating func zone() -> (Kind, minutes: Int) {
            if skip("Z") || skip("z") { return (.utc, 0) }
            let start = index
            let sign = skip("+") ? 1 : skip("-") ? -1 : 0
            let hours = sign == 0 ? nil : number(2)
            if hours == nil { index = start }
            _ = skip(":")
            let minutes = number(2) ?? 0
            guard let hours else { return (.unspecified, 0) }
            return (.local, sign * (hours * 60 + minutes))
        }

        /// `/Date(0)/`, in milliseconds since 1970; an offset only says that the time is local.
        mutating func microsoftDate() -> (Int, Kind)? {
            guard bytes.count >= 9, bytes.starts(with: "/Date(".utf8), bytes.suffix(2).elementsEqual(")/".utf8)
            else { return nil }
            let inner = String(decoding: bytes.dropFirst(6).dropLast(2), as: UTF8.self)
            let sign = inner.dropFirst().firstIndex { $0 == "+" || $0 == "-" }
            guard let milliseconds = Int(inner[..<(sign ?? inner.endIndex)]), milliseconds.magnitude < 1 << 48
            else { return nil }
            if let sign, Int(inner[inner.index(after: sign)...].prefix(2)) == nil { return nil }
            let ticks = milliseconds * 10_000 - NewtonsoftDate.firstDay * NewtonsoftDate.ticksPerDay
            return (ticks, sign == nil ? .utc : .local)
        }

        private mutating func number(_ digits: Int) -> Int? {
            guard index + digits <= bytes.count else { return nil }
            var value = 0
            for byte in bytes[index..<index + digits] {
                guard 0x30...0x39 ~= byte else { return nil }
                value = value * 10 + Int(byte - 0x30)
            }
            index += digits
            return value
        }

        private mutating func skip(_ character: Unicode.Scalar) -> Bool {
            guard index < bytes.count, bytes[index] == UInt8(ascii: character) else { return false }
            index += 1
            return true
        }
    }
}

extension Int {
    fileprivate func padded(_ width: Int) -> String {
        let digits = String(self)
        return String(repeating: "0", count: Swift.max(0, width - digits.count)) + digits
    }
}
