import CustomHandler
import DevHost
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

    @Test @MainLoop func `a function runs without a server`() async throws {
        let files = try TemporaryApp([
            "functions/hello/function.json":
                #"{ "bindings": [ { "name": "message", "type": "queueTrigger", "queueName": "q" }, { "name": "$return", "type": "queue", "direction": "out", "queueName": "r" } ] }"#,
            "functions/hello/handler.lua":
                #"return function(data) print("got", data.message) return "hello " .. data.message end"#,
        ])
        let app = try AppLoader(.folder(files.folder.path), settings: [:]).load()
        let inProcess = InProcessApp(
            app, on: .main, settings: [:], version: "0", options: InvocationOptions(logger: .silent))
        let function = try #require(app.functions["hello"])
        var parts = FunctionEvent.Parts()
        parts.input = Array("Ada".utf8)
        let result = await FunctionRun(of: function, in: app).run(
            try .sample(of: function, in: app, parts), through: inProcess)
        #expect(result.failure == nil)
        #expect(result.outputs.map(\.messages) == [[Array("hello Ada".utf8)]])
        #expect(inProcess.takeLogs(of: result.id) == ["got\tAda"])
        await inProcess.workers.shutdown()
    }

    @Test @MainLoop func `of a long log, 16 MB are kept`() async throws {
        let files = try TemporaryApp([
            "functions/f/function.json": TemporaryApp.queueFunction,
            "functions/f/handler.lua": "return function() for i = 1, 600 do print(('x'):rep(50000)) end end",
        ])
        let app = try AppLoader(.folder(files.folder.path), settings: [:]).load()
        let inProcess = InProcessApp(
            app, on: .main, settings: [:], version: "0", options: InvocationOptions(logger: .silent))
        let function = try #require(app.functions["f"])
        let result = await FunctionRun(of: function, in: app).run(
            try .sample(of: function, in: app, FunctionEvent.Parts()), through: inProcess)
        #expect(result.failure == nil)
        let logs = inProcess.takeLogs(of: result.id)
        #expect(logs.count == 337 && logs.last?.contains("264 later messages are missing") == true, "\(logs.count)")
        await inProcess.workers.shutdown()
    }
}
