/// Cron times are wall times, and follow clock changes as in Azure's CronSchedule.
///
/// A skipped time runs later by the change (02:30 at 03:30). In a repeated hour, a point in time runs only the first
/// time, and an interval both times, so that `0 */5 * * * *` stays five minutes.
extension CronExpression {
    /// The first moment after `now`, in seconds since 1970.
    func next(after now: Int, in zone: LocalTime) -> Int? {
        let wall = now + zone.offset(at: now)
        let next = moment(after: wall, since: now, in: zone)
        let moments = zone.moments(of: wall)
        guard isInterval, moments.count == 2, moments[0] == now else { return next }
        // The clocks will show this time again, and before that other times that matched already.
        let change = zone.change(after: now, until: moments[1])
        if let next, next < change { return next }
        return moment(after: change + zone.offset(at: change) - 1, since: change - 1, in: zone)
    }

    /// The first moment after `moment` at which the clocks show a match after `wall`.
    private func moment(after wall: Int, since moment: Int, in zone: LocalTime) -> Int? {
        var wall = wall
        while let match = next(after: wall) {
            let moments = zone.moments(of: match).prefix(isInterval ? 2 : 1)
            if let found = moments.first(where: { $0 > moment }) { return found }
            wall = match
        }
        return nil
    }
}
