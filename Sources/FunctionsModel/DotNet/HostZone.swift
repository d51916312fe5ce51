/// The time zone of the host's machine, in which .NET holds a date that was written with an offset.
package struct HostZone: Sendable {
    private let secondsEast: @Sendable (_ moment: Int) -> Int
    /// The offset of standard time.
    private let standard: Int

    /// - Parameter secondsEast: The offset of the zone's clocks at a moment in seconds since 1970.
    package init(secondsEast: @escaping @Sendable (_ moment: Int) -> Int) {
        self.secondsEast = secondsEast
        // The middles of January and July 2026. Standard time is the lesser.
        standard = min(secondsEast(1_768_435_200), secondsEast(1_784_073_600))
    }

    package static let utc = HostZone { _ in 0 }

    /// The offset at a moment. .NET knows no seconds of offsets, and cuts them off the difference to standard time
    /// (golden/dotnet/dates-berlin, the year 1).
    func offset(at moment: Int) -> Int { standard + (secondsEast(moment) - standard) / 60 * 60 }

    /// The offset at the time that the zone's clocks show, in seconds since 1970 as if in UTC.
    func offset(atWall wall: Int) -> Int { offset(at: wall - offset(at: wall - standard)) }
}
