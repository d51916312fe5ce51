import Files
import Glibc

/// The wall times of a time zone. Moments are seconds since 1970; a wall time is what clocks show, in seconds since
/// 1970 as if in UTC.
struct LocalTime: Sendable {
    /// How the clocks are set at a moment.
    struct Setting: Sendable, Equatable {
        var secondsEast: Int
        /// In some zones daylight saving is the setting of the winter, an hour behind the standard one.
        var isDaylightSaving = false
    }

    private let setting: @Sendable (_ moment: Int) -> Setting

    init(setting: @escaping @Sendable (_ moment: Int) -> Setting) { self.setting = setting }

    static let utc = LocalTime { _ in Setting(secondsEast: 0) }

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
            return Setting(secondsEast: parts.tm_gmtoff, isDaylightSaving: parts.tm_isdst > 0)
        }
    }

    func offset(at moment: Int) -> Int { setting(moment).secondsEast }

    /// How .NET's `TimeZoneInfo` reads a wall time: a repeated or skipped one has the offset of standard time. One that
    /// is repeated when daylight saving begins, as in Dublin and Casablanca, does not count as ambiguous.
    func reading(of wall: Int) -> (secondsEast: Int, isAmbiguous: Bool) {
        // A day on either side exceeds every offset.
        let (before, after) = (setting(wall - 86_400), setting(wall + 86_400))
        let isBefore = offset(at: wall - before.secondsEast) == before.secondsEast
        let isAfter = offset(at: wall - after.secondsEast) == after.secondsEast
        guard before.secondsEast != after.secondsEast, isBefore == isAfter else {
            return (isBefore ? before.secondsEast : after.secondsEast, false)
        }
        let standard = before.isDaylightSaving ? after : before
        return (standard.secondsEast, isBefore && !after.isDaylightSaving)
    }

    /// The moment that remains of this one in .NET's local `DateTime`, which cannot tell a repeated time from the first
    /// if the zone's reading of it is not ambiguous.
    func asDateTime(_ moment: Int) -> Int {
        let wall = moment + offset(at: moment)
        let reading = reading(of: wall)
        return reading.isAmbiguous ? moment : wall - reading.secondsEast
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
