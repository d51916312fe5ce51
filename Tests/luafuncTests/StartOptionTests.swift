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
        let host = try StartedApp(app, ["--functions", "ONE", "two"])
        for (name, status) in [("one", 200), ("two", 200), ("three", 404)] {
            #expect(try host.request("/api/\(name)").status == status)
        }
        let listed = try host.request("/admin/functions").text
        #expect(listed.contains("/two") && !listed.contains("/three"))
        #expect(host.process.waitForLine(containing: "none of the functions that --functions names has this route"))
        try app.write(Self.files("four", handler: "error('never loaded')"), isAtomic: true)
        try app.write(Self.files("one", handler: "return function() return 'new' end"), isAtomic: true)
        while try host.request("/api/one").text != "new" {}
        #expect(try host.request("/api/four").status == 404)
    }

    @Test(arguments: [
        (["--functions", "helo"], "there is no function 'helo' for --functions; did you mean 'hello'?"),
        (["--functions", "xyz"], "there is no function 'xyz' for --functions; there are hello"),
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
        try app.write([".env": "C=new"], isAtomic: true)
        #expect(host.process.waitForLine(containing: ".env has changed; restart luafunc to use its settings"))
        try app.write([".env": "C"], isAtomic: true)
        #expect(host.process.waitForLine(containing: ".env:1: must be NAME=VALUE"))
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
        }
        let checked = try await run("check")
        #expect(checked.code == 1 && checked.output.contains("the quote that begins here is not closed"), "\(checked)")
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
        #expect(host.process.waitForLine(containing: "callers have to trust \(certificate)"))
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
        for text in ["callers have to trust \(certificate)", "curl --cacert \(certificate) https://localhost:"] {
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
