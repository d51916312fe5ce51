import Foundation
import TestSupport
import Testing

@testable import FunctionsModel

/// Tests how `.env` is read, and how it completes local.settings.json.
@Suite struct DotEnvTests {
    @Test(arguments: [
        ("", [:]), ("\n# A=1\n  # B=2\r\n", [:]), ("A=1", ["A": "1"]), ("A=1\nB=2\nA=3\n", ["A": "3", "B": "2"]),
        ("\u{feff}A=1\r\nB=2\r\n", ["A": "1", "B": "2"]), ("A=1\rB=2", ["A": "1", "B": "2"]),
        ("export A=1\nexport=2", ["A": "1", "export": "2"]), ("  A =  1 2  \t", ["A": "1 2"]), ("A=", ["A": ""]),
        ("A= # c", ["A": ""]), ("A=a#b # c", ["A": "a#b"]), ("A=a'b\"c", ["A": "a'b\"c"]), ("A=x=y", ["A": "x=y"]),
        ("A='a\\n${B} # \"'  # c", ["A": "a\\n${B} # \""]),
        ("A=\"a\\nb\\t\\\"\\\\\\$x \\x\"#c", ["A": "a\nb\t\"\\$x \\x"]),
        ("A=\"one\r\ntwo\"\nB=3", ["A": "one\ntwo", "B": "3"]), ("A='one\ntwo'\nB=3", ["A": "one\ntwo", "B": "3"]),
        ("A=\"$5\"\nB='${x}'", ["A": "$5", "B": "${x}"]), ("A=\"cost $5, \\${x}\"", ["A": "cost $5, ${x}"]),
        ("A=\"$\"\nB=\"$$\"", ["A": "$", "B": "$$"]), ("A=$HOME $5", ["A": "$HOME $5"]),
        ("A=\"\\${B}\"", ["A": "${B}"]), ("A=\"\"\nB=''", ["A": "", "B": ""]),
        ("AzureWebJobs.f.Disabled=true\nA__B:C-d=ü", ["AzureWebJobs.f.Disabled": "true", "A__B:C-d": "ü"]),
    ])
    func `values are read`(text: String, values: [String: String]) throws {
        #expect(try DotEnv(Array(text.utf8)).values == values)
    }

    @Test(arguments: [
        ("A", "1: must be NAME=VALUE"), ("A=1\n\nexport B\n", "3: must be NAME=VALUE"), ("=1", "1: must be NAME=VALUE"),
        ("A B=1", "1: must be NAME=VALUE"), ("ä=1", "1: must be NAME=VALUE"),
        ("A=1\nB=\"x\ny\n", "2: the quote that begins here is not closed"), ("A='", "1: the quote"),
        ("A=\"x\\\"", "1: the quote"), ("A=\"x\ny\" z", "2: after the closing quote"),
    ])
    func `a mistake is reported with its line and without the value`(text: String, part: String) {
        #expect { try DotEnv(Array(text.utf8)) } throws: { "\($0)".hasPrefix(".env:\(part)") }
    }

    @Test(arguments: [
        ("A=\"$${B}\"", "$${B}", [1]), ("A=${B}", "${B}", [1]), ("\nA=\"${a}\n${B}${C}\"", "${a}\n${B}${C}", [2, 3]),
        ("A=x${B} # ${c}", "x${B}", [1]), ("A='${B}'", "${B}", []), ("A=1 # ${c}", "1", []),
        ("A=\"\\${B}\"", "${B}", []),
    ])
    func `a reference stays as it is, with a warning`(text: String, value: String, lines: [Int]) throws {
        let file = try DotEnv(Array(text.utf8))
        #expect(file.values == ["A": value] && file.warnings.map(\.line) == lines)
        for warning in file.warnings { #expect("\(warning)".contains(": ${…} is not replaced in .env")) }
    }

    @Test(arguments: [[0xff, 0xfe, 0x41, 0x00], [0x41, 0x3d, 0xff], [0x41, 0x3d, 0x00]] as [[UInt8]])
    func `a file that is not text is refused`(bytes: [UInt8]) {
        #expect { try DotEnv(bytes) } throws: { "\($0)" == ".env: is not text in UTF-8; save it as UTF-8" }
    }

    @Test func `local.settings.json takes precedence, and either may be missing`() throws {
        let app = try TemporaryApp([".env": "A=env\nB=env"])
        #expect(try LocalSettings(root: app.folder.path).values == ["A": "env", "B": "env"])
        try app.write(["local.settings.json": #"{ "Values": { "A": "json", "C": "json" } }"#])
        #expect(try LocalSettings(root: app.folder.path).values == ["A": "json", "B": "env", "C": "json"])
    }

    @Test func `a folder of this name is none, and what cannot be read is an error`() throws {
        let app = try TemporaryApp([".env/bin/python": ""])
        #expect(try LocalSettings(root: app.folder.path).values == [:])
        let other = try TemporaryApp([:])
        try other.link(".env", to: "nowhere")
        #expect { try LocalSettings(root: other.folder.path) } throws: { "\($0)".hasPrefix(".env: cannot be read") }
        let large = try TemporaryApp([".env": String(repeating: "#", count: 5 << 20)])
        #expect { try LocalSettings(root: large.folder.path) } throws: { "\($0)".hasPrefix(".env: cannot be read") }
    }

    @Test func `check finds a mistake, and a file that git does not ignore`() throws {
        let app = try TemporaryApp([".env": "A", ".git/config": ""])
        let findings = try AppLoader(.folder(app.folder.path), settings: [:]).load().findings.all
        #expect(findings.contains { $0.file == ".env" && $0.line == 1 && $0.severity == .error })
        #expect(findings.contains { $0.file == ".env" && $0.rule == .settingsInGit })
        try app.write([".env": "A=1\nB=${A}"])
        let doubtful = try AppLoader(.folder(app.folder.path), settings: [:]).load().findings.all
        #expect(doubtful.contains { $0.file == ".env" && $0.line == 2 && $0.severity == .warning })
        try app.write([".gitignore": ".env\n", ".env": "A=1"])
        let newer = try AppLoader(.folder(app.folder.path), settings: [:]).load().findings.all
        #expect(!newer.contains { $0.file == ".env" })
    }
}
