import Foundation
import JSON
import TestSupport

/// An app that runs the code it is sent, with `http`, `task` and `url`.
enum ScriptedApp {
    static func make() async throws -> (InProcessHandler, TemporaryApp) {
        let files = try TemporaryApp([
            "functions/eval/function.json": """
            { "bindings": [ { "name": "req", "type": "httpTrigger" }, { "name": "res", "type": "http", "direction": "out" } ],
              "lua": { "timeLimit": "60s", "memoryLimit": "64MB" } }
            """,
            "functions/eval/handler.lua": """
            local http, task = require "http", require "task"
            kept = false
            return function(data)
                local code = "local http, task, url = ... " .. data.req.Body
                return assert(load(code))(http, task, data.req.Url)
            end
            """,
        ])
        return (try await InProcessHandler(root: files.folder.path), files)
    }

    /// The text that the code returns, or the whole response if it returns none.
    static func run(_ code: String, in handler: InProcessHandler, url: String) async throws -> String {
        let request = JSONText.object([("Body", .text(code)), ("Url", .text(url))])
        let reply = try await handler.invoke("eval", "{\"Data\":{\"req\":\(request)}}").text
        let prefix = #"{"Outputs":{"res":{"statusCode":200,"body":""#
        guard reply.hasPrefix(prefix), reply.hasSuffix(#""}}}"#) else { return reply }
        return String(reply.dropFirst(prefix.count).dropLast(4))
    }
}
