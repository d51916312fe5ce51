import Foundation
import TestSupport
import Testing

@testable import luafunc

/// Tests what the shells offer, by running the shells if they are installed.
@Suite struct CompletionTests {

    /// What a shell prints for a script, in an empty home folder that holds the completion as `completion`.
    private func run(_ shell: Shell, _ script: String) throws -> String {
        let home = try TemporaryFolder()
        defer { withExtendedLifetime(home) {} }
        try home.write(SampleProgram.program.completionScript(for: shell), to: "completion")
        try home.write(Self.zshSettings, to: ".zshrc")
        let process = Process()
        let output = Pipe()
        // A shell that waits forever fails the test instead of blocking it.
        process.executableURL = URL(filePath: "/usr/bin/timeout")
        process.arguments = try ["-k", "1", "60", #require(Self.path(of: shell)?.path), "-c", script]
        process.currentDirectoryURL = URL(filePath: home.path)
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = output
        process.environment = ["PATH": "/usr/bin:/bin", "HOME": home.path, "TERM": "dumb"]
        try process.start()
        let text = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return String(decoding: text, as: UTF8.self)
    }

    private static let zshSettings = """
        PS1='READY '
        autoload -Uz compinit; compinit -D -u
        source ./completion
        luafunc() { print -r -- "ran $*;" }
        """

    private static func path(of shell: Shell) -> URL? {
        ["/usr/bin", "/bin"].map { URL(filePath: "\($0)/\(shell.rawValue)") }
            .first { FileManager.default.isExecutableFile(atPath: $0.path) }
    }

    static let lines: [([String], Set<String>)] = [
        (["st"], ["strict"]), (["run", "--co"], ["--count"]), (["run", "--no"], ["--no-watch"]),
        (["run", "--mode", ""], ["fast", "slow"]), (["run", "--mode", "s"], ["slow"]),
        (["run", "--auth", "--mode", "s"], ["slow"]), (["complete", ""], ["bash", "zsh", "fish", "--help"]),
        (["help", "c"], ["complete"]), (["run", "--hid"], []), (["run", "--count", ""], []),
        (["make", "--mode", "f"], ["fast"]),
    ]

    @Test(arguments: lines)
    func `bash completes`(_ words: [String], offers: Set<String>) throws {
        let line = words.map { "'\($0)'" }.joined(separator: " ")
        let output = try run(
            .bash,
            """
            source ./completion; COMP_WORDS=(luafunc \(line)); COMP_CWORD=\(words.count); _luafunc
            printf '%s\\n' "${COMPREPLY[@]}"
            """)
        #expect(Set(output.split(separator: "\n").map(String.init)) == offers)
    }

    @Test func `bash completes a value behind an equals sign`() throws {
        let output = try run(
            .bash,
            """
            source ./completion; COMP_WORDS=(luafunc run --mode = s); COMP_CWORD=4; _luafunc; echo "${COMPREPLY[@]}"
            COMP_WORDS=(luafunc run --mode =); COMP_CWORD=3; _luafunc; echo "${COMPREPLY[@]}"
            """)
        #expect(output == "slow\nfast slow\n")
    }

    @Test func `bash completes an operand that is a folder`() throws {
        let output = try run(
            .bash,
            """
            mkdir folder; touch file; source ./completion
            COMP_WORDS=(luafunc make f); COMP_CWORD=2; _luafunc 2>/dev/null; echo "${COMPREPLY[@]}"
            COMP_WORDS=(luafunc make --m); COMP_CWORD=2; _luafunc; echo "${COMPREPLY[@]}"
            """)
        #expect(output == "folder\n--mode\n")
    }

    @Test func `bash completes functions of the app, and prints nothing into the line`() throws {
        let app = try TemporaryApp([
            "functions/hello/function.json": TemporaryApp.httpFunction, "functions/hello/handler.lua": "error('ran')",
            "functions/order/function.json": "{", "functions/$(x)/function.json": TemporaryApp.httpFunction,
        ])
        let place = app.folder.path
        let output = try run(
            .bash,
            """
            PATH=\(Repository.luafunc.deletingLastPathComponent().path):$PATH; source <(luafunc completion bash)
            t() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); _luafunc; echo "${COMPREPLY[*]}"; }
            t luafunc invoke --app \(place) ''
            t luafunc invoke --app = \(place) h
            t luafunc start \(place) --functions ''
            t luafunc start --app '"\(place)"' -p 1 --functions hello --functions o
            t luafunc invoke --app /nonexistent ''
            t \(Repository.luafunc.path) invoke --app \(place) o
            t luafunc new x --template servi
            t luafunc start --app \(place) -p ''
            t luafunc start \(place) --functions hello o
            t luafunc start --functions = hello --app = \(place) --functions order ''
            t luafunc start --app \(place) --functions hello --au
            t luafunc test --app \(place) ''
            t luafunc invoke hello --app \(place) ''
            t luafunc start --cors http : //localhost : 3000 \(place) --functions = h
            cd /; t luafunc invoke hello --body @ '\(place.dropFirst())/host' 2>/dev/null
            t luafunc invoke hello --body =@ '\(place)/host' 2>/dev/null
            t luafunc invoke hello --body '@\(place)/host'; t luafunc invoke hello --body '\(place)/host'
            """)
        #expect(
            output == """
                hello order\nhello\nhello order\norder\n\norder\nservicebus\n
                order\nhello order\n--auth\nhello order

                hello
                \(place.dropFirst())/host.json\n\(place)/host.json\n@\(place)/host.json\n\n
                """)
    }

    @Test(
        .enabled(if: path(of: .fish) != nil),
        arguments: [
            ("luafunc invoke --app APP ", "hello order"), ("luafunc start APP --functions o", "order"),
            ("luafunc start APP --functions=hello o", "order"), ("luafunc start APP --functions hello o", "order"),
            ("luafunc test --app APP o", "order"), ("luafunc invoke hello --app APP ", ""),
            ("luafunc invoke hello --body @APP/hos", "@APP/host.json"),
            ("luafunc invoke hello --body=@APP/hos", "--body=@APP/host.json"),
            ("luafunc invoke hello --body APP/hos", ""),
            ("luafunc invoke --app /nonexistent ", ""),
        ])
    func `fish completes functions of the app`(line: String, offers: String) throws {
        let app = try TemporaryApp([
            "functions/hello/function.json": TemporaryApp.httpFunction,
            "functions/order/function.json": TemporaryApp.queueFunction,
        ])
        let output = try run(
            .fish,
            """
            set -x PATH \(Repository.luafunc.deletingLastPathComponent().path) $PATH; luafunc completion fish | source
            complete -C '\(line.replacing("APP", with: app.folder.path))'
            """)
        let names = output.split(separator: "\n").map { String($0.prefix { $0 != "\t" }) }
        #expect(names.joined(separator: " ") == offers.replacing("APP", with: app.folder.path))
    }

    /// The line is short, because zsh would wrap a long one.
    @Test(
        .enabled(if: path(of: .zsh) != nil),
        arguments: [
            "invoke ord", "start . --functions ord", "start . --functions=x ord", "start --functions x y ord",
            "test ord",
            "start --functions=ord", "invoke --app . ord",
        ])
    func `zsh completes functions of the app`(line: String) throws {
        let output = try run(.zsh, zshLine(line))
        #expect(output.contains("ran \(line)er;"), "\(output)")
    }

    /// A script of zsh that types a line and the tab key in an app with the function `order`.
    private func zshLine(_ line: String) -> String {
        """
        zmodload zsh/zpty
        mkdir -p functions/order; print '{}' > functions/order/function.json
        luafunc=\(Repository.luafunc.path)
        $luafunc completion zsh > completion
        print "\\nluafunc() { [[ \\$1 == --complete-functions ]] && { $luafunc \\"\\$@\\"; return; }; print -r -- \\"ran \\$*;\\" }" >> .zshrc
        zpty -b shell zsh -i
        zpty -r -m shell text '*READY *'
        zpty -w -n shell $'luafunc \(line)\\t\\n'
        zpty -r -m shell text '*ran *;*'
        print -r -- "$text"
        """
    }

    /// What is typed before the key, and the line then.
    @Test(
        .enabled(if: path(of: .zsh) != nil),
        arguments: [
            ("invoke x --body @comp", "invoke x --body @completion"),
            ("invoke x --body=@comp", "invoke x --body=@completion"),
            ("invoke x --body comp", "invoke x --body comp"), ("invoke x ord", "invoke x ord"),
        ])
    func `zsh completes a file after an at sign, and no second function`(typed: String, line: String) throws {
        let output = try run(.zsh, zshLine(typed))
        #expect(output.contains("ran \(line);"), "\(output)")
    }

    @Test(.enabled(if: path(of: .fish) != nil), arguments: lines)
    func `fish completes`(_ words: [String], offers: Set<String>) throws {
        let output = try run(.fish, "source ./completion; complete -C 'luafunc \(words.joined(separator: " "))'")
        let names = output.split(separator: "\n").map { String($0.prefix { $0 != "\t" }) }
        // fish offers options only after a dash.
        #expect(Set(names) == offers.filter { !$0.hasPrefix("-") || words.last?.hasPrefix("-") == true })
    }

    /// zsh completes only at its own prompt, so the test runs it in a pseudo-terminal of another zsh.
    @Test(.enabled(if: path(of: .zsh) != nil), arguments: lines.filter { $0.1.count == 1 })
    func `zsh completes`(_ words: [String], offers: Set<String>) throws {
        let output = try run(
            .zsh,
            """
            zmodload zsh/zpty
            zpty -b shell zsh -i
            zpty -r -m shell text '*READY *'
            zpty -w -n shell $'luafunc \(words.joined(separator: " "))\\t\\n'
            zpty -r -m shell text '*ran *;*'
            print -r -- "$text"
            """)
        let line = (words.dropLast() + offers).joined(separator: " ")
        #expect(output.contains("ran \(line);"), "\(output)")
    }
}
