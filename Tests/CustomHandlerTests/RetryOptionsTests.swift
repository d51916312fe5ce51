import Testing

@testable import CustomHandler

/// How long a retry waits, without a script.
@Suite struct RetryOptionsTests {
    private var options: RetryOptions {
        RetryOptions(
            attempts: 4, delay: 1, backoff: 3, maxDelay: 5, kinds: ["timeout"], statuses: [503])
    }

    @Test(arguments: [(1, 1.0), (2, 3.0), (3, 5.0), (4, nil), (5, nil)] as [(Int, Double?)])
    func `each wait is longer, up to the longest, until the attempts are used up`(
        _ attempt: Int, _ wait: Double?
    ) {
        let failure = RetryOptions.Failure.kind("timeout")
        #expect(options.wait(after: failure, attempt: attempt, left: .infinity, random: 0) == wait)
        #expect(options.wait(after: failure, attempt: attempt, left: .infinity, random: 1) == wait.map { $0 / 2 })
    }

    @Test(
        arguments: [
            (.kind("timeout"), 1), (.kind("tls"), nil), (.status(503, retryAfter: nil), 1),
            (.status(500, retryAfter: nil), nil), (.status(503, retryAfter: 4), 4), (.status(503, retryAfter: 0), 1),
            (.status(503, retryAfter: 5), 5), (.status(503, retryAfter: 5.5), nil),
            (.status(503, retryAfter: -7), 1), (.status(503, retryAfter: .infinity), nil),
        ] as [(RetryOptions.Failure, Double?)])
    func `only what is listed is tried again, not earlier than the server asks`(
        _ failure: RetryOptions.Failure, _ wait: Double?
    ) {
        #expect(options.wait(after: failure, attempt: 1, left: 100, random: 0) == wait)
    }

    @Test func `no wait reaches the deadline`() {
        let failure = RetryOptions.Failure.kind("timeout")
        #expect(options.wait(after: failure, attempt: 1, left: 1, random: 0) == nil)
        #expect(options.wait(after: failure, attempt: 1, left: -1, random: 0) == nil)
        #expect(options.wait(after: failure, attempt: 1, left: 1.01, random: 0) == 1)
    }

    @Test func `a factor of one keeps the wait, and a delay of zero stays zero`() {
        var options = options
        options.backoff = 1
        #expect(options.wait(after: .kind("timeout"), attempt: 3, left: 9, random: 0) == 1)
        options.backoff = 100
        options.delay = 0
        #expect(options.wait(after: .kind("timeout"), attempt: 3, left: 9, random: 0) == 0)
    }

    @Test(
        arguments: [
            ("0", 0), ("120", 120), ("Thu, 01 Jan 1970 00:02:00 GMT", 20), ("Thu, 01 Jan 1970 00:01:00 GMT", 0),
            ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777 - 100), ("", nil), ("soon", nil), ("-1", nil), ("1.5", nil),
            ("Thu, 01 Jan 1970 24:00:00 GMT", nil), ("Thu, 01 Jan 1970 00:00 GMT", nil),
            ("Thu, 01 Foo 1970 00:00:00 GMT", nil), ("Thu, 99 Jan 1970 00:00:00 GMT", nil),
            ("Thursday, 01-Jan-70 00:00:00 GMT", nil), ("99999999999999999999", 1e20),
            (String(repeating: "9", count: 41), nil),
        ] as [(String, Double?)])
    func `Retry-After is a number of seconds or a date`(_ value: String, _ seconds: Double?) {
        #expect(RetryAfter.seconds(value, now: 100) == seconds)
    }
}
