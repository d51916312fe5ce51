/// One of the six fields of a cron expression, read as NCrontab reads it.
enum CronField: String, CaseIterable, Sendable {
    case second, minute, hour, day, month
    case dayOfWeek = "day-of-week"

    var range: ClosedRange<Int> {
        switch self {
        case .second, .minute: 0...59
        case .hour: 0...23
        case .day: 1...31
        case .month: 1...12
        case .dayOfWeek: 0...6
        }
    }

    /// `*`, as bits.
    var allValues: UInt64 { range.reduce(0) { $0 | 1 << UInt64($1) } }

    /// The names of values. Any prefix of a name is accepted; the first match wins, so `M` is March.
    private var names: [String] {
        switch self {
        case .second, .minute, .hour, .day: []
        case .month:
            [
                "january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
                "november", "december",
            ]
        case .dayOfWeek: ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"]
        }
    }

    /// The values as bits: bit 5 stands for 5.
    func values(_ text: Substring) throws(TimerScheduleError) -> UInt64 {
        var values: UInt64 = 0
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let hasStep = part.contains("/")
            guard !hasStep || Self.step(of: part) != nil else { throw .step(self, String(part)) }
            let bounds = try self.bounds(part.prefix { $0 != "/" }, hasStep: hasStep, in: text)
            // A step longer than the field also leads out of it, and cannot overflow.
            let step = min(max(Self.step(of: part) ?? 1, 1), 60)
            for value in stride(from: bounds.lowerBound, through: bounds.upperBound, by: step) {
                values |= 1 << UInt64(value)
            }
        }
        return values
    }

    /// The values for the steps: a single value with a step extends to the end, and a range may have either direction.
    private func bounds(
        _ text: Substring, hasStep: Bool, in field: Substring
    ) throws(TimerScheduleError) -> ClosedRange<Int> {
        if text == "*" { return range }
        let ends = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        let first = try value(ends[0], in: field)
        guard ends.count == 2 else { return first...(hasStep ? range.upperBound : first) }
        let last = try value(ends[1], in: field)
        return min(first, last)...max(first, last)
    }

    private func value(_ text: Substring, in field: Substring) throws(TimerScheduleError) -> Int {
        guard let initial = text.first else { throw .missingValue(self, String(field)) }
        if initial.isASCII, initial.isNumber {
            if let number = Int(text), range.contains(number) { return number }
        } else {
            let beginning = text.lowercased()
            if let index = names.firstIndex(where: { $0.hasPrefix(beginning) }) { return range.lowerBound + index }
        }
        throw .value(self, String(text))
    }

    /// The number after `/`, which NCrontab reads as 32 bits; one below 1 counts as 1. nil if there is none.
    static func step(of part: Substring) -> Int? {
        let step = part.drop { $0 != "/" }.dropFirst()
        return Int32(step).map { Int($0) }
    }
}
