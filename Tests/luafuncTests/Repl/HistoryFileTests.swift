import Files
import Foundation
import TestSupport
import Testing

@testable import luafunc

@Suite struct HistoryFileTests {
    private let home: TemporaryFolder
    private var file: HistoryFile? { HistoryFile(["XDG_STATE_HOME": home.path]) }
    private var place: URL { URL(filePath: home("luafunc/history")) }

    init() throws { home = try TemporaryFolder() }

    @Test func `lines come back, whatever is in them, and only their owner can read them`() throws {
        let lines = ["a", "b\nc", #"\n"#, "\\", "日本 é", "\u{1b}[2J"]
        var written = try #require(file)
        #expect(try written.read() == [])
        for line in lines { try written.append(line) }
        #expect(try file?.read() == lines)
        let attributes = try FileManager.default.attributesOfItem(atPath: place.path)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
    }

    @Test func `two prompts keep each other's lines`() throws {
        var (one, other) = (try #require(file), try #require(file))
        #expect(try one.read() == [] && other.read() == [])
        for number in 1...3 {
            try one.append("one \(number)")
            try other.append("other \(number)")
        }
        #expect(try file?.read().count == 6)
    }

    @Test func `while another prompt shortens the file, a line waits and the file keeps its length`() throws {
        var file = try #require(file)
        #expect(try file.read() == [])
        let text = (1...1300).map { "\($0)\n" }.joined()
        try text.write(to: place, atomically: true, encoding: .utf8)
        var lock = try FileLock(place.path + ".lock")
        #expect(lock != nil)
        #expect(try file.read().count == 1000)
        try file.append("waits")
        #expect(try String(contentsOf: place, encoding: .utf8) == text)
        lock = nil
        try file.append("goes on")
        #expect(try String(contentsOf: place, encoding: .utf8) == text + "waits\ngoes on\n")
    }

    @Test func `only the latest thousand lines are kept`() throws {
        let file = try #require(file)
        #expect(try file.read() == [])
        try (1...1300).map { "\($0)\n" }.joined().write(to: place, atomically: true, encoding: .utf8)
        #expect(try file.read().count == 1000)
        #expect(try String(contentsOf: place, encoding: .utf8).hasPrefix("301\n302\n"))
        let attributes = try FileManager.default.attributesOfItem(atPath: place.path)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
    }

    @Test func `a link, a folder and a place that cannot be are errors`() throws {
        let file = try #require(file)
        #expect(try file.read() == [])
        try FileManager.default.createSymbolicLink(at: place, withDestinationURL: URL(filePath: home("other")))
        #expect(throws: (any Error).self) { try file.read() }
        try FileManager.default.removeItem(at: place)
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: false)
        #expect(throws: (any Error).self) { try file.read() }
        #expect(throws: (any Error).self) { try HistoryFile(["HOME": "/dev/null"])?.read() }
    }

    @Test(arguments: [
        ("a", nil, true), ("a", "b", true), ("a", "a", false), (" a", nil, false), ("", nil, false),
        (String(repeating: "x", count: 100_000), nil, false),
    ])
    func `repeated, private and huge lines are not kept`(line: String, last: String?, isKept: Bool) {
        #expect(HistoryFile.keeps(line, after: last) == isKept)
    }

    @Test func `without a home there is no history`() {
        #expect(HistoryFile([:]) == nil)
        #expect(HistoryFile(["XDG_STATE_HOME": "relative", "HOME": "/h"])?.path == "/h/.local/state/luafunc/history")
    }
}
