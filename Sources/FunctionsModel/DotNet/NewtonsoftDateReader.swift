/// Reads date-times as Newtonsoft's `DateTimeUtils.TryParseDateTime` does (golden/dotnet/dates).
///
/// It has Newtonsoft's oddities: two digits in place of a zone are accepted and ignored, and the offset in
/// `/Date(0+0200)/` only makes the time a local one.
struct NewtonsoftDateReader {
    private let bytes: [UInt8]
    private let hostZone: HostZone
    private var index = 0

    static func read(_ text: String, _ zone: HostZone) throws(DateTimeOutOfRange) -> DotNetDateTime? {
        let isMicrosoft = text.utf8.first == UInt8(ascii: "/")
        // The longest form of ISO 8601 that passes has 33 bytes. Most texts are no dates, and are not copied.
        guard text.utf8.count >= 9, isMicrosoft || text.utf8.count <= 40 else { return nil }
        var reader = NewtonsoftDateReader(bytes: Array(text.utf8), hostZone: zone)
        guard let found = isMicrosoft ? reader.microsoftDate() : reader.isoDate() else { return nil }
        guard let value = found.value else { throw DateTimeOutOfRange(text: text) }
        return value
    }

    private init(bytes: [UInt8], hostZone: HostZone) {
        self.bytes = bytes
        self.hostZone = hostZone
    }

    /// A text that has the form of a date-time; `value` is nil if .NET cannot hold it.
    private struct Found {
        let value: DotNetDateTime?
    }

    // MARK: ISO 8601

    private mutating func isoDate() -> Found? {
        guard let year = number(4), year > 0, skip("-"), let month = number(2), 1...12 ~= month, skip("-"),
            let day = number(2), skip("T")
        else { return nil }
        let date = CivilDate(year: year, month: month, day: day)
        guard 1...date.daysInMonth ~= day, let time = ticksOfDay() else { return nil }
        let (kind, minutes) = zone()
        guard index == bytes.count else { return nil }
        let wall = DotNetDateTime(date, ticksOfDay: time, kind)
        guard let wall, let minutes else { return Found(value: wall) }
        let ticks = wall.ticks - minutes * 60 * DotNetDateTime.ticksPerSecond
        return Found(value: DotNetDateTime(utcTicks: ticks, in: hostZone))
    }

    /// 24:00:00 is the end of the day.
    private mutating func ticksOfDay() -> Int? {
        guard let hour = number(2), skip(":"), let minute = number(2), minute < 60, skip(":"), let second = number(2),
            second < 60
        else { return nil }
        var fraction = 0
        if skip(".") {
            var digits = 0
            // The fraction ends after seven digits. Two more pass for a zone.
            while digits < 7, let digit = number(1) {
                fraction = fraction * 10 + digit
                digits += 1
            }
            guard digits > 0 else { return nil }
            for _ in digits..<7 { fraction *= 10 }
        }
        let ticks = (hour * 3600 + minute * 60 + second) * DotNetDateTime.ticksPerSecond + fraction
        return ticks <= DotNetDateTime.ticksPerDay ? ticks : nil
    }

    /// The minutes are those of an offset.
    private mutating func zone() -> (DotNetDateTime.Kind, minutes: Int?) {
        if skip("Z") || skip("z") { return (.utc, nil) }
        let start = index
        let sign = skip("+") ? 1 : skip("-") ? -1 : 0
        let hours = sign == 0 ? nil : number(2)
        if hours == nil { index = start }
        _ = skip(":")
        let minutes = number(2) ?? 0
        guard let hours else { return (.unspecified, nil) }
        return (.unspecified, sign * (hours * 60 + minutes))
    }

    // MARK: Microsoft's form

    /// The number is milliseconds since 1970. As in Newtonsoft, a large one overflows, and the result may be another date.
    private func microsoftDate() -> Found? {
        guard bytes.starts(with: "/Date(".utf8), bytes.suffix(2).elementsEqual(")/".utf8) else { return nil }
        // A sign at the very beginning belongs to the number.
        let tail = bytes[7..<bytes.count - 1]
        let sign = tail.firstIndex(of: UInt8(ascii: "+")) ?? tail.firstIndex(of: UInt8(ascii: "-"))
        guard let milliseconds = Self.integer(bytes[6..<(sign ?? bytes.count - 2)]) else { return nil }
        if let sign, Self.integer(bytes[(sign + 1)...].prefix(2)) == nil { return nil }
        let utc = DotNetDateTime(ticks: milliseconds &* 10_000 &+ DotNetDateTime.ticksOf1970, .utc)
        guard let utc, sign != nil else { return Found(value: utc) }
        return Found(value: DotNetDateTime(utcTicks: utc.ticks, in: hostZone))
    }

    private static func integer(_ text: ArraySlice<UInt8>) -> Int? {
        let digits = text.first == UInt8(ascii: "-") ? text.dropFirst() : text
        guard 1...19 ~= digits.count, digits.allSatisfy(isDigit) else { return nil }
        return Int(String(decoding: text, as: UTF8.self))
    }

    // MARK: Bytes

    private mutating func number(_ digits: Int) -> Int? {
        guard index + digits <= bytes.count, bytes[index..<index + digits].allSatisfy(Self.isDigit) else { return nil }
        defer { index += digits }
        return bytes[index..<index + digits].reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    }

    private mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard index < bytes.count, bytes[index] == UInt8(ascii: character) else { return false }
        index += 1
        return true
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }
}
