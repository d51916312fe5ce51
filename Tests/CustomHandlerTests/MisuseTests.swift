import Foundation
import HTTP1
import JSON
import LoopTesting
import TestSupport
import Testing

@testable import CustomHandler

/// What a script learns when it calls luafunc's functions wrongly in a tail call, which leaves no Lua function on the
/// stack but luafunc's own.
@Suite struct MisuseTests {
    struct Misuse: Sendable {
        let code: String
        let sentence: String
        /// The name that the script called; nil if Lua knows none.
        let name: String?
    }

    private static func bad(_ code: String, _ sentence: String, _ name: String?) -> Misuse {
        Misuse(code: code, sentence: sentence, name: name)
    }

    /// They use `url`, the URL of a server; `f`, a file that is open; and `r`, a response of the server.
    private static let misuses = [
        bad("http.request(url)", "http.request takes a table such as", "request"),
        bad("http.request { url = url, headers = 5 }", "http.request: headers must be a table", "request"),
        bad("http.request { url = url, headrs = 5 }", "http.request has no option 'headrs' (did you mean", "request"),
        bad(
            "http.request { url = url, body = function() return {} end }", "http.request: the function that", "request"),
        bad("http.get { url = url }", "http.get takes a url and then options; pass the table to http.request", "get"),
        bad("http.head { url = url }", "http.head takes a url and then options", "head"),
        bad("http.delete { url = url }", "http.delete takes a url and then options", "delete"),
        bad("http.post { url = url }", "http.post takes a url and then options", "post"),
        bad("http.put { url = url }", "http.put takes a url and then options", "put"),
        bad("http.patch { url = url }", "http.patch takes a url and then options", "patch"),
        bad("http.get()", "http.get needs a url", "get"),
        bad("http.get(url, 5)", "http.get: the options must be a table", "get"),
        bad(
            "http.get(url, { headrs = {} })",
            "http.get has no option 'headrs' (did you mean 'headers'?); there are 'headers', 'body', 'timeout', 'follow', "
                + "'limit', 'stream', 'retry'", "get"),
        bad(
            "http.post(url, 'x', { headrs = {} })",
            "http.post has no option 'headrs' (did you mean 'headers'?); there are 'headers', 'timeout', ", "post"),
        bad("http.get(url, { timeout = 'x' })", "http.get: timeout must be a number of seconds above 0", "get"),
        bad("http.get(url, { retry = { attempt = 2 } })", "http.get: retry has no option 'attempt'", "get"),
        bad("http.put(url, 'x', { headers = { a = {{}} } })", "http.put: the header 'a' must be text", "put"),
        bad("http.get(url, { url = url })", "http.get takes the url as its first argument", "get"),
        bad("http.head(url, { method = 'GET' })", "the method of http.head is in its name; for another method", "head"),
        bad("http.delete(url, { method = 'DELETE' })", "the method of http.delete is in its name", "delete"),
        bad("http.post(url, nil, { body = 'x' })", "http.post takes the body as its second argument", "post"),
        bad("http.put(url, 'x', { body = 'x' })", "http.put takes the body as its second argument", "put"),
        bad("http.patch(url, 'x', { body = false })", "http.patch takes the body as its second argument", "patch"),
        bad("http.patch(url, 'x', { url = url })", "http.patch takes the url as its first argument", "patch"),
        bad("http.response(5)", "bad argument #1 to 'response' (table expected, got number)", "response"),
        bad("http.eventStream {}", "http.eventStream takes a function that gets send", "eventStream"),
        bad(
            "http.eventStream(function(send) return send { x = 1 } end).body(print)", "an event has no field 'x'",
            "send"),
        bad("http.file(5, { root = 'data' })", "bad argument #1 to 'file' (string expected, got number)", "file"),
        bad("http.file('a')", "http.file needs the folder that it may serve", "file"),
        bad("http.file('a', { root = '..' })", "http.file: the root '..': ", "file"),
        bad("jwt.verify(5)", "bad argument #1 to 'verify' (string expected, got number)", "verify"),
        bad("jwt.verify('x', { isuer = 'x' })", "jwt.verify has no option 'isuer'", "verify"),
        bad("jwt.sign(5)", "bad argument #1 to 'sign' (table expected, got number)", "sign"),
        bad("jwt.sign({}, { ky = 'x' })", "jwt.sign has no option 'ky'", "sign"),
        bad("jwt.sign({ f = print }, { secret = ('k'):rep(32) })", "json.encode: .f: a function value", "sign"),
        bad("io.open()", "bad argument #1 to 'open' (string expected, got no value)", "open"),
        bad("io.open('data/a.txt', 'q')", "bad argument #2 to 'open' (invalid mode)", "open"),
        bad("io.lines()", "io.lines needs a path", "lines"),
        bad("io.lines('nothing')", "cannot open file 'nothing'", "lines"),
        bad("io.lines('data/a.txt', 'q')()", "bad argument #1 to 'read' (invalid format)", nil),
        bad("io.type()", "bad argument #1 to 'type' (value expected)", "type"),
        bad("f:read('q')", "bad argument #1 to 'read' (invalid format)", "read"),
        bad("f:read('l', {})", "bad argument #2 to 'read' (string expected, got table)", "read"),
        bad("f:read(-1)", "bad argument #1 to 'read' (not a number of bytes)", "read"),
        bad("f:seek('x')", "bad argument #1 to 'seek' (invalid option 'x')", "seek"),
        bad("f.read()", "bad argument #1 to 'read' (FILE* expected, got no value); call it with a colon", "read"),
        bad("f.lines {}", "bad argument #1 to 'lines' (FILE* expected, got table)", "lines"),
        bad("f.seek('set')", "bad argument #1 to 'seek' (FILE* expected, got string)", "seek"),
        bad("f.close()", "bad argument #1 to 'close' (FILE* expected", "close"),
        bad("f.write('x')", "bad argument #1 to 'write' (FILE* expected", "write"),
        bad("f.flush(io.stdout)", "bad argument #1 to 'flush' (FILE* expected", "flush"),
        bad("f.setvbuf()", "bad argument #1 to 'setvbuf' (FILE* expected", "setvbuf"),
        bad("f:close() and f:read()", "attempt to use a closed file", "read"),
        bad("r.json()", "call it with a colon: response:json()", "json"),
        bad("r:json()", "the response body is not JSON", "json"),
        bad("r.values('a')", "call it with a colon: response:values(name)", "values"),
        bad("r:values()", "the name of a header must be a string, not a nil", "values"),
        bad("r.chunks()", "call it with a colon: response:chunks()", "chunks"),
        bad("r:chunks()", "the body is already there", "chunks"),
        bad("r.close()", "call it with a colon: response:close()", "close"),
        bad("log.debug('%d', 'x')", "log.debug: bad argument #2 to 'string.format'", "debug"),
        bad("log.info('%d', 'x')", "log.info: bad argument #2 to 'string.format'", "info"),
        bad("log:warn('x')", "call it with a dot: log.warn(text)", "warn"),
        bad("log.error('%d', {})", "log.error: ", "error"),
        bad("log { log = log }", "call it with a dot: context.log(text)", "log"),
        bad("task.sleep(-1)", "bad argument #1 to 'sleep'", "sleep"),
        bad("task.all(5)", "task.all takes a list of functions", "all"),
        bad("require(5)", "bad argument #1 to 'require'", "require"),
        bad("load(5)", "bad argument #1 to 'load'", "load"),
    ]

    /// Each misuse is line 2 of a handler of its own.
    private static let app = Task {
        var files = ["host.json": ServedHost.forwarding, "data/a.txt": "one\ntwo\n"]
        for (number, misuse) in misuses.enumerated() {
            files["functions/m\(number)/function.json"] = TemporaryApp.httpFunction
            files["functions/m\(number)/handler.lua"] = """
                local function misuse(http, jwt, log, task, url, f, r)
                return \(misuse.code)
                end
                return function(data)
                  local url, http = data.req.Body, require "http"
                  local f, r = assert(io.open "data/a.txt"), assert(http.get(url))
                  if data.req:query "traced" then
                    return select(2, xpcall(misuse, debug.traceback, http, require "jwt", require "log", require "task", url, f, r))
                  end
                  return misuse(http, require "jwt", require "log", require "task", url, f, r)
                end
                """
        }
        let app = try TemporaryApp(files)
        let server = try CannedServer(["/": CannedServer.response("200 OK", Array("text".utf8))])
        return (app, server, try await InProcessHandler(root: app.folder.path, showsErrors: true))
    }

    private func call(_ number: Int, _ query: String = "") async throws -> Reply {
        let (_, server, handler) = try await Self.app.value
        let url = "http://127.0.0.1:\(server.port)/"
        return try await handler.request("/api/m\(number)\(query)", url, method: .post)
    }

    @Test(arguments: misuses.indices)
    func `a misuse in a tail call names the script's line and nothing of luafunc's inside`(_ number: Int) async throws {
        let misuse = Self.misuses[number]
        let place = "functions/m\(number)/handler.lua:2:"
        let problem = try JSONTree.parse(try await call(number).body.span.bytes)
        let detail = problem["detail"]?.string ?? ""
        #expect(detail.hasPrefix("\(place) \(misuse.sentence)"), "\(misuse.code): \(problem)")
        let calls = problem["traceback"]?.elements?.compactMap(\.string) ?? []
        let called = misuse.name.map { ["[C]: in function '\($0)'"] } ?? []
        #expect(calls.starts(with: called) && calls.dropFirst(called.count).first?.hasPrefix(place) == true, "\(calls)")
        #expect(calls.dropFirst(called.count).allSatisfy { !$0.hasPrefix("[C]") }, "\(misuse.code): \(calls)")
    }

    @Test(arguments: misuses.indices)
    func `debug.traceback shows the call as that of a C function`(_ number: Int) async throws {
        let misuse = Self.misuses[number]
        let place = "functions/m\(number)/handler.lua:2:"
        let text = try await call(number, "?traced=1").text
        let lines = text.split(separator: "\n").drop { $0 != "stack traceback:" }.dropFirst()
        #expect(text.hasPrefix("\(place) \(misuse.sentence)"), "\(misuse.code): \(text)")
        let first = lines.first ?? ""
        #expect(first.hasPrefix("\t[C]: in ") && first.hasSuffix(misuse.name.map { "\($0)'" } ?? "?"), "\(text)")
        #expect(lines.dropFirst().first?.hasPrefix("\t\(place) in ") == true, "\(misuse.code): \(text)")
        // The other call of C is that of xpcall.
        #expect(lines.count { $0.hasPrefix("\t[C]: in ") } == 2, "\(misuse.code): \(text)")
    }
}
