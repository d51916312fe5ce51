import Foundation
import Glibc
import TestSupport
import Testing

@testable import DevHost

/// The recorded life of the handler's process (Tests/Golden/host/e6), with shorter time limits.
@Suite(.serialized) struct LifeRowTests {
    private static let call = Array("GET /api/h1 HTTP/1.1\r\nHost: 127.0.0.1:7101\r\n\r\n".utf8)
    private static let other = Array("GET /api/hq HTTP/1.1\r\nHost: 127.0.0.1:7101\r\n\r\n".utf8)
    private static let failure = "HTTP/1.1 500 Internal Server Error"

    @Test func `the process lives, ends and is killed as under the real host`() async throws {
        var tally = GoldenTally("host/e6")
        for row in try HostRow.all("e6") {
            let differences =
                switch row.name {
                case "E6-exit0": try await exit0(row)
                case "E6-exit1x3": try await crashes(row)
                case "E6-exit200", "E6-sigkill": try await restarts(row)
                case "E6-stdio": try await lines(row)
                case "E6-stop-signal": try await stop()
                default: try await timeOut(row)
                }
            tally.count(row.name, difference: differences.isEmpty ? nil : differences.joined(separator: "\n"))
        }
        tally.report()
    }

    /// - Parameter grace: how long the host waits after a time limit of one second; nil for no limit.
    private func start(_ puppet: Puppet, grace: Duration? = nil) async throws -> RecordedHost {
        try await RecordedHost(
            app: "life", program: puppet.program, options: { if let grace { $0.grace = grace } },
            change: {
                let limit = grace == nil ? "-1" : "00:00:01"
                $0["host.json"] = $0["host.json"]?.replacing(#""00:00:10""#, with: "\"\(limit)\"")
            })
    }

    /// How a response differs from the recorded failure: 500 and an empty body.
    private func differences(fromFailure response: RawMessage) -> [String] {
        response.startLine == Self.failure && response.body.isEmpty ? [] : ["a failure is \(response.startLine)"]
    }

    /// Ends the process while it handles a call.
    private func end(_ host: RecordedHost, _ puppet: Puppet, by command: String) async throws -> [String] {
        host.handler.prepare([.hold])
        async let response = host.call(Self.call)
        _ = await host.handler.received(1)
        try puppet.run(command)
        await host.handler.answerHeld(nil)
        return differences(fromFailure: try await response)
    }

    private func exit0(_ row: HostRow) async throws -> [String] {
        let puppet = try Puppet()
        let host = try await start(puppet)
        var found = try await end(host, puppet, by: "exit 0")
        found += host.differencesAtHandler(row)
        try await host.host.waitForLine(containing: "exited with code 0, so the host does not restart it")
        host.handler.stop()
        host.handler.prepare([])
        found += differences(fromFailure: try await host.call(Self.call))
        let failures = await host.host.ends.map(\.failure)
        if failures.last??.contains("there is no handler: '/bin/sh' exited with code 0") != true {
            found.append("the second call says \(failures)")
        }
        if await host.host.readyCount != 1 { found.append("it was restarted") }
        try await host.host.stop()
        return found
    }

    private func crashes(_ row: HostRow) async throws -> [String] {
        let puppet = try Puppet()
        let host = try await start(puppet)
        var found: [String] = []
        for number in 0..<3 {
            let lines = (0..<5).map { "echo err\(number)-\($0) >&2" }.joined(separator: "; ")
            found += try await end(host, puppet, by: "\(lines); exit 1")
            let words = "exited with code 1: err\(number)-2,err\(number)-3,err\(number)-4"
            if number == 2 {
                let failure = await host.host.failure()
                if "\(failure ?? CocoaError(.featureUnsupported))".contains("\(words), the third time") { continue }
                found.append("the host ends with \(String(describing: failure))")
            } else {
                try await host.host.waitForLine(containing: "\(words); it is restarted")
                host.handler.prepare([.bytes(try #require(row.bytes("handlerAnswered")))])
                let response = try await host.call(Self.call)
                if response.startLine != "HTTP/1.1 200 OK" { found.append("then \(response.startLine)") }
            }
        }
        host.handler.stop()
        return found
    }

    private func restarts(_ row: HostRow) async throws -> [String] {
        let puppet = try Puppet()
        let host = try await start(puppet)
        var found: [String] = []
        let isExit = row.name == "E6-exit200"
        // The recording ends the process six times, which is no error.
        for _ in 0..<(isExit ? 6 : 1) {
            found += try await end(host, puppet, by: isExit ? "exit 200" : "kill -9 $$")
            let answer = try #require(row.bytes("handlerAnswered"))
            host.handler.prepare([.bytes(answer)])
            let response = try await host.call(Self.call)
            if response.startLine != "HTTP/1.1 200 OK" { found.append("then \(response.startLine)") }
        }
        try await host.host.waitForLine(
            containing: isExit ? "exited with code 200; it is restarted" : "was killed by signal 9; it is restarted")
        try await host.stop()
        return found
    }

    private func lines(_ row: HostRow) async throws -> [String] {
        let levels: [Substring: HandlerLine.Level] = ["info": .info, "warn": .warning, "fail": .error]
        var recorded: [(level: HandlerLine.Level, text: String, isSystem: Bool)] = []
        for line in row.effect.split(separator: "\n") {
            guard let match = line.firstMatch(of: #/^(info|warn|fail) (Host\.Function\.\w+|Worker\S*)\[0\] (.*)$/#),
                let level = levels[match.1]
            else { continue }
            recorded.append((level, String(match.3), match.2.hasPrefix("Worker")))
        }
        // The first five lines and the next two of the system came on stdout.
        let puppet = try Puppet()
        let host = try await start(puppet)
        let prefix = "LanguageWorkerConsoleLog"
        let isError = [false, false, false, false, false, true, true, true, true, false, false, true, true]
        for (line, isError) in zip(recorded, isError) {
            let text = line.isSystem ? prefix + line.text.replacing("  ", with: " \(prefix) ") : line.text
            try puppet.run("printf '%s\\n' '\(text)'\(isError ? " >&2" : "")")
        }
        host.handler.prepare([.bytes(try #require(row.bytes("handlerAnswered")))])
        _ = try await host.call(Self.call)
        let count = recorded.count
        try? await host.host.wait(for: "all lines") { [host = host.host] _ in host.lines.count == count }
        let own = await host.host.lines
        let logs = await host.host.ends.last?.logs
        try await host.stop()
        func parts(_ lines: [(HandlerLine.Level, String)]) -> [String] { lines.map { "\($0.0) \($0.1)" }.sorted() }
        let difference = (parts(own.map { ($0.level, $0.text) }), parts(recorded.map { ($0.level, $0.text) }))
        var found = difference.0 == difference.1 ? [] : ["lines: ours \(difference.0), \(difference.1)"]
        if logs != ["one", "two"] { found.append("logs: \(String(describing: logs))") }
        return found
    }

    private func stop() async throws -> [String] {
        let puppet = try Puppet()
        let host = try await start(puppet)
        try puppet.run("trap '' TERM; echo $$")
        try await host.host.wait(for: "the process") { [host = host.host] _ in host.lines.count == 1 }
        let pid = try #require(await host.host.lines.first.flatMap { Int32($0.text) })
        try await host.stop()
        return kill(pid, 0) == 0 ? ["the process goes on"] : []
    }

    private func timeOut(_ row: HostRow) async throws -> [String] {
        let puppet = try Puppet()
        let isGrace = row.name == "E6-timeout-grace"
        let host = try await start(puppet, grace: isGrace ? .seconds(20) : .milliseconds(100))
        let answer = row.bytes("handlerAnswered")
        let isHeld = isGrace || row.name == "E6-timeout-never"
        host.handler.prepare([isHeld ? .hold : .bytes(try #require(answer)), .hold])
        async let response = host.call(Self.call)
        var found: [String] = []
        if row.name == "E6-timeout-never" {
            _ = await host.handler.received(1)
            async let inFlight = host.call(Self.other)
            try await host.host.waitForLine(containing: "the handler is killed and restarted")
            await host.handler.answerHeld(nil)
            found += differences(fromFailure: try await inFlight)
            host.handler.prepare([.bytes(try #require(answer))])
            let next = try await host.call(Self.call)
            if next.startLine != "HTTP/1.1 200 OK" { found.append("then \(next.startLine)") }
        } else if isGrace {
            try await host.host.waitForLine(containing: "Timeout value of 1.0 seconds exceeded")
            await host.handler.answerHeld(answer)
        }
        found += differences(fromFailure: try await response)
        let end = await host.host.ends.last
        if isGrace, end?.logs != ["late log"] { found.append("the logs are lost: \(end?.failure ?? "no end")") }
        let isKilled = await host.host.hasTold("the handler is killed and restarted")
        if isKilled == isGrace { found.append(isKilled ? "it is killed" : "it is not killed") }
        try await host.stop()
        return found
    }
}
