import Foundation
import TestSupport
import Testing

@testable import luafunc

@Suite struct AppArchiveTests {
    private let folder: TemporaryApp
    private let files = [
        PackedFile(path: "hello/function.json", bytes: Array("{}".utf8)),
        PackedFile(path: "hello/handler.lua", bytes: Array("return 1".utf8)),
        PackedFile(path: "lib/empty.lua", bytes: []),
    ]

    init() throws { folder = try TemporaryApp([:]) }

    @Test func `a packed app can be read`() throws {
        let runtime = try ExecutableFile(runtime())
        try AppArchive.write(files, runtime: runtime, to: path("app"))
        let archive = try #require(try AppArchive.read(from: path("app")))
        #expect(archive.files == Dictionary(uniqueKeysWithValues: files.map { ($0.path, $0.bytes) }))
        #expect(try ExecutableFile(path("app")).image == runtime.image)
        #expect(FileManager.default.isExecutableFile(atPath: path("app")))
    }

    @Test func `a plain runtime contains no app`() throws {
        #expect(try AppArchive.read(from: runtime())?.files == nil)
        #expect(try AppArchive.read()?.files == nil)
        #expect(ExecutableFile.isPlain)
    }

    @Test func `packing again replaces the embedded app`() throws {
        try AppArchive.write(files, runtime: ExecutableFile(runtime()), to: path("first"))
        let others = [PackedFile(path: "other/function.json", bytes: [1])]
        try AppArchive.write(others, runtime: ExecutableFile(path("first")), to: path("second"))
        #expect(try AppArchive.read(from: path("second"))?.files == ["other/function.json": [1]])
        try AppArchive.write(files, runtime: ExecutableFile(path("second")), to: path("second"))
        #expect(try Data(contentsOf: url("second")) == Data(contentsOf: url("first")))
    }

    @Test func `a truncated file is damaged, unless it ends after the runtime`() throws {
        let runtime = try ExecutableFile(runtime())
        try AppArchive.write(files, runtime: runtime, to: path("app"))
        let whole = try Data(contentsOf: url("app"))
        let imageSize = try runtime.image.count
        for length in 6..<whole.count where length != imageSize {
            try whole.prefix(length).write(to: url("cut"))
            #expect(throws: PackError.damaged(path("cut")), "\(length) bytes") {
                try AppArchive.read(from: path("cut"))
            }
        }
    }

    @Test func `a changed or added byte makes a packed app damaged`() throws {
        let runtime = try ExecutableFile(runtime())
        try AppArchive.write(files, runtime: runtime, to: path("app"))
        let whole = try Data(contentsOf: url("app"))
        let imageSize = try runtime.image.count
        for place in imageSize...whole.count {
            var changed = whole
            if place < whole.count { changed[place] ^= 1 } else { changed.append(0) }
            try changed.write(to: url("changed"))
            #expect(throws: PackError.damaged(path("changed")), "byte \(place)") {
                try AppArchive.read(from: path("changed"))
            }
        }
    }

    @Test func `a file that is not an executable is reported`() throws {
        try folder.write(["script": "#!/bin/sh\n"])
        #expect(throws: PackError.noExecutable(path("script"))) { try AppArchive.read(from: path("script")) }
        #expect(throws: PackError.unreadable(path("none"))) { try AppArchive.read(from: path("none")) }
    }

    @Test func `an executable with a dynamic loader is detected`() throws {
        #expect(try !ExecutableFile(runtime()).isDynamic)
        #expect(try ExecutableFile(runtime(segmentType: 3)).isDynamic)
    }

    /// The smallest file that has a segment and, at its end, a section table.
    private func runtime(segmentType: UInt8 = 1) throws -> String {
        func little(_ value: Int, _ size: Int) -> [UInt8] { (0..<size).map { UInt8(value >> ($0 * 8) & 255) } }
        var elf: [UInt8] = [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1] + little(0, 9)
        elf += little(2, 2) + little(62, 2) + little(1, 4) + little(0, 8)
        elf += little(64, 8) + little(130, 8) + little(0, 4)
        elf += little(64, 2) + little(56, 2) + little(1, 2) + little(64, 2) + little(2, 2) + little(0, 2)
        elf += [segmentType] + little(0, 7) + little(0, 24) + little(130, 8) + little(130, 8) + little(0, 8)
        elf += Array("0123456789".utf8) + little(0, 128)
        try Data(elf).write(to: url("runtime"))
        return path("runtime")
    }

    private func url(_ name: String) -> URL { folder.folder.appending(path: name) }
    private func path(_ name: String) -> String { url(name).path }
}
