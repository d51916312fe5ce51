import Foundation
import JSON
import TestSupport
import Testing

@testable import FunctionsModel

/// Tests that impossible numbers, times and sizes in an app's files are reported and do not end the process.
@Suite struct ConfigurationNumberTests {
    private static let days = "10675199.02:48:05.4775807"

    @Test(arguments: [
        (#""functionTimeout": "10675200.00:00:00""#, "\"functionTimeout\" must be a time of at least one second"),
        (#""functionTimeout": "99999999999999999999""#, "\"functionTimeout\" must be a time of at least one second"),
        (#""functionTimeout": 1e308"#, "\"functionTimeout\" must be a time of at least one second"),
        (#""functionTimeout": -9223372036854775808"#, "\"functionTimeout\" must be a time of at least one second"),
        (#""functionTimeout": NaN"#, "\"functionTimeout\" must be a time of at least one second"),
        (#""functionTimeout": 1e999"#, "\"functionTimeout\" must be a time of at least one second"),
        (
            #""retry": { "strategy": "fixedDelay", "maxRetryCount": 9223372036854775807, "delayInterval": "1" }"#,
            "\"maxRetryCount\" must be a whole number"
        ),
        (
            #""retry": { "strategy": "fixedDelay", "maxRetryCount": 1, "delayInterval": "99999-01-01" }"#,
            "\"delayInterval\" must be a time such as"
        ),
        (
            #""retry": { "strategy": "exponentialBackoff", "maxRetryCount": 1, "minimumInterval": "2", "maximumInterval": "1" }"#,
            "The minimumInterval must not be greater than the maximumInterval"
        ),
        (#""extensions": { "http": { "maxConcurrentRequests": 0 } }"#, "must be a number of at least 1, or -1"),
        (#""extensions": { "http": { "maxOutstandingRequests": -2 } }"#, "must be a number of at least 1, or -1"),
        (String(repeating: #""a": { "#, count: 200) + String(repeating: "}", count: 200), "is not JSON"),
    ])
    func `impossible values in host.json are reported`(_ members: String, _ reason: String) throws {
        let app = try TemporaryApp(["host.json": #"{ "version": "2.0", \#(members) }"#])
        let loader = AppLoader(.folder(app.folder.path), settings: [:])
        let problem = #expect(throws: Problem.self) { try loader.load() }
        #expect(problem?.description.contains(reason) == true, "\(problem?.description ?? "")")
    }

    @Test func `the longest possible times can be waited for`() throws {
        let app = try TemporaryApp([
            "host.json": """
            { "version": "2.0", "functionTimeout": "\(Self.days)",
              "retry": { "strategy": "exponentialBackoff", "maxRetryCount": -1,
                         "minimumInterval": "\(Self.days)", "maximumInterval": "\(Self.days)" } }
            """
        ])
        let host = try AppLoader(.folder(app.folder.path), settings: [:]).load().host
        #expect(host.invocationTimeLimit ?? .zero > .seconds(9e11))
        let longest = try #require(TimeSpan(Self.days[...])).duration
        for retry in [1, 2, 31, 32, Int.max] { #expect(host.retry?.delay(before: retry) == longest) }
    }

    @Test(arguments: [
        (1.0, [2, 4, 6, 10, 15, 15]), (0.8, [2, 3.6, 5.2, 8.4, 14.8, 15]), (1.2, [2, 4.4, 6.8, 11.6, 15, 15]),
    ])
    func `with exponential back-off, what comes on top of the minimum doubles`(_ random: Double, _ seconds: [Double])
        throws
    {
        let app = try TemporaryApp([
            "host.json": """
            { "version": "2.0", "retry": { "strategy": "exponentialBackoff", "maxRetryCount": 9,
                                           "minimumInterval": "00:00:02", "maximumInterval": "00:00:15" } }
            """
        ])
        let retry = try #require(try AppLoader(.folder(app.folder.path), settings: [:]).load().host.retry)
        for (number, expected) in seconds.enumerated() {
            let delay = retry.delay(before: number + 1, random: random) / .seconds(1)
            #expect(abs(delay - expected) < 1e-9, "retry \(number + 1)")
        }
    }

    @Test(arguments: [("0.5ms", 500_000), ("0.0001ms", 100), ("1e-300", 1), ("2", 2_000_000_000)] as [(String, Int64)])
    func `a time limit under a millisecond is not zero`(_ text: String, nanoseconds: Int64) {
        #expect(TimeLimit.parse(text) == .nanoseconds(nanoseconds))
    }

    @Test(arguments: ["0", "-1s", "nan", "inf", "1e300", "99999999999h", "", "ms"])
    func `a text that is not a time limit is refused`(_ text: String) { #expect(TimeLimit.parse(text) == nil) }

    @Test(arguments: [
        ("host.json", "host.json: has more than the 4 MB that luafunc reads; make it smaller"),
        ("f/function.json", "f/function.json: has more than the 4 MB that luafunc reads; make it smaller"),
    ])
    func `a huge file is reported and not read`(_ file: String, _ reason: String) throws {
        let app = try TemporaryApp(["f/function.json": TemporaryApp.httpFunction, "f/handler.lua": "return print"])
        try app.write([file: "{" + String(repeating: " ", count: 5 << 20) + "}"])
        let loader = AppLoader(.folder(app.folder.path), settings: [:])
        if file == "host.json" {
            let problem = #expect(throws: Problem.self) { try loader.load() }
            #expect(problem?.description == reason)
        } else {
            #expect(try loader.load().broken["f"]?.description == reason)
        }
    }

    @Test func `a setting that is nested too deeply is ignored`() throws {
        let app = try TemporaryApp([:])
        let name = "AzureFunctionsJobHost" + String(repeating: "__a", count: 40_000)
        let host = try AppLoader(.folder(app.folder.path), settings: [name: "1"]).load().host
        #expect(host.tree.member(anyCase: "a") == nil && host.tree.member(anyCase: "version") != nil)
    }

    @Test func `a problem is shown without control characters and line breaks`() {
        var problem = Problem("a\u{1b}[2J\nb", line: 1, "is \u{9b}2J bad\nfor a reason")
        #expect(problem.description == #"a\u001b[2J\nb:1: is \u009b2J bad\nfor a reason"#)
        problem.isReport = true
        #expect(problem.description == #"a\u001b[2J\nb:1: is \u009b2J bad"# + "\nfor a reason")
    }
}
