import Foundation
import FunctionsModel
import HTTP1
import TestSupport
import Testing

@testable import CustomHandler

/// `io.open` and `io.lines`, as a script sees them.
@Suite(.serialized) struct FileHandleTests {
    /// Runs the code in the body of the request, and returns its results as texts.
    private static let handler = """
        files = {}
        return function(data)
            local results = table.pack(assert(load(data.req.Body, "=body"))())
            for index = 1, results.n do results[index] = tostring(results[index]) end
            return table.concat(results, "|")
        end
        """

    private static let large = (1...20_000).map { "line \($0)\n" }.joined()

    private static let app = Task {
        let app = try TemporaryApp([
            "host.json": ServedHost.forwarding, "functions/f/function.json": TemporaryApp.httpFunction,
            "functions/f/handler.lua": handler, "functions/f/own.txt": "own", "data/lines.txt": "one\ntwo\n\nlast",
            "data/empty.txt": "", "data/ab.txt": "a\nb\n",
            "data/numbers.txt": " 12 -3.5e2 0x1Fp1 .5 1e 7x nan 99999999999999999999\n0x 5", "data/large.txt": large,
            "data/digits.txt": String(repeating: "1", count: 250) + "\n" + String(repeating: "2", count: 200),
            "local.settings.json": "{}", ".env": "KEY=1", "README.md": "", ".gitignore": "data/ignored.txt",
            "data/ignored.txt": "", "data/.hidden": "", "data/x_test.lua": "",
        ])
        try Data([0, 255, 13, 10, 120]).write(to: app.folder.appending(path: "data/bytes.bin"))
        try app.link("data/out", to: "/etc/hostname")
        try app.link("data/env", to: "../.env")
        try app.link("data/in", to: "ab.txt")
        #expect(mkfifo(app.folder.appending(path: "data/pipe").path, 0o600) == 0)
        let socket = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let path = app.folder.appending(path: "data/socket").path
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        _ = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        close(socket)
        return app
    }

    private static let handlerOfApp = Task {
        try await InProcessHandler(root: app.value.folder.path, showsErrors: true)
    }

    private func run(_ code: String) async throws -> String {
        try await Self.handlerOfApp.value.request("/api/f", code, method: .post).text
    }

    /// The results of Lua 5.4.4.
    @Test(arguments: [
        (
            "local f = io.open(\"data/lines.txt\") return f:read(\"a\"), f:read(\"a\"), f:read(\"l\"), f:read(0)",
            "one\ntwo\n\nlast||nil|nil"
        ),
        (
            "local f = io.open(\"data/lines.txt\") return f:read(), f:read(\"L\"), f:read(\"l\"), f:read(\"n\"), f:read(2), f:read(100), f:read(1), f:read(\"L\")",
            "one|two\n||nil|la|st|nil|nil"
        ),
        (
            "local f = io.open(\"data/lines.txt\") return f:read(\"l\", \"L\", 2, \"a\", \"a\", \"l\", \"a\")",
            "one|two\n|\nl|ast||nil"
        ),
        (
            "local f = io.open(\"data/lines.txt\") return f:read(\"*l\", \"*L\", \"*a\")",
            "one|two\n|\nlast"
        ),
        (
            "local f = io.open(\"data/lines.txt\") return f:read(0, 3, 0), f:seek(), f:seek(\"set\", 1), f:read(2), f:seek(\"cur\", -1), f:read(1), f:seek(\"end\"), f:read(1), f:read(0), f:seek(\"end\", -4), f:read(\"a\")",
            "|3|1|ne|2|e|13|nil|nil|9|last"
        ),
        (
            "local f = io.open(\"data/lines.txt\") return f:seek(\"set\", -1)",
            "nil|Invalid argument|22"
        ),
        (
            "local f = io.open(\"data/lines.txt\") return f:seek(\"set\", 1000), f:read(\"a\"), f:read(\"l\"), f:seek()",
            "1000||nil|1000"
        ),
        (
            "local f = io.open(\"data/empty.txt\") return f:read(\"a\"), f:read(\"l\"), f:read(\"a\"), f:read(0), f:read(\"n\"), f:seek(\"end\")",
            "|nil||nil|nil|0"
        ),
        (
            "local f = io.open(\"data/digits.txt\") return f:read(\"n\"), f:seek(), f:read(), f:read(\"n\")",
            "nil|200|\(String(repeating: "1", count: 50))|2.2222222222222e+199"
        ),
        (
            "local f = io.open(\"data/numbers.txt\") return f:read(\"n\", \"n\", \"n\", \"n\", \"n\")",
            "12|-350.0|62.0|0.5|nil"
        ),
        (
            "local f = io.open(\"data/numbers.txt\") return f:read(\"n\", \"n\", \"n\", \"n\", \"n\", \"n\"), f:read(\"n\"), f:read(\"l\")",
            "12|7|x nan 99999999999999999999"
        ),
        (
            "local f = io.open(\"data/numbers.txt\") f:read(\"n\", \"n\", \"n\", \"n\") return f:read(\"n\"), f:read(\"n\"), f:read(\"n\"), f:read(\"n\"), f:read(\"n\"), f:read(\"l\"), f:read(\"n\"), f:read(\"n\")",
            "nil|7|nil|nil|nil|x nan 99999999999999999999|nil|5"
        ),
        (
            "local f = io.open(\"data/bytes.bin\", \"rb\") return f:read(\"a\"):byte(1, -1)",
            "0|255|13|10|120"
        ),
        (
            "local f = io.open(\"data/bytes.bin\", \"rb\") return f:read(\"l\"):byte(1, -1)",
            "0|255|13"
        ),
        (
            "local t = {} for line in io.lines(\"data/lines.txt\") do t[#t + 1] = \"[\" .. line .. \"]\" end return table.concat(t)",
            "[one][two][][last]"
        ),
        (
            "local t = {} for line in io.lines(\"data/lines.txt\", \"L\") do t[#t + 1] = \"[\" .. line .. \"]\" end return table.concat(t)",
            "[one\n][two\n][\n][last]"
        ),
        (
            "local t = {} for a, b in io.lines(\"data/lines.txt\", 1, \"l\") do t[#t + 1] = \"[\" .. a .. \"|\" .. tostring(b) .. \"]\" end return table.concat(t)",
            "[o|ne][t|wo][\n|last]"
        ),
        (
            "local t = {} for n in io.lines(\"data/numbers.txt\", \"n\") do t[#t + 1] = tostring(n) end return table.concat(t, \" \")",
            "12 -350.0 62.0 0.5"
        ),
        (
            "local f = io.open(\"data/ab.txt\") local t = {} for line in f:lines() do t[#t + 1] = line end return table.concat(t), io.type(f), f:read()",
            "ab|file|nil"
        ),
        (
            "local n = 0 local next_line, a, b, f = io.lines(\"data/ab.txt\") while next_line() do n = n + 1 end return n, a, b, io.type(f), select(2, pcall(next_line))",
            "2|nil|nil|closed file|file is already closed"
        ),
        (
            "local f = io.open(\"data/ab.txt\") return io.type(f), f:close(), io.type(f), tostring(f), pcall(f.read, f)",
            "file|true|closed file|file (closed)|false|attempt to use a closed file"
        ),
        (
            "local f = io.open(\"data/ab.txt\") f:close() return pcall(f.close, f)",
            "false|attempt to use a closed file"
        ),
        (
            "local f = io.open(\"data/ab.txt\") return f:flush() ~= nil, f:setvbuf(\"no\"), (tostring(f):gsub(\"0x%x+\", \"0x\")), type(f)",
            "true|true|file (0x)|userdata"
        ),
        (
            "return io.open(\"data/none.txt\")",
            "nil|data/none.txt: No such file or directory|2"
        ),
        (
            "return io.open(\"none/none.txt\", \"rb\")",
            "nil|none/none.txt: No such file or directory|2"
        ),
        (
            "return pcall(io.lines, \"data/none.txt\")",
            "false|cannot open file 'data/none.txt' (No such file or directory)"
        ),
        (
            "local f = io.open(\"data/ab.txt\") return f:seek(\"set\", 2.0), f:read(\"a\"), f.unknown, #f:read(\"a\")",
            "2|b\n|nil|0"
        ),
        ("return io.open(\"data/ab.txt/\")", "nil|data/ab.txt/: Not a directory|20"),
        ("return io.open(\"./data//ab.txt/.\")", "nil|./data//ab.txt/.: Not a directory|20"),
        ("return io.open(\"data/\")", "nil|data/: Is a directory|21"),
        ("return io.open(\"data/none/\")", "nil|data/none/: No such file or directory|2"),
        (
            "local f = io.open(\"data/ab.txt\") return io.close(f), io.type(f)",
            "true|closed file"
        ),
        (
            "local f = io.open(\"data/ab.txt\") local t = {} for c in f:lines(1) do t[#t + 1] = c end return #t, f:seek(\"set\"), f:read(\"a\")",
            "4|0|a\nb\n"
        ),
    ])
    func `a file is read as Lua reads it`(_ code: String, result: String) async throws {
        #expect(try await run(code) == result)
    }

    @Test(arguments: [
        (
            "return io.open('data/ab.txt', 'w')",
            "nil|data/ab.txt: a function cannot write files; write to a blob output"
        ),
        ("return io.open('data/ab.txt', 'r+b')", "nil|data/ab.txt: a function cannot write files; "),
        ("return io.open('data/ab.txt'):write 'x'", "nil|data/ab.txt: a function cannot write files; "),
        ("return (io.open('data/ab.txt', 'x'))", "body:1: bad argument #2 to 'open' (invalid mode)"),
        ("return (io.open())", "body:1: bad argument #1 to 'open' (string expected, got no value)"),
        ("return (io.lines())", "body:1: io.lines needs a path: a function has no standard input"),
        ("local f = io.open('data/ab.txt') return (f:read('x'))", "body:1: bad argument #1 to 'read' (invalid format)"),
        (
            "local f = io.open('data/ab.txt') return (f:read('l', {}))",
            "body:1: bad argument #2 to 'read' (string expected, got table)"
        ),
        (
            "local f = io.open('data/ab.txt') return (f:read(1.5))",
            "body:1: bad argument #1 to 'read' (number has no integer"
        ),
        (
            "local f = io.open('data/ab.txt') return (f:seek('middle'))",
            "body:1: bad argument #1 to 'seek' (invalid option 'middle')"
        ),
        (
            "local f = io.open('data/ab.txt') return (f.read('l'))",
            "body:1: bad argument #1 to 'read' (FILE* expected, got string); call it with a colon"
        ),
        (
            "for l in io.lines('data/none.txt') do end",
            "body:1: cannot open file 'data/none.txt' (No such file or directory)"
        ),
        ("return getmetatable(io.open('data/ab.txt'))", "false"),
        ("return io.open('data/in'):read 'a'", "a\nb\n"),
        ("return io.open('./data//ab.txt'):read 'a'", "a\nb\n"),
        ("return io.open('functions/f/own.txt'):read 'a', io.open('f/own.txt'):read 'a'", "own|own"),
        ("return io.open('functions/f/handler.lua'):read()", "files = {}"),
        ("return io.open 'host.json' ~= nil", "true"),
        // What a script must not read.
        ("return io.open '/etc/passwd'", "nil|/etc/passwd: write a path relative to the app's folder, without '..'|1"),
        ("return io.open 'data/../../x'", "nil|data/../../x: write a path relative"),
        ("return io.open ''", "nil|: No such file or directory|2"),
        ("return io.open 'data/ab.txt\\0.png'", "nil|data/ab.txt\0.png: the name of a file cannot contain a NUL|22"),
        ("return io.open(('x'):rep(1e6))", "File name too long|36"),
        ("return io.open(('x/'):rep(2000))", "File name too long|36"),
        ("return io.open(('x/'):rep(60))", "No such file or directory|2"),
        (
            "return io.open 'local.settings.json'",
            "nil|local.settings.json: a function reads only files that are deployed: local.settings.json is never deployed; read settings with os.getenv|13"
        ),
        ("return io.open '.env'", "a name that begins with a dot is never deployed|13"),
        ("return io.open 'data/.hidden'", "a name that begins with a dot is never deployed|13"),
        ("return io.open 'data/env'", "nil|data/env: it is a link to .env, which is never deployed|13"),
        ("return io.open 'data/x_test.lua'", "tests are never deployed|13"),
        ("return io.open 'none.txt'", "nil|none.txt: No such file or directory|2"),
        ("return io.open 'README.md'", "only host.json is deployed; move this one into a folder|13"),
        ("return io.open 'data/ignored.txt'", "deployed: .gitignore names it, so it is not deployed|13"),
        (
            "return io.open 'data/out'",
            "nil|data/out: it is a link that leads out of the app; copy what it leads to into the app|18"
        ),
        ("return io.open 'data'", "nil|data: Is a directory|21"),
        ("return io.open 'data/pipe'", "nil|data/pipe: it is not a file|22"),
        ("return io.open 'data/socket'", "nil|data/socket: "),
    ])
    func `what cannot be read is refused with a reason`(_ code: String, part: String) async throws {
        let text = try await run(code)
        #expect(text.contains(part), "\(text)")
    }

    @Test(arguments: [
        "local n, sum = 0, 0 for line in io.lines 'data/large.txt' do n = n + 1 sum = sum + #line end return n, sum",
        "local n, sum = 0, 0 for line in io.lines('data/large.txt', 'L') do n = n + 1 sum = sum + #line - 1 end return n, sum",
        "local n, sum, f = 0, 0, io.open 'data/large.txt' while true do local line = f:read() if not line then break end "
            + "n = n + 1 sum = sum + #line end return n, sum",
        "local n = select(2, io.open('data/large.txt'):read('a'):gsub('\\n', '')) return n, #io.open('data/large.txt'):read(1e9) - n",
        "local f, n, sum = io.open('data/large.txt'), 0, 0 for at = 0, 1e9, 777 do f:seek('set', at) local text = f:read(777) "
            + "if not text then break end local _, count = text:gsub('\\n', '') n = n + count sum = sum + #text - count end return n, sum",
        "local n, sum = 0, 0 local next_line = coroutine.wrap(function() for l in io.lines 'data/large.txt' do coroutine.yield(l) end end) "
            + "for line in next_line do n = n + 1 sum = sum + #line end return n, sum",
    ])
    func `a file is read across its pieces`(_ code: String) async throws {
        let lines = Self.large.split(separator: "\n")
        #expect(try await run(code) == "\(lines.count)|\(lines.reduce(0) { $0 + $1.utf8.count })")
    }

    @Test func `thousands of open files need no descriptors`() async throws {
        let before = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
        let code = """
            local files = {}
            for index = 1, 5000 do files[index] = assert(io.open "data/ab.txt") files[index]:read() end
            local texts = {}
            for index = 1, 5000 do texts[index] = files[index]:read() end
            return #table.concat(texts)
            """
        #expect(try await run(code) == "5000")
        let after = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
        #expect(after - before < 100)
    }

    @Test func `a file that changes while it is read is an error, and a new handle sees the new bytes`() async throws {
        let app = try await Self.app.value
        try app.write(["data/changing.txt": Self.large])
        #expect(try await run("files.f = io.open 'data/changing.txt' return files.f:read()") == "line 1")
        try app.write(["data/changing.txt": "new" + Self.large])
        #expect(
            try await run("return files.f:read 'a'")
                == "nil|data/changing.txt: the file was changed while it was read; open it again|116")
        #expect(try await run("return io.open('data/changing.txt'):read(3)") == "new")
    }

    @Test func `a file that does not fit into the memory limit is an error`() async throws {
        let app = try await Self.app.value
        let file = app.folder.appending(path: "data/huge.bin").path
        #expect(FileManager.default.createFile(atPath: file, contents: nil) && truncate(file, 1 << 30) == 0)
        #expect(
            try await run("return pcall(io.open('data/huge.bin').read, io.open 'data/huge.bin', 'a')")
                == "false|not enough memory")
        #expect(
            try await run("return pcall(io.open('data/huge.bin').read, io.open 'data/huge.bin')").contains(
                "not enough memory"))
        #expect(try await run("return io.open('data/huge.bin'):seek 'end'") == "\(1 << 30)")
    }

    @Test func `a script reads files while it is loaded, and modules read them too`() async throws {
        let app = try TemporaryApp([
            "host.json": ServedHost.forwarding, "functions/f/function.json": TemporaryApp.httpFunction,
            "functions/f/handler.lua":
                "local text = io.open('data/a.txt'):read 'a' return function() return text .. require 'm' end",
            "lib/m.lua": "local f <close> = io.open 'data/b.txt' return f:read 'a'", "data/a.txt": "a",
            "data/b.txt": "b",
        ])
        let handler = try await InProcessHandler(root: app.folder.path)
        #expect(try await handler.request("/api/f").text == "ab")
    }
}

enum ServedHost {
    static let forwarding = #"{ "version": "2.0", "customHandler": { "enableForwardingHttpRequest": true } }"#
}
