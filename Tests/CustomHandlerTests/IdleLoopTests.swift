import EventLoop
import Foundation
import TestSupport
import Testing

@testable import CustomHandler

/// Waiting costs no time of the processor.
@Suite struct IdleLoopTests {
    @Test(arguments: [
        "for i = 1, 40 do task.spawn(http.get, url, { timeout = 0.5, headers = { a = ('x'):rep(60000) } }) end",
        "for i = 1, 4 do task.spawn(http.post, url, ('x'):rep(4 << 20), { timeout = 0.5 }) end",
        "for i = 1, 4 do task.spawn(http.get, (url:gsub('http', 'https')), { timeout = 0.5 }) end",
    ])
    func `while requests wait for a server that reads nothing, their loop rests`(_ code: String) async throws {
        let files = try TemporaryApp([
            "functions/many/function.json": TemporaryApp.httpFunction,
            "functions/many/handler.lua": """
            local http, task = require "http", require "task"
            return function(data)
                local url = data.req.Body
                \(code)
                return { statusCode = 202 }
            end
            """,
        ])
        // The system accepts connections, but nobody takes them.
        let (listener, port) = try RawConnection.listeningDescriptor()
        defer { close(listener) }
        let app = try await InProcessHandler(root: files.folder.path)
        let loop = app.workers.loop
        func turns() async -> UInt64 {
            await withCheckedContinuation { turns in loop.submit { turns.resume(returning: loop.turn) } }
        }
        let before = await turns()
        let reply = try await app.invoke("many", #"{"Data":{"req":{"Body":"http://127.0.0.1:\#(port)/"}}}"#)
        #expect(reply.text.contains("202"), "\(reply.text)")
        // A loop that did not rest would make as many turns within milliseconds.
        #expect(await turns() - before < 2000)
    }
}
