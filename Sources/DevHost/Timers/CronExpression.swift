import FunctionsModel

/// An NCRONTAB expression: `{second} {minute} {hour} {day} {month} {day-of-week}`, or the same without the second.
///
/// Day and day-of-week must both match, as in NCrontab; in Unix cron one of them is enough.
struct CronExpression: Sendable, Equatable {
    // The values of each field as bits: bit 5 stands for 5. At least one is set.
    private let seconds: UInt64
    private let minutes: UInt64
    private let hours: UInt64
    private let days: UInt64
    private let months: UInt64
    private let daysOfWeek: UInt64

    init(_ text: String) throws(TimerScheduleError) {
        var parts = text.split(separator: " ")
        if parts.count == 5 { parts.insert("0", at: 0) }
        guard parts.count == 6 else { throw .fieldCount(parts.count, in: text) }
        seconds = try CronField.second.values(parts[0])
        minutes = try CronField.minute.values(parts[1])
        hours = try CronField.hour.values(parts[2])
        days = try CronField.day.values(parts[3])
        months = try CronField.month.values(parts[4])
        daysOfWeek = try CronField.dayOfWeek.values(parts[5])
    }

    /// Whether only the seconds are restricted, and to more than one per minute.
    var isSubMinute: Bool {
        seconds.nonzeroBitCount > 1 && minutes == CronField.minute.allValues && hours == CronField.hour.allValues
            && days == CronField.day.allValues && months == CronField.month.allValues
            && daysOfWeek == CronField.dayOfWeek.allValues
    }

    /// Whether Azure treats the schedule as an interval, such as every five minutes, and not as points in time: its
    /// seconds, minutes or hours contain two adjacent values. So `*/2` in the hours is no interval, but `9-17` is one.
    var isInterval: Bool { [seconds, minutes, hours].contains { $0 & $0 << 1 != 0 } }

    /// The first match after a wall time, both in seconds as if in UTC; nil if there is none, as with 31 February.
    func next(after wall: Int) -> Int? {
        let start = wall + 1
        let today = start.floored(by: 86_400)
        if firstDay(from: today) == today, let time = firstTime(from: start - today * 86_400) {
            return today * 86_400 + time
        }
        guard let day = firstDay(from: today + 1), let time = firstTime(from: 0) else { return nil }
        return day * 86_400 + time
    }

    private func firstDay(from dayNumber: Int) -> Int? {
        var date = CivilDate(dayNumber: dayNumber)
        // The calendar repeats, weekdays included, every 400 years.
        let lastYear = date.year + 400
        while date.year <= lastYear {
            if months.holds(date.month) {
                while let day = days.first(from: date.day), day <= date.daysInMonth {
                    date.day = day
                    if daysOfWeek.holds(date.dayOfWeek) { return date.dayNumber }
                    date.day += 1
                }
            }
            date.day = 1
            date.month = date.month % 12 + 1
            if date.month == 1 { date.year += 1 }
        }
        return nil
    }

    /// The first matching time of a day, in seconds since midnight, not before `second`.
    private func firstTime(from second: Int) -> Int? {
        let (hour, minute) = (second / 3600, second / 60 % 60)
        if hours.holds(hour) {
            if minutes.holds(minute), let second = seconds.first(from: second % 60) {
                return hour * 3600 + minute * 60 + second
            }
            if let minute = minutes.first(from: minute + 1) {
                return hour * 3600 + minute * 60 + seconds.trailingZeroBitCount
            }
        }
        guard let hour = hours.first(from: hour + 1) else { return nil }
        return hour * 3600 + minutes.trailingZeroBitCount * 60 + seconds.trailingZeroBitCount
    }
}

extension UInt64 {
    fileprivate func holds(_ bit: Int) -> Bool { self >> UInt64(bit) & 1 == 1 }

    /// The lowest set bit not below `bit`.
    fileprivate func first(from bit: Int) -> Int? {
        let rest = self >> UInt64(bit)
        return rest == 0 ? nil : bit + rest.trailingZeroBitCount
    }
}
