import Files
import Glibc

/// The wall times of a time zone. Moments are seconds since 1970; a wall time is what clocks show, in seconds since
/// 1970 as if in UTC.
struct LocalTime: Sendable {
    private let secondsEast: @Sendable (_ moment: Int) -> Int

    init(secondsEast: @escaping @Sendable (_ moment: Int) -> Int) { self.secondsEast = secondsEast }

    static let utc = LocalTime { _ in 0 }

    /// The zone of that name in the system's database, such as `Europe/Berlin`.
    ///
    /// Call it once, at the start and before there are other threads: it sets TZ, which puts the whole process and
    /// every process that it starts in that zone.
    static func system(_ identifier: String) throws(LocalTimeError) -> LocalTime {
        let database = "/usr/share/zoneinfo"
        guard File.exists(database) else { throw .noDatabase(identifier) }
        // glibc silently treats what it cannot read as UTC.
        guard !identifier.hasPrefix("/"), !identifier.split(separator: "/").contains(".."),
            let data = try? File.read("\(database)/\(identifier)"),
            data.starts(with: "TZif".utf8)
        else { throw .unknown(identifier) }
        setenv("TZ", identifier, 1)
        tzset()
        return LocalTime { moment in
            var time = time_t(moment)
            var parts = tm()
            localtime_r(&time, &parts)
            return parts.tm_gmtoff
        }
    }

    func offset(at moment: Int) -> Int { secondsEast(moment) }

    /// The moments at which clocks show `wall`: two in a repeated hour. A skipped time is read as if it existed, so
    /// 02:30 becomes 03:30, as in .NET.
    func moments(of wall: Int) -> [Int] {
        // A day on either side exceeds every offset.
        let (before, after) = (offset(at: wall - 86_400), offset(at: wall + 86_400))
        let (first, second) = (wall - before, wall - after)
        guard offset(at: second) == after, first != second else { return [first] }
        return offset(at: first) == before ? [first, second] : [second]
    }

    /// The first moment with another offset than at `start`, if there is one such change until `end`.
    func change(after start: Int, until end: Int) -> Int {
        var (low, high) = (start, end)
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if offset(at: middle) == offset(at: start) { low = middle } else { high = middle }
        }
        return high
    }
}

/// Why a time zone cannot be used.
enum LocalTimeError: Error, Equatable {
    case noDatabase(String)
    case unknown(String)
}

extension LocalTimeError: CustomStringConvertible {
    var description: String {
        switch self {
        case .noDatabase(let identifier):
            "the time zone '\(identifier)' cannot be looked up: there is no /usr/share/zoneinfo; install tzdata"
        case .unknown(let identifier):
            "'\(identifier)' is not a time zone in /usr/share/zoneinfo; use a name such as Europe/Berlin or "
                + "America/New_York, or install a newer tzdata"
        }
    }
}
