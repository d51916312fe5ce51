import EventLoop
import Foundation
import FunctionsModel
import LoopTesting
import TestSupport
import Testing

@testable import DevHost

/// Tests that nothing is written through a link in `.luafunc`.
@Suite struct DataFolderTests {
    private let app: TemporaryFolder
    private let outside: TemporaryFolder

    init() throws {
        MainLoopThread.start()
        app = try TemporaryFolder()
        outside = try TemporaryFolder()
        try outside.write("theirs", to: "file")
        try outside.makeFolder("folder")
    }

    private func link(_ path: String, to target: String) throws {
        let place = app(".luafunc/\(path)")
        try FileManager.default.createDirectory(
            atPath: URL(filePath: place).deletingLastPathComponent().path, withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(atPath: place, withDestinationPath: outside(target))
    }

    private var isUntouched: Bool {
        let names = try? FileManager.default.subpathsOfDirectory(atPath: outside.path).sorted()
        return names == ["file", "folder"] && outside.text("file") == "theirs"
    }

    @Test(arguments: [
        (".gitignore", "none"), ("lock", "none"), ("lock", "file"), ("keys.json", "none"), ("keys.json", "file"),
        ("outputs.jsonl", "file"), ("timers.json", "file"), ("queues", "folder"), ("servicebus", "folder"),
        ("eventhubs", "folder"), ("blobs", "folder"), ("receipts", "folder"), ("https", "folder"),
        ("https/localhost.key", "file"), ("https/localhost.crt", "none"), ("", "folder"),
    ])
    @MainLoop func `a link in the data folder is refused before anything is written`(
        path: String, target: String
    ) async throws {
        if path.isEmpty {
            try FileManager.default.createSymbolicLink(
                atPath: app(".luafunc"), withDestinationPath: outside(target))
        } else {
            try link(path, to: target)
        }
        let problem = #expect(throws: Problem.self) { try LocalStorage(root: app.path) }
        #expect(
            "\(try #require(problem))".contains("is a link, and luafunc start writes nothing through links; remove it"))
        #expect(isUntouched)
    }

    @Test func `a link inside a store is not written through, and nothing behind it is removed`() throws {
        try outside.write("mine", to: "folder/m.json")
        let store = try StorageFolder(app(".luafunc/blobs"))
        try link("blobs/linked", to: "folder")
        try link("blobs/real/file", to: "file")
        for name in ["linked/x", "linked/deep/x", "linked/m.json"] {
            let error = #expect(throws: StorageError.self) { try store.write([1], to: name) }
            #expect(
                "\(try #require(error))"
                    == "cannot write \(app(".luafunc/blobs/\(name)")): Too many levels of symbolic links")
            #expect(throws: StorageError.self) { try store.add([1], to: name) }
            #expect(throws: StorageError.self) { try store.remove(name) }
        }
        #expect(throws: StorageError.self) { try store.move("linked/m.json", to: "real/m.json") }
        #expect(throws: StorageError.self) { try store.add([1], to: "real/file") }
        // A write replaces the link itself.
        try store.write([1], to: "real/file")
        #expect(outside.text("file") == "theirs" && outside.text("folder/m.json") == "mine")
        #expect(try FileManager.default.contentsOfDirectory(atPath: outside("folder")) == ["m.json"])
    }

    @Test func `a link is no queue`() throws {
        try outside.write("{}", to: "folder/m.json")
        try link("queues/linked", to: "folder")
        let queues = try QueueStore(
            folder: app(".luafunc/queues"), service: .storageQueues, messageLimit: 1000, now: { Date() })
        #expect(queues.counts == [:])
        #expect(queues.warnings.count == 1 && queues.warnings[0].contains("queues/linked is a link"))
        #expect(outside.text("folder/m.json") == "{}")
    }
}
