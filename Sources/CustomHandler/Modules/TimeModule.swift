import FoundationEssentials
import FunctionsModel
import Lua

extension Modules {
    /// The module `time`: now and monotonic (both in seconds), format and parse (RFC 3339).
    static func openTime(onto stack: LuaStack, _ scope: FunctionVM.Scope) throws(LuaError) {
        let start = ContinuousClock.now
        pushTable(
            [
                (
                    "now",
                    { stack throws(LuaError) in
                        stack.push(Date().timeIntervalSince1970)
                        return 1
                    }
                ),
                (
                    "monotonic",
                    { stack throws(LuaError) in
                        stack.push(start.duration(to: .now) / .seconds(1))
                        return 1
                    }
                ),
                (
                    "format",
                    { stack throws(LuaError) in
                        let seconds = stack.isNil(at: 1) ? Date().timeIntervalSince1970 : try stack.argumentNumber(1)
                        guard let text = RFC3339.format(seconds) else {
                            throw .argument(1, expected: "seconds between the years 0000 and 9999 expected")
                        }
                        stack.push(text)
                        return 1
                    }
                ),
                (
                    "parse",
                    { stack throws(LuaError) in
                        // A longer text cannot be a valid time.
                        let isShort = stack.withBytes(at: 1) { $0.byteCount <= 100 }
                        guard isShort != false, let seconds = RFC3339.parse(try stack.argumentText(1)) else {
                            stack.pushNil()
                            stack.push("not an RFC 3339 time such as 2026-03-01T10:20:30Z" as StaticString)
                            return 2
                        }
                        if let whole = Int64(exactly: seconds) { stack.push(whole) } else { stack.push(seconds) }
                        return 1
                    }
                ),
            ], onto: stack)
    }
}

/// Reads and writes RFC 3339 times. Writes UTC, with milliseconds if there is a fraction.
enum RFC3339 {
    static func format(_ seconds: Double) -> String? {
        let milliseconds = (seconds * 1000).rounded()
        guard milliseconds >= -62_167_219_200_000, milliseconds < 253_402_300_800_000 else { return nil }
        let hasFraction = milliseconds.truncatingRemainder(dividingBy: 1000) != 0
        let date = Date(timeIntervalSince1970: milliseconds / 1000)
        return date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: hasFraction))
    }

    /// Reads any offset and any number of decimals; returns nil for anything else.
    static func parse(_ text: String) -> Double? {
        var text = text.uppercased()
        var fraction = 0.0
        // The parser reads only three decimals; RFC 3339 allows any number, so they are read here.
        if let dot = text.firstIndex(of: ".") {
            let digits = text[text.index(after: dot)...].prefix { $0.isASCII && $0.isNumber }
            guard let value = Double("0." + digits), !digits.isEmpty else { return nil }
            fraction = value
            text.removeSubrange(dot..<digits.endIndex)
        }
        guard isDate(text.utf8) else { return nil }
        let styles = [Date.ISO8601FormatStyle(), Date.ISO8601FormatStyle(timeZoneSeparator: .colon)]
        guard let date = styles.lazy.compactMap({ try? $0.parse(text) }).first else { return nil }
        return date.timeIntervalSince1970 + fraction
    }

    /// Whether a text such as `2026-03-01T10:20:30Z` is an existing day and a valid time. The check is needed because
    /// the parser turns 30 February into 2 March and ignores text after the time.
    private static func isDate(_ text: String.UTF8View) -> Bool {
        let bytes = Array(text)
        func number(_ range: Range<Int>) -> Int { bytes[range].reduce(0) { $0 * 10 + Int($1) - 48 } }
        let isShaped = ["Z", "+0000", "-0000", "+00:00", "-00:00"].contains { zone in
            let shape = Array("0000-00-00T00:00:00\(zone)".utf8)
            return bytes.count == shape.count
                && zip(bytes, shape).allSatisfy { $1 == UInt8(ascii: "0") ? (48...57).contains($0) : $0 == $1 }
        }
        guard isShaped else { return false }
        let month = number(5..<7)
        let days = CivilDate(year: number(0..<4), month: month, day: 1).daysInMonth
        return (1...12).contains(month) && (1...days).contains(number(8..<10)) && number(11..<13) < 24
            && number(14..<16) < 60 && number(17..<19) < 60
    }
}
