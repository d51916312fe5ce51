import Foundation
import TestSupport
import Testing

/// Tests a native call that no hook can interrupt. No script can make such a call, so luafunc has one for this test.
@Suite struct LastResortTests {
    @Test func `a native call that outlives its time limit by two seconds ends the process with code 200`() async throws
    {
        let app = try TemporaryApp([
            "stuck/function.json":
                #"{ "bindings": [ { "name": "msg", "type": "queueTrigger" } ], "lua": { "timeLimit": "10ms" } }"#,
            "stuck/handler.lua": "return function() endless() end",
        ])
        let server = try LuafuncProcess(
            ["serve", "--port", "0", "--app", app.folder.path, "--until-stdin-ends"],
            environment: ["LUAFUNC_ENDLESS_CALL": "1"])
        let connection = try RawConnection(port: server.port)
        let body = #"{"Data":{}}"#
        connection.send("POST /stuck HTTP/1.1\r\nHost: x\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
        let end = await server.end()
        #expect(end.code == 200)
        #expect(end.errors.contains("luafunc: function stuck, invocation "))
        #expect(end.errors.contains("a native call kept running after its time limit; luafunc exits with code 200"))
    }
}
