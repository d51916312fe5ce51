internal import Glibc

/// A wall-clock time, to the millisecond.
struct Timestamp {
    let seconds: Int
    let milliseconds: Int

    static var now: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(seconds: Int(time.tv_sec), milliseconds: Int(time.tv_nsec) / 1_000_000)
    }

    /// `2026-03-01T10:20:30.123Z`
    func append(to bytes: inout [UInt8]) {
        var time = time_t(seconds)
        var parts = tm()
        gmtime_r(&time, &parts)
        Self.append(Int(parts.tm_year) + 1900, digits: 4, "-", to: &bytes)
        Self.append(Int(parts.tm_mon) + 1, digits: 2, "-", to: &bytes)
        Self.append(Int(parts.tm_mday), digits: 2, "T", to: &bytes)
        Self.append(Int(parts.tm_hour), digits: 2, ":", to: &bytes)
        Self.append(Int(parts.tm_min), digits: 2, ":", to: &bytes)
        Self.append(Int(parts.tm_sec), digits: 2, ".", to: &bytes)
        Self.append(milliseconds, digits: 3, "Z", to: &bytes)
    }

    private static func append(_ number: Int, digits: Int, _ end: Unicode.Scalar, to bytes: inout [UInt8]) {
        var unit = 1
        for _ in 1..<digits { unit *= 10 }
        while unit > 0 {
            bytes.append(UInt8(ascii: "0") + UInt8(number / unit % 10))
            unit /= 10
        }
        bytes.append(UInt8(ascii: end))
    }
}
