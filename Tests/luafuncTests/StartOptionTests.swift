import Foundation
import TestSupport
import Testing

/// Tests the options of `luafunc start`, `.env` and the installation of completions with the built program.
@Suite struct StartOptionTests {
    private static func files(_ names: String..., handler: String = "return function() return 'hi' end") -> [String:
        String]
    {
        names.reduce(into: [:]) { files, name in
            files["functions/\(name)/function.json"] = TemporaryApp.httpFunction
            files["functions/\(name)/handler.lua"] = handler
        }
    }

    @Test func `only the chosen functions are listed and answer, also after saves`() throws {
        let app = try TemporaryApp(Self.files("one", "two", "three"))
        let host = try StartedApp(app, ["--functions", "ONE,two"])
        for (name, status) in [("one", 200), ("two", 200), ("three", 404)] {
            #expect(try host.request("/api/\(name)").status == status)
        }
        let listed = try host.request("/admin/functions").text
        #expect(listed.contains("/two") && !listed.contains("/three"))
        #expect(host.process.waitForLine(containing: "none of the functions that --functions names has this route"))
        let fields = ["Content-Type": "application/json"]
        #expect(
            try host.request("/admin/functions/three", method: "POST", headers: fields, body: "{}").status == 404)
        #expect(host.process.waitForLine(containing: "none of the functions of --functions has this name"))
        try app.write(Self.files("four", handler: "error('never loaded')"), isAtomic: true)
        try app.write(Self.files("one", handler: "return function() return 'new' end"), isAtomic: true)
        while try host.request("/api/one").text != "new" {}
        #expect(try host.request("/api/four").status == 404)
    }

    @Test(arguments: [
        (["--functions", "helo"], "there is no function 'helo' for --functions; did you mean 'hello'?"),
        (["--functions", "xyz"], "there is no function 'xyz' for --functions; the only function is hello"),
        (["--functions", "hello,helo"], "there is no function 'helo' for --functions; did you mean 'hello'?"),
        (["--functions", "xyz", "Sources"], "'Sources' is a folder: write the app folder before --functions"),
        (["--functions", "hello", "Sources"], "write the app folder before --functions"),
    ])
    func `an unknown function is refused`(arguments: [String], sentence: String) async throws {
        let host = try StartedApp(try TemporaryApp(Self.files("hello")), arguments, waits: false)
        let end = await host.process.end()
        #expect(end.code == 65 && end.errors.contains(sentence), "\(end.errors)")
    }

    @Test func `the folder and the port have short forms`() throws {
        let app = try TemporaryApp(Self.files("hello"))
        let process = try LuafuncProcess(["start", app.folder.path, "-p", "0"])
        #expect(try process.request("/api/hello").text == "hi")
    }

    @Test func `--cors replaces the origins of local.settings.json`() throws {
        var files = Self.files("hello")
        files["local.settings.json"] = #"{ "Host": { "CORS": "https://old.example" } }"#
        let host = try StartedApp(
            try TemporaryApp(files), ["--cors", "https://a.example,https://b.example/", "--cors-credentials"])
        for (origin, isAllowed) in [("https://b.example", true), ("https://old.example", false)] {
            let fields = try host.request("/api/hello", headers: ["Origin": origin]).headers
            #expect(fields["access-control-allow-origin"] == (isAllowed ? origin : nil))
            #expect(fields["access-control-allow-credentials"] == (isAllowed ? "true" : nil))
        }
        _ = try host.request(
            "/api/hello", method: "OPTIONS",
            headers: ["Origin": "https://old.example", "Access-Control-Request-Method": "PUT"])
        #expect(host.process.waitForLine(containing: "is not listed in --cors; add it there"))
    }

    @Test(arguments: [[], ["--cors", "*"], ["--cors-credentials"]])
    func `cookies for pages of all origins are a warning if local.settings.json allows them`(options: [String]) throws {
        var files = Self.files("hello")
        let credentials = options == ["--cors-credentials"] ? "" : #", "CORSCredentials": true"#
        files["local.settings.json"] = #"{ "Host": { "CORS": "*"\#(credentials) } }"#
        let host = try StartedApp(try TemporaryApp(files), options)
        #expect(host.process.waitForLine(containing: "warn  the origin '*' with credentials: CORS allows no cookies"))
    }

    @Test func `a terminal shows which page may not call`() throws {
        let app = try TemporaryApp(Self.files("hello"))
        let words = ["start", app.folder.path, "-p", "0", "--cors", "https://a.example"]
        let terminal = try PseudoTerminal(words, folder: app.folder)
        #expect(terminal.wait(for: "Ctrl-C stops."))
        let port = try #require(terminal.shown.firstMatch(of: #/localhost:(\d+)/#).flatMap { Int($0.1) })
        let fields = ["Origin": "https://b.example", "Access-Control-Request-Method": "PUT"]
        let reply = try RawConnection.request(
            "/api/hello", method: "OPTIONS", port: port, headers: fields, body: [])
        #expect(reply.status == 204 && reply.headers["access-control-allow-origin"] == nil)
        #expect(terminal.wait(for: "\u{1b}[33m"))
        #expect(terminal.wait(for: "pages of https://b.example may not call"))
        terminal.send(signal: SIGINT)
        #expect(terminal.finish() == 0)
    }

    // MARK: .env

    private static let environmentFiles = [
        ".env": "A=env\nexport B=\"env\"\nC=env\n",
        "local.settings.json": #"{ "Values": { "A": "json", "B": "json" } }"#,
        "functions/f/function.json": TemporaryApp.httpFunction,
        "functions/f/handler.lua":
            "return function() return table.concat({ os.getenv 'A', os.getenv 'B', os.getenv 'C' }, ' ') end",
        "functions/f/f_test.lua":
            "test('reads', function() expect(invoke('f', {}).response.body):equals('taken json env') end)",
    ]

    @Test func `the environment wins, then local.settings.json, then .env`() async throws {
        let app = try TemporaryApp(Self.environmentFiles)
        let host = try StartedApp(app, environment: ["A": "taken"])
        #expect(try host.request("/api/f").text == "taken json env")
        try app.write([".env": "C"], isAtomic: true)
        #expect(host.process.waitForLine(containing: ".env:1: must be NAME=VALUE"))
        try app.write([".env": "C=new"], isAtomic: true)
        let lines = try host.lines(upTo: ".env has changed; restart luafunc to use its settings")
        #expect(!lines.contains { $0.contains("must be NAME=VALUE") }, "the mistake was told twice")
    }

    @Test func `a reference in .env stays as it is, with one warning`() async throws {
        var files = Self.environmentFiles
        files[".env"] = "C=${secret}\n"
        files["functions/f/f_test.lua"] = nil
        let app = try TemporaryApp(files)
        for (words, code) in [
            (["invoke", "f"], 0), (["test"], 0), (["check"], 0), (["pack", "--zip", app.folder.path + "/app.zip"], 0),
            (["repl"], 0), (["start", "--port", "0"], 0),
        ] as [([String], Int32)] {
            let process = try LuafuncProcess(words + ["--app", app.folder.path], waits: false)
            var before = ""
            if words[0] == "start" {
                before = try #require(process.line(containing: ".env:1: "))
                process.send(signal: SIGTERM)
            }
            process.endInput()
            let end = await process.end()
            let said = before + CheckOutput.sentences(end.output) + end.errors
            #expect(said.components(separatedBy: ".env:1: ").count == 2, "\(words) \(end)")
            #expect(end.code == code, "\(words) \(end)")
            if words[0] == "invoke" { #expect(end.output.contains("${secret}"), "\(end)") }
        }
    }

    @Test func `.env applies to invoke, test and check, and its mistakes are reported`() async throws {
        let app = try TemporaryApp(Self.environmentFiles)
        func run(_ words: String...) async throws -> (code: Int32, output: String, errors: String) {
            let process = try LuafuncProcess(
                words + ["--app", app.folder.path], environment: ["A": "taken"], waits: false)
            return await process.end()
        }
        let invoked = try await run("invoke", "f")
        #expect(invoked.code == 0 && invoked.output.contains("taken json env"), "\(invoked)")
        let tested = try await run("test")
        #expect(tested.code == 0, "\(tested)")
        try app.write([".env": "C=\"secret"])
        for command in [["invoke", "f"], ["test"], ["start"]] {
            let process = try LuafuncProcess(
                command + ["--app", app.folder.path] + (command == ["start"] ? ["--port", "0"] : []), waits: false)
            let end = await process.end()
            #expect(end.code == 65 && end.errors.contains(".env:1: the quote that begins here is not closed"), "\(end)")
            #expect(!end.errors.contains("secret"))
            #expect(end.errors.components(separatedBy: ".env:1:").count == 2, "\(end)")
        }
        let packed = try await run("pack", "--zip", app.folder.path + "/app.zip")
        #expect(packed.code == 0 && packed.output.contains("app.zip"), "\(packed)")
        let checked = try await run("check")
        #expect(checked.code == 1 && checked.output.contains("the quote that begins here is not closed"), "\(checked)")
    }

    @Test func `a terminal shows a mistake in .env and no secret, and a save of it`() throws {
        let app = try TemporaryApp(Self.environmentFiles.merging([".env": "A=\"s3cret"]) { $1 })
        let words = ["start", app.folder.path, "-p", "0"]
        let refused = try PseudoTerminal(words, folder: app.folder)
        #expect(refused.wait(for: ".env:1: the quote that begins here is not closed"))
        #expect(refused.finish() == 65 && !refused.shown.contains("s3cret"))
        try app.write([".env": "A=1"], isAtomic: true)
        let terminal = try PseudoTerminal(words, folder: app.folder)
        #expect(terminal.wait(for: "Ctrl-C stops."))
        try app.write([".env": "A=2"], isAtomic: true)
        #expect(terminal.wait(for: ".env has changed; restart luafunc to use its settings"))
        terminal.send(signal: SIGINT)
        #expect(terminal.finish() == 0)
    }

    // MARK: https

    /// An app whose function calls a URL, trusting what `SSL_CERT_FILE` names.
    private static let caller = files(
        "call",
        handler: """
            local http = require "http"
            return function()
              local reply, why = http.post(os.getenv "URL", os.getenv "BODY" or "x")
              return reply and reply.status .. " " .. reply.body or why
            end
            """)

    private func call(_ url: String, trusting certificate: String, body: String = "x") async throws -> String {
        let app = try TemporaryApp(Self.caller)
        let process = try LuafuncProcess(
            ["invoke", "call", "--app", app.folder.path, "--format", "text"],
            environment: ["URL": url, "SSL_CERT_FILE": certificate, "BODY": body], waits: false)
        let end = await process.end()
        return end.output + end.errors
    }

    @Test(arguments: ["{}", #"{ "enableForwardingHttpRequest": true }"#, #"{ "enableProxyingHttpRequest": true }"#])
    func `a function is called over https, and sees that`(handler: String) async throws {
        var files = Self.files(
            "hello",
            handler: """
                return function(req)
                  req = req.req or req
                  return { body = "GOT " .. req.Url .. " " .. #(req.Body or "") }
                end
                """)
        files["host.json"] = #"{ "version": "2.0", "customHandler": \#(handler) }"#
        let host = try StartedApp(try TemporaryApp(files), ["--https"])
        let certificate = host.app.folder.path + "/.luafunc/https/localhost.crt"
        let url = "https://localhost:\(host.port)/api/hello"
        let said = try await call(url, trusting: certificate, body: String(repeating: "x", count: 100_000))
        #expect(said.contains("200 GOT \(url) 100000"), "\(said)")
        #expect(try host.request("/api/hello").text == "This port speaks https. Write https:// in the URL.\n")
        #expect(
            host.process.waitForLine(
                containing: "Callers must trust \(certificate): use curl --cacert \(certificate), or"))
        let key = try FileManager.default.attributesOfItem(
            atPath: host.app.folder.path + "/.luafunc/https/localhost.key")
        #expect(key[.posixPermissions] as? Int == 0o600)
    }

    @Test func `a terminal shows https addresses, and a first call that trusts the certificate`() throws {
        let app = try TemporaryApp(Self.files("hello", "other"))
        let words = ["start", app.folder.path, "-p", "0", "--https", "--functions", "hello"]
        let terminal = try PseudoTerminal(words, folder: app.folder)
        #expect(terminal.wait(for: "Ctrl-C stops."))
        let certificate = "\(app.folder.path)/.luafunc/https/localhost.crt"
        for text in ["Callers must trust \(certificate): ", "curl --cacert \(certificate) https://localhost:"] {
            #expect(terminal.shown.contains(text), "\(terminal.shown)")
        }
        #expect(!terminal.shown.contains("other"))
        terminal.send(signal: SIGINT)
        #expect(terminal.finish() == 0)
    }

    @Test func `a certificate is kept, and a damaged one is made anew`() async throws {
        let app = try TemporaryApp(Self.files("hello"))
        let file = app.folder.appending(path: ".luafunc/https/localhost.crt")
        var texts: [String] = []
        for damage in [nil, nil, "broken"] {
            if let damage { try app.write([".luafunc/https/localhost.crt": damage]) }
            let host = try StartedApp(app, ["--useHttps"])
            texts.append(try String(contentsOf: file, encoding: .utf8))
            host.process.send(signal: SIGTERM)
            _ = await host.process.end()
        }
        #expect(texts[0] == texts[1] && texts[1] != texts[2] && texts[2].hasPrefix("-----BEGIN CERTIFICATE"))
    }

    // MARK: Completion

    @Test func `a terminal shows where a completion was written, and not the script`() throws {
        let home = try TemporaryApp([:])
        let environment = ["HOME": home.folder.path, "SHELL": "/bin/zsh"]
        let terminal = try PseudoTerminal(
            ["completion", "--install"], folder: home.folder, environment: environment)
        #expect(terminal.finish() == 0)
        let file = "\(home.folder.path)/.local/share/zsh/site-functions/_luafunc"
        #expect(terminal.shown.hasPrefix("Wrote \(file)\n") && terminal.shown.contains("fpath=("))
        #expect(!terminal.shown.contains("#compdef") && FileManager.default.fileExists(atPath: file))
    }

    private func install(
        _ words: [String], _ environment: [String: String]
    ) async throws -> (code: Int32, output: String, errors: String) {
        try await LuafuncProcess(["completion"] + words + ["--install"], environment: environment, waits: false).end()
    }

    @Test(arguments: [
        ("bash", "HOME", ".local/share/bash-completion/completions/luafunc", "bash-completion"),
        ("bash", "XDG_DATA_HOME", "bash-completion/completions/luafunc", "~/.bashrc"),
        ("bash", "BASH_COMPLETION_USER_DIR", "completions/luafunc", "source "),
        ("zsh", "HOME", ".local/share/zsh/site-functions/_luafunc", "fpath=("),
        ("fish", "XDG_CONFIG_HOME", "fish/completions/luafunc.fish", "It works at once."),
    ])
    func `a completion is installed, once, and never over another file`(
        shell: String, variable: String, path: String, advice: String
    ) async throws {
        let home = try TemporaryApp([:])
        let file = home.folder.appending(path: path)
        let environment = [variable: home.folder.path, "SHELL": "/usr/bin/\(shell)"]
        let first = try await install([shell], environment)
        #expect(first.code == 0 && first.output.hasPrefix("Wrote \(file.path)\n"), "\(first)")
        #expect(first.output.contains(advice) && first.errors.isEmpty)
        let script = try String(contentsOf: file, encoding: .utf8)
        #expect(try await install([], environment).output.hasPrefix("Up to date: \(file.path)\n"))
        try home.write([path: script + "# older\n"])
        #expect(try await install([shell], environment).code == 0)
        #expect(try String(contentsOf: file, encoding: .utf8) == script)
        try home.write([path: "# mine\n"])
        let refused = try await install([shell], environment)
        #expect(refused.code == 1 && refused.errors.contains("exists and is not from luafunc"), "\(refused)")
        #expect(try String(contentsOf: file, encoding: .utf8) == "# mine\n")
        try FileManager.default.removeItem(at: file)
        try home.link(path, to: "elsewhere")
        #expect(try await install([shell], environment).code == 1)
    }

    @Test(arguments: [
        (["fish"], [:], 1, "HOME is not set"), (["fish"], ["HOME": "/dev/null"], 1, "cannot be written"),
        ([], ["HOME": "/tmp", "SHELL": "/bin/tcsh"], 64, "SHELL names none of bash, zsh and fish"),
        (["fish"], ["HOME": "relative"], 1, "HOME is not set"),
    ])
    func `a place that cannot be used is refused`(
        words: [String], environment: [String: String], code: Int32, sentence: String
    ) async throws {
        let end = try await install(words, environment)
        #expect(end.code == code && end.errors.contains(sentence) && end.output.isEmpty, "\(end)")
    }
}
