import Foundation
import TestSupport
import Testing

/// An app that the built program serves and whose saves take effect.
struct ServedApp {
    let app: TemporaryApp
    let process: LuafuncProcess

    init(_ files: [String: String] = [:], environment: [String: String] = [:]) throws {
        let app = try TemporaryApp(
            [
                "host.json": ServedApp.host(), "functions/f/function.json": TemporaryApp.httpFunction,
                "functions/f/handler.lua": "local m = require 'm' return function() return 'one ' .. m end",
                "lib/m.lua": "return 'first'",
            ].merging(files) { $1 })
        try self.init(app, environment: environment)
    }

    /// - Parameters:
    ///   - line: the line that lists the last function, or, on stderr, says why it does not load.
    ///   - loads: whether it loads.
    init(
        _ app: TemporaryApp, waitFor line: String = "f: httpTrigger", loads: Bool = true,
        environment: [String: String] = [:]
    ) throws {
        self.app = app
        process = try LuafuncProcess(
            ["serve", "--port", "0", "--watch", "--app", app.folder.path],
            environment: environment.merging(["AZURE_FUNCTIONS_ENVIRONMENT": "Development"]) { own, _ in own })
        // The watcher starts after the functions were listed, so the first save must come after that.
        _ = loads ? process.waitForLine(containing: line) : process.waitForErrorLine(containing: line)
    }

    static func host(_ prefix: String = "api") -> String {
        #"{ "version": "2.0", "customHandler": { "enableForwardingHttpRequest": true }, "extensions": { "http": { "routePrefix": "\#(prefix)" } } }"#
    }

    func request(_ path: String) throws -> HTTPReply { try process.request(path) }

    /// Saves files, waits for the line that reports it, and returns the function's new response.
    ///
    /// - Parameter isAtomic: whether files are replaced in one step. Otherwise an earlier save that still loads may
    ///   read half of this one.
    func save(
        _ files: [String: String], path: String = "/api/f", waitFor line: String = "reloaded f",
        isAtomic: Bool = true
    ) throws -> String {
        try app.write(files, isAtomic: isAtomic)
        #expect(process.waitForLine(containing: line))
        return try request(path).text
    }
}
