/// Cron times are wall times, and follow clock changes as in Azure's CronSchedule, with what .NET reads into a wall time
/// (golden/dotnet/cron-*).
extension CronExpression {
    /// The first moment after `now`, in seconds since 1970.
    ///
    /// In a repeated hour an interval runs both times, and a point in time only the first time. A skipped time runs
    /// later by the change, but earlier in a zone whose daylight saving is the winter's: there the result can lie
    /// before `now`, and Azure runs the function again and again until the clocks change.
    func next(after now: Int, in zone: LocalTime) -> Int? {
        let offset = zone.offset(at: now)
        guard var wall = next(after: now + offset) else { return nil }
        var reading = zone.reading(of: wall)
        if isInterval {
            if reading.isAmbiguous || zone.reading(of: now + offset).isAmbiguous { return wall - offset }
        } else if reading.isAmbiguous {
            if reading.secondsEast != offset { return wall - offset }
            // Standard time has begun, so the function ran in the first of the two hours. Azure concludes the same when
            // it is still winter before the summer in between.
            while reading.isAmbiguous {
                guard let later = next(after: wall) else { return nil }
                wall = later
                reading = zone.reading(of: wall)
            }
        }
        return wall - reading.secondsEast
    }
}
