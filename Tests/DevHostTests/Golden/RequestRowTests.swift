import Foundation
import FunctionsModel
import JSON
import TestSupport
import Testing

@testable import DevHost

/// The recorded requests to the handler whose callers are not recorded (Tests/Golden/host/e9, e11).
@Suite struct RequestRowTests {
    /// What the apps of the rows have besides those in apps.json.
    private static func app(of row: HostRow) -> String {
        switch row.name {
        case let name where name.hasPrefix("E9-ai-fwd"): "aif"
        case let name where name.hasPrefix("E9-ai-"): "ai"
        case let name where name.hasPrefix("E9-fwd") || name.hasSuffix("-fwd"): "recf"
        default: "rec"
        }
    }

    @Test func `what the handler gets is what the real host sends`() async throws {
        var tally = GoldenTally("host/e9")
        var hosts: [String: RecordedHost] = [:]
        for row in try HostRow.all("e9") {
            guard row.name != "E9-ai-queue", row.name != "E9-client-gone", row.bytes("hostSent") != nil else {
                // The queue's message, a caller that leaves, and 100 MB.
                tally.skip(row.name)
                continue
            }
            let app = Self.app(of: row)
            let host =
                if let host = hosts[app] {
                    host
                } else {
                    try await RecordedHost(app: app) {
                        if app.hasPrefix("ai") { $0.environment["APPINSIGHTS_INSTRUMENTATIONKEY"] = "key" }
                    } change: { files in
                        files["hretry/function.json"]?.replace("00:00:01", with: "00:00:00.01")
                    }
                }
            hosts[app] = host
            let differences = try await Self.differences(row, at: host)
            tally.count(row.name, difference: differences.isEmpty ? nil : differences.joined(separator: "\n"))
        }
        tally.report()
        for host in hosts.values { try await host.stop() }
    }

    private static func differences(_ row: HostRow, at host: RecordedHost) async throws -> [String] {
        host.handler.prepare(row.exchanges.map { $0.answer.map { .bytes($0) } ?? .close })
        for exchange in row.exchanges {
            // A retry has no caller of its own.
            if Masks.text(exchange.sent).contains(#/"RetryCount":[1-9]/#) { continue }
            _ = try await host.call(try caller(exchange.sent))
        }
        return host.differencesAtHandler(row)
    }

    /// The caller's request as the host's says: from the payload, or without what the host has added. Encoding its
    /// target once more changes nothing.
    private static func caller(_ sent: [UInt8]) throws -> [UInt8] {
        let message = try #require(RawMessage(sent))
        guard let request = (try? JSONTree.parse(message.body.span.bytes))?["Data"]?["req"] else {
            let own = ["x-azure-functions-hostversion", "x-azure-functions-invocationid", "user-agent"]
            let isTraced = message.headers.contains { $0.value.contains("4bf92f3577b34da6a3ce929d0e0e4736") }
            let lines = message.headers.filter { header in
                !own.contains(header.name.lowercased()) && (isTraced || header.name != "traceparent")
            }
            return Array(
                (message.startLine + "\r\n" + lines.map { "\($0.name): \($0.value)\r\n" }.joined() + "\r\n").utf8)
        }
        let url = try #require(request["Url"]?.string).replacing(#/^http:\/\/[^\/]*/#, with: "")
        let headers = (request["Headers"]?.members ?? []).flatMap { member in
            (member.tree.elements ?? []).map { "\(member.name): \($0.string ?? "")\r\n" }
        }
        return Array(
            ("\(request["Method"]?.string ?? "") \(url) HTTP/1.1\r\n\(headers.joined())\r\n"
                + (request["Body"]?.string ?? "")).utf8)
    }

    // MARK: Routes

    private static let serves =
        "the real host does not start, with all functions of the app; here the others are served, and the error says what "
        + "Azure does"

    /// The routes that the recorder put into the function `bad`, by the log and host-contract §12.
    private static let routes = [
        "brace": "x/{y", "dslash": "a//b", "dup": "{a}/{a}", "lead": "/lead", "leadempty": "/lead",
        "leadingdot": "./x", "optmid": "{a?}/b", "prefixslash": "", "qmark": "a?b", "restmid": "{*a}/b",
        "space": "a b", "tilde": "~/x", "unknownconstraint": "x/{a:nosuch}",
    ]

    @Test func `routes work, or keep from starting, as at the real host`() async throws {
        let down = ["brace", "dslash", "dup", "lead", "qmark", "restmid", "unknownconstraint"]
        let exceptions = down.map { ("E11-route-\($0)", Self.serves) }
        var tally = GoldenTally("host/e11", exceptions: Dictionary(uniqueKeysWithValues: exceptions))
        let all = try await RecordedHost(app: "rt", functions: []) {
            $0.checksKeys = true
        } change: { files in
            files["A/function.json"] = function(route: "{*all}")
            for name in ["Case", "items", "split", "zzz"] { files["\(name)/function.json"] = function(route: name) }
            files["host.json"]?.replace(#"\/api\/"#, with: "api")
            files[".luafunc/keys.json"] = #"""
                { "masterKey": "jxyCFt0vroLrEk59F2eygPaveLAk_c4oCZfGBKZbEuukLpdzoitYlQ==", "functionKey": "f" }
                """#
        }
        for row in try HostRow.all("e11") where row.name != "E11-start" {
            let differences =
                if row.name.hasPrefix("E11-route-") {
                    try await routeDifferences(row, String(row.name.dropFirst(10)))
                } else {
                    try await Self.differences(row, at: all)
                }
            tally.count(row.name, difference: differences.isEmpty ? nil : differences.joined(separator: "\n"))
        }
        tally.report()
        try await all.stop()
    }

    private func function(route: String) -> String {
        """
        { "bindings": [ { "name": "req", "type": "httpTrigger", "authLevel": "anonymous", "route": "\(route)" },
                        { "name": "res", "type": "http", "direction": "out" } ] }
        """
    }

    private func routeDifferences(_ row: HostRow, _ name: String) async throws -> [String] {
        let isDown = row.effect.hasPrefix("HOST DOWN")
        let prefix = name == "prefixslash" ? "/api/" : name == "leadempty" ? "" : "api"
        let host: RecordedHost
        do {
            host = try await RecordedHost(
                app: "rt",
                change: { files in
                    files["bad/function.json"] = function(route: Self.routes[name] ?? "")
                    files["host.json"]?.replace(#"\/api\/"#, with: prefix)
                })
        } catch {
            return isDown ? [] : ["does not start: \(error)"]
        }
        if isDown {
            let problems = await host.host.problems
            try await host.stop()
            #expect(problems.contains { $0.hasSuffix(". In Azure, the whole host would not start") }, "\(problems)")
            return ["starts"]
        }
        let differences = try await Self.differences(row, at: host)
        try await host.stop()
        return differences
    }
}

extension HostInProcess {
    fileprivate var problems: [String] { host?.listing.problems.map(\.description) ?? [] }
}
