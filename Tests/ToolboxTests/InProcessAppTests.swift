import CustomHandler
import EventLoop
import Foundation
import FunctionsModel
import HTTP1
import Log
import LoopTesting
import TestSupport
import Testing

@testable import Toolbox

struct InProcessAppTests {
    init() { MainLoopThread.start() }

    @Test @MainLoop func `a function answers a payload without a server`() async throws {
        let files = try TemporaryApp([
            "functions/hello/function.json":
                #"{ "bindings": [ { "name": "message", "type": "queueTrigger", "queueName": "q" }, { "name": "$return", "type": "queue", "direction": "out", "queueName": "r" } ] }"#,
            "functions/hello/handler.lua": #"return function(data) return "hello " .. data.message end"#,
        ])
        let app = try AppLoader(.folder(files.folder.path), settings: [:]).load()
        let inProcess = InProcessApp(
            app, on: .main, settings: [:], version: "0", options: InvocationOptions(logger: .silent))
        let response = try await inProcess.workers.answer(
            .post, "/hello", fields: [:], body: Array(#"{"Data":{"message":"\"Ada\""},"Metadata":{}}"#.utf8))
        #expect(response.status == 200)
        #expect(String(decoding: response.body, as: UTF8.self).contains(#""ReturnValue":"hello Ada""#))
        await inProcess.workers.shutdown()
    }
}
