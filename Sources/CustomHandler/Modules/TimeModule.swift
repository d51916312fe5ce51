import EventLoop
import FunctionsModel
import Lua

/// All times are seconds since 1970-01-01T00:00:00Z, and all dates are in UTC.
extension Modules {
    /// The module `time`: now, monotonic, format and parse (RFC 3339), date and from (the parts of a date), add.
    static func openTime(onto stack: LuaStack, _ scope: FunctionVM.Scope) throws(LuaError) {
        let start = scope.clock.now
        pushTable(
            [
                (
                    "now",
                    { stack throws(LuaError) in
                        stack.push(scope.clock.time)
                        return 1
                    }
                ),
                (
                    "monotonic",
                    { stack throws(LuaError) in
                        stack.push((scope.clock.now - start) / .seconds(1))
                        return 1
                    }
                ),
                (
                    "format",
                    { stack throws(LuaError) in
                        guard let text = RFC3339.format(try secondsOrNow(on: stack, scope.clock)) else {
                            throw outOfRange
                        }
                        stack.push(text)
                        return 1
                    }
                ),
                ("parse", { stack throws(LuaError) in try parse(on: stack) }),
                ("date", { stack throws(LuaError) in try pushParts(on: stack, scope.clock) }),
                ("from", { stack throws(LuaError) in try pushTime(fromPartsOn: stack) }),
                ("add", { stack throws(LuaError) in try add(on: stack) }),
            ], onto: stack)
    }

    private static let outOfRange = LuaError.argument(1, expected: "seconds between the years 0000 and 9999 expected")

    private static func secondsOrNow(on stack: LuaStack, _ clock: WorkerClock) throws(LuaError) -> Double {
        stack.isNil(at: 1) ? clock.time : try stack.argumentNumber(1)
    }

    private static func parse(on stack: LuaStack) throws(LuaError) -> Int {
        // A longer text cannot be a valid time.
        let isShort = stack.withBytes(at: 1) { $0.byteCount <= 100 }
        let text = isShort == false ? [] : try stack.argumentBytes(1)
        do throws(RFC3339.Mistake) {
            push(try RFC3339.parse(text), onto: stack)
            return 1
        } catch {
            stack.pushNil()
            stack.push(error.description)
            stack.push(error.kind)
            return 3
        }
    }

    /// Pushes a time as an integer if it has no fraction. [+1]
    private static func push(_ time: CivilTime, onto stack: LuaStack) {
        if time.fraction == 0 {
            stack.push(Int64(time.seconds))
        } else {
            stack.push(Double(time.seconds) + time.fraction)
        }
    }

    // MARK: The parts of a date

    private static let parts = ["year", "month", "day", "hour", "min", "sec", "fraction", "weekday", "yearDay"]

    /// Pushes the parts of the time at 1, or of now.
    private static func pushParts(on stack: LuaStack, _ clock: WorkerClock) throws(LuaError) -> Int {
        guard let time = CivilTime(try secondsOrNow(on: stack, clock)) else { throw outOfRange }
        stack.pushTable(hash: parts.count)
        let values = [
            time.date.year, time.date.month, time.date.day, time.hour, time.minute, time.second, nil, time.weekday,
            time.yearDay,
        ]
        for (name, value) in zip(parts, values) {
            if let value {
                stack.push(Int64(value))
            } else if time.fraction == 0 {
                stack.push(0 as Int64)
            } else {
                stack.push(time.fraction)
            }
            stack.setField(name, of: -2)
        }
        return 1
    }

    /// Pushes the time whose parts are in the table at 1.
    private static func pushTime(fromPartsOn stack: LuaStack) throws(LuaError) -> Int {
        // The last three are those of `os.date "*t"` that say nothing more.
        try stack.checkMembers(of: 1, parts + ["wday", "yday", "isdst"], "time.from has no part")
        func part(_ name: String, in range: ClosedRange<Int>, else missing: Int? = nil) throws(LuaError) -> Int {
            defer { stack.pop() }
            if stack.pushField(name, of: 1) == .nil {
                guard let missing else { throw .message("time.from: \(name) is missing") }
                return missing
            }
            guard let number = stack.integer(at: -1), let value = Int(exactly: number), range.contains(value) else {
                throw .message(
                    "time.from: \(name) must be a whole number from \(range.lowerBound) to \(range.upperBound)"
                        + (stack.type(at: -1) == .number ? "" : ", not a \(stack.type(at: -1).name)"))
            }
            return value
        }
        var date = CivilDate(year: try part("year", in: 0...9999), month: try part("month", in: 1...12), day: 1)
        date.day = try part("day", in: 1...date.daysInMonth)
        let hour = try part("hour", in: 0...23, else: 0)
        let minute = try part("min", in: 0...59, else: 0)
        let second = try part("sec", in: 0...59, else: 0)
        var fraction = 0.0
        if stack.pushField("fraction", of: 1) != .nil {
            guard let number = stack.number(at: -1), 0 <= number, number < 1 else {
                throw .message("time.from: fraction must be a number from 0 to less than 1")
            }
            fraction = number
        }
        push(CivilTime(date: date, hour: hour, minute: minute, second: second, fraction: fraction), onto: stack)
        return 1
    }

    // MARK: Arithmetic

    private static let units: [(name: String, seconds: Double)] = [
        ("days", 86_400), ("hours", 3600), ("minutes", 60), ("seconds", 1),
    ]

    /// Pushes the time at 1 moved by the table at 2. Years and months come first, and keep the day if the month has it;
    /// else the last day of the month counts.
    private static func add(on stack: LuaStack) throws(LuaError) -> Int {
        guard var time = CivilTime(try stack.argumentNumber(1)) else { throw outOfRange }
        try stack.checkMembers(of: 2, ["years", "months"] + units.map(\.name), "time.add has no unit")
        let beyond = LuaError.message("time.add: the result is not between the years 0000 and 9999")
        func amount(_ name: String) throws(LuaError) -> Double {
            defer { stack.pop() }
            if stack.pushField(name, of: 2) == .nil { return 0 }
            guard let number = stack.number(at: -1), number.isFinite else {
                throw .message("time.add: \(name) must be a number, not \(stack.type(at: -1).name)")
            }
            return number
        }
        var months = 0.0
        for (name, factor) in [("years", 12.0), ("months", 1)] {
            let number = try amount(name)
            guard number == number.rounded() else { throw .message("time.add: \(name) must be a whole number") }
            months += number * factor
        }
        guard abs(months) < 120_000 else { throw beyond }
        let month = time.date.year * 12 + time.date.month - 1 + Int(months)
        time.date.year = month.floored(by: 12)
        time.date.month = month - time.date.year * 12 + 1
        time.date.day = min(time.date.day, time.date.daysInMonth)
        var seconds = Double(time.seconds)
        for unit in units { seconds += try amount(unit.name) * unit.seconds }
        // The fraction is added last, because a sum of whole seconds is exact.
        guard let result = CivilTime(seconds + time.fraction) else { throw beyond }
        push(result, onto: stack)
        return 1
    }
}
