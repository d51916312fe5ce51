/// A size as people write it: `64MB`, `512KB`, `1GB`, or plain bytes. Units are powers of 1024.
public enum ByteCount {
    /// The smallest memory limit. It is enough for the modules and a small script.
    public static let leastMemoryLimit = 1 << 20

    public static func parse(_ text: String) -> Int? {
        let units: [(String, Int)] = [("kb", 1 << 10), ("mb", 1 << 20), ("gb", 1 << 30), ("b", 1)]
        let text = text.lowercased().filter { $0 != " " }
        let (digits, unit) =
            units.first { text.hasSuffix($0.0) }.map { (text.dropLast($0.0.count), $0.1) } ?? (text[...], 1)
        guard let number = Int(digits), number > 0 else { return nil }
        let (bytes, overflow) = number.multipliedReportingOverflow(by: unit)
        return overflow ? nil : bytes
    }

    public static func text(_ bytes: Int) -> String {
        for (unit, size) in [("GB", 1 << 30), ("MB", 1 << 20), ("KB", 1 << 10)] where bytes >= size && bytes % size == 0
        {
            return "\(bytes / size) \(unit)"
        }
        return "\(bytes) bytes"
    }
}

/// A length of time as people write it: `10s`, `500ms`, `5m`, `1h`, or plain seconds.
public enum TimeLimit {
    public static func parse(_ text: String) -> Duration? {
        let units: [(String, Double)] = [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600)]
        let text = text.lowercased().filter { $0 != " " }
        let (digits, unit) =
            units.first { text.hasSuffix($0.0) }.map { (text.dropLast($0.0.count), $0.1) } ?? (text[...], 1)
        guard let number = Double(digits), number > 0, number * unit < 1e9 else { return nil }
        // A time below one nanosecond would round to zero.
        return .nanoseconds(max(1, Int(number * unit * 1e9)))
    }
}
