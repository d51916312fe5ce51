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
    /// The first part with a step below 1, such as `*/0`.
    let partWithoutStep: String?

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
        partWithoutStep = parts.lazy.flatMap { $0.split(separator: ",") }.first { CronField.step(of: $0) ?? 1 < 1 }
            .map { String($0) }
    }

    /// Whether only the seconds are restricted, and to more than one per minute.
    var isSubMinute: Bool {
        seconds.nonzeroBitCount > 1 && minutes == CronField.minute.allValues && hours == CronField.hour.allValues
            && days == CronField.day.allValues && months == CronField.month.allValues
            && daysOfWeek == CronField.dayOfWeek.allValues
    }

    /// Whether no day matches, as with 30 February.
    var isNever: Bool { firstDay(from: 0) == nil }

    var isEverySecond: Bool { seconds == CronField.second.allValues }

    /// Whether Azure treats the schedule as an interval, such as every five minutes, and not as points in time: its
    /// seconds, minutes or hours contain two adjacent values. So `*/2` in the hours is no interval, but `9-17` is one.
    var isInterval: Bool { [seconds, minutes, hours].contains { $0 & $0 << 1 != 0 } }

    /// The first match after a wall time, both in seconds as if in UTC; nil if there is none, as with 31 February.
    func next(after wall: Int) -> Int? {
        let today = wall.floored(by: 86_400)
        if firstDay(from: today) == today, let time = time(after: wall - today * 86_400) {
            return today * 86_400 + time
        }
        guard let day = firstDay(from: today + 1), let minute = firstMinute(from: 0) else { return nil }
        return day * 86_400 + minute * 60 + seconds.trailingZeroBitCount
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

    /// A matching time of the same day, in seconds since midnight. As in NCrontab, also one in a later minute has the
    /// second that follows the second of `time`, so the first match can be missed: `*/30 0 2 * * *` finds 02:00:30 after
    /// 00:00:00.
    private func time(after time: Int) -> Int? {
        let second = seconds.first(from: time % 60 + 1)
        guard let minute = firstMinute(from: time / 60 + (second == nil ? 1 : 0)) else { return nil }
        return minute * 60 + (second ?? seconds.trailingZeroBitCount)
    }

    /// The first matching minute of a day, counted from midnight, not before `minute`.
    private func firstMinute(from minute: Int) -> Int? {
        let hour = minute / 60
        if hours.holds(hour), let first = minutes.first(from: minute % 60) { return hour * 60 + first }
        return hours.first(from: hour + 1).map { $0 * 60 + minutes.trailingZeroBitCount }
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
