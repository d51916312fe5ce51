import Testing

@testable import DevHost

@Suite struct TimerScheduleErrorTests {
    private static let fields = "second minute hour day month day-of-week"

    @Test(
        arguments: [
            ("0 0 25 * * *", "the hour field '25' must be from 0 to 23; the six fields are \(fields)"),
            ("0 0 1,25 * * *", "the hour field '25' must be from 0 to 23; the six fields are \(fields)"),
            ("60 0 0 * * *", "the second field '60' must be from 0 to 59; the six fields are \(fields)"),
            ("0 10-60 0 * * *", "the minute field '60' must be from 0 to 59; the six fields are \(fields)"),
            ("0 x 0 * * *", "the minute field 'x' must be from 0 to 59; the six fields are \(fields)"),
            ("0 5x 0 * * *", "the minute field '5x' must be from 0 to 59; the six fields are \(fields)"),
            ("0 1-2-3 0 * * *", "the minute field '2-3' must be from 0 to 59; the six fields are \(fields)"),
            ("0 0 0 0 * *", "the day field '0' must be from 1 to 31; the six fields are \(fields)"),
            ("0 0 0 ? * *", "the day field '?' must be from 1 to 31; the six fields are \(fields)"),
            ("0 0 0 L * *", "the day field 'L' must be from 1 to 31; the six fields are \(fields)"),
            ("0 0 0 ** * *", "the day field '**' must be from 1 to 31; the six fields are \(fields)"),
            (
                "0 0 0 * 13 *",
                "the month field '13' must be from 1 to 12 or a name such as Jan; the six fields are \(fields)"
            ),
            (
                "0 0 0 * Janx *",
                "the month field 'Janx' must be from 1 to 12 or a name such as Jan; the six fields are \(fields)"
            ),
            (
                "0 0 0 * * 7",
                "the day-of-week field '7' must be from 0 (Sunday) to 6 (Saturday) or a name such as Mon; the six "
                    + "fields are \(fields)"
            ),
            (
                "0 0 0 * * 1#2",
                "the day-of-week field '1#2' must be from 0 (Sunday) to 6 (Saturday) or a name such as Mon; the six "
                    + "fields are \(fields)"
            ),
            (
                "0 1,,2 * * * *",
                "the minute field '1,,2' lacks a value beside ',', '-' or '/'; each must be from 0 to 59"
            ),
            ("0 5- * * * *", "the minute field '5-' lacks a value beside ',', '-' or '/'; each must be from 0 to 59"),
            ("0 -5 * * * *", "the minute field '-5' lacks a value beside ',', '-' or '/'; each must be from 0 to 59"),
            ("0 /5 * * * *", "the minute field '/5' lacks a value beside ',', '-' or '/'; each must be from 0 to 59"),
            (
                "0 0 0 * Jan, *",
                "the month field 'Jan,' lacks a value beside ',', '-' or '/'; each must be from 1 to 12 or a name such "
                    + "as Jan"
            ),
            ("0 1,*/x * * * *", "the minute field '*/x' must have a whole number after '/'"),
            ("0 */ * * * *", "the minute field '*/' must have a whole number after '/'"),
            ("0 */4294967297 * * * *", "the minute field '*/4294967297' must have a whole number after '/'"),
            ("every night", "'every night' has 2 fields; write the six fields \(fields), or five without the second"),
            (
                "0 0 * * * * *",
                "'0 0 * * * * *' has 7 fields; write the six fields \(fields), or five without the second"
            ),
            (
                "@hourly",
                "'@hourly' is neither the six fields \(fields), such as '0 */5 * * * *', nor a time span such as "
                    + "'00:05:00'"
            ),
            (
                "",
                "'' is neither the six fields \(fields), such as '0 */5 * * * *', nor a time span such as '00:05:00'"
            ),
        ])
    func `an error names the field and what it may be`(schedule: String, sentence: String) {
        let error = #expect(throws: TimerScheduleError.self) { try TimerSchedule(schedule) }
        #expect(error?.description == sentence)
    }
}
