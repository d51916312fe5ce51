import EventLoop
import Testing

struct MonotonicTimeTests {
    private static let moment = MonotonicTime(nanoseconds: 1_000)
    private static let longest = Duration(secondsComponent: .max, attosecondsComponent: 0)
    private static let mostNegative = Duration(secondsComponent: .min, attosecondsComponent: 0)

    @Test func `time moves forward`() {
        let start = MonotonicTime.now
        #expect(start.nanoseconds > 0)
        #expect(MonotonicTime.now >= start)
        #expect(start + .nanoseconds(1) > start)
        #expect((start + .seconds(2)) - start == .seconds(2))
        #expect(start - (start + .seconds(2)) == .seconds(-2))
    }

    @Test(arguments: [longest, .seconds(1 << 40), .nanoseconds(Int64.max)])
    func `an absurdly large limit means never`(duration: Duration) {
        #expect(Self.moment + duration == .distantFuture)
        #expect(.distantFuture + duration == .distantFuture)
    }

    @Test func `a value that is out of range becomes the nearest that fits`() {
        let past = MonotonicTime(nanoseconds: .min)
        #expect(past + Self.mostNegative == past)
        #expect(Self.moment + Self.mostNegative == MonotonicTime(nanoseconds: .min + 1_000))
        #expect(.distantFuture - past == .nanoseconds(Int64.max))
        #expect(past - .distantFuture == .nanoseconds(Int64.min))
        #expect(.distantFuture - .distantFuture == .zero)
    }

    @Test(
        arguments: [
            (Duration.zero, 0), (.nanoseconds(1), 1), (.nanoseconds(-1), -1), (.seconds(-1.5), -1_500_000_000),
            (longest, Int64.max), (mostNegative, .min), (.seconds(9_223_372_036), 9_223_372_036_000_000_000),
            (.seconds(9_223_372_037), .max), (.seconds(-9_223_372_037), .min), (.microseconds(1), 1_000),
            (Duration(secondsComponent: 0, attosecondsComponent: 999_999_999), 0),
        ] as [(Duration, Int64)])
    func `a duration in nanoseconds`(duration: Duration, nanoseconds: Int64) {
        #expect(duration.saturatingNanoseconds == nanoseconds)
    }
}
