import Foundation
import TestSupport
import Testing

@testable import luafunc

/// Tests the folders and files that `pack` writes, and its report.
@Suite struct OutputTests {
    private let app: TemporaryApp
    private let files = [
        PackedFile(path: "hello/function.json", bytes: [1]), PackedFile(path: "host.json", bytes: [2]),
        PackedFile(path: "luafunc", bytes: [3], isExecutable: true),
    ]

    init() throws { app = try TemporaryApp(["functions/hello/function.json": "{}"]) }

    @Test func `a folder gets every file, and the runtime can be executed`() throws {
        try OutputFolder(path("new/out"), app: app.folder.path).write(files)
        #expect(try contents("new/out") == ["hello", "hello/function.json", "host.json", "luafunc"])
        #expect(FileManager.default.isExecutableFile(atPath: path("new/out/luafunc")))
        #expect(!FileManager.default.isExecutableFile(atPath: path("new/out/host.json")))
    }

    @Test func `an earlier output is replaced, except for its local settings`() throws {
        try app.write(["out/local.settings.json": "mine"])
        try OutputFolder(path("out"), app: app.folder.path).write(files)
        try app.write(["out/hello/old.lua": "", "out/gone/function.json": "{}"])
        try OutputFolder(path("out"), app: app.folder.path).write(files)
        #expect(
            try contents("out") == ["hello", "hello/function.json", "host.json", "local.settings.json", "luafunc"])
    }

    @Test func `folders with data are replaced too`() throws {
        let files = files + [PackedFile(path: "public/a.css", bytes: [4])]
        for _ in 1...2 { try OutputFolder(path("out"), app: app.folder.path, files: files).write(files) }
        try app.write(["out/public/old.css": ""])
        try OutputFolder(path("out"), app: app.folder.path, files: files).write(files)
        #expect(try !contents("out").contains("public/old.css") && contents("out").contains("public/a.css"))
    }

    @Test(arguments: [
        (["README.md"], "README.md"), (["host.json"], "host.json"),
        (["host.json", "luafunc", "functions/a/function.json"], "functions"),
        (["host.json", "luafunc", ".git/HEAD"], ".git"),
    ])
    func `a folder with anything else in it is not touched`(names: [String], foreign: String) throws {
        try app.write(Dictionary(uniqueKeysWithValues: names.map { ("out/\($0)", "") }))
        let before = try contents("out")
        #expect(throws: PackError.foreign(foreign, output: path("out"))) {
            try OutputFolder(path("out"), app: app.folder.path)
        }
        #expect(try contents("out") == before)
    }

    @Test func `the app itself cannot be the output, not even through a link`() throws {
        try FileManager.default.createSymbolicLink(atPath: path("link"), withDestinationPath: ".")
        for folder in [app.folder.path, path("link"), path("functions/.."), "/"] {
            #expect(throws: PackError.outputHoldsApp(folder)) { try OutputFolder(folder, app: app.folder.path) }
        }
    }

    @Test func `a file is replaced, and nothing is left beside it`() throws {
        try app.write(["out/app.zip": "old", "out/.app.zip.part": "from an attempt that was killed"])
        try FileSystem.write([[1], [], [2, 3]], to: path("out/app.zip"))
        #expect(try contents("out") == ["app.zip"])
        #expect(try FileSystem.bytes(of: path("out/app.zip")) == [1, 2, 3])
    }

    @Test func `a failed write leaves nothing behind`() throws {
        #expect(throws: PackError.unwritable(path("none/deeper/app.zip"), reason: "No such file or directory")) {
            try FileSystem.write([[1]], to: path("none/deeper/app.zip"))
        }
        #expect(throws: PackError.unwritable(path("functions"), reason: "Is a directory")) {
            try FileSystem.write([[1]], to: path("functions"))
        }
        #expect(try contents("") == ["functions", "functions/hello", "functions/hello/function.json", "host.json"])
    }

    @Test func `the report lists files with sizes, then how to use the products`() {
        let files =
            files + [
                PackedFile(path: "lib/x.lua", bytes: [UInt8](repeating: 0, count: 1234)),
                PackedFile(path: "public/a.css", bytes: [4]),
            ]
        let report = PackReport(
            files: files, notes: ["something"],
            products: [.zip("a.zip", size: 99), .folder("out"), .executable("app"), .executable("/tmp/app")])
        #expect(
            report.text == """
                functions
                  hello/function.json     1
                modules
                  lib/x.lua            1234
                files
                  public/a.css            1
                host
                  host.json               1
                runtime
                  luafunc                 1
                5 files, 1238 bytes
                note: something

                made a.zip, 99 bytes; deploy it:
                  az functionapp deployment source config-zip --resource-group GROUP --name APP --src a.zip

                made out; run it with Core Tools, or deploy it:
                  cd out && func start --custom
                  cd out && func azure functionapp publish APP --custom

                made app; it needs no other file:
                  ./app start
                  ./app serve --port 8080

                made /tmp/app; it needs no other file:
                  /tmp/app start
                  /tmp/app serve --port 8080
                """)
    }

    private func path(_ name: String) -> String { app.folder.appending(path: name).path }

    private func contents(_ name: String) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: path(name)).sorted()
    }
}
