import Foundation
import FunctionsModel
import TestSupport
import Testing

@testable import Toolbox

/// The definitions of an app that has them are written again whenever the app is read.
@Suite struct EditorFilesTests {
    private let app: TemporaryApp

    init() throws {
        app = try TemporaryApp([
            ".luarc.json": #"{ "workspace.library": [".luafunc/types"] }"#,
            "functions/one/function.json": TemporaryApp.httpFunction,
            "functions/one/handler.lua": "return function() end",
            "functions/noscript/function.json": TemporaryApp.httpFunction,
        ])
    }

    private func text(_ path: String) throws -> String {
        try String(contentsOf: app.folder.appending(path: ".luafunc/types/\(path)"), encoding: .utf8)
    }

    @Test func `an app that was read already is not read again, and all its functions are defined`() throws {
        let read = try AppLoader(.folder(app.folder.path), settings: [:], only: ["other"]).load()
        #expect(read.names == [])
        let name = "functions/one/function.json"
        // The loader has read neither the functions that were not chosen nor those without a script.
        EditorFiles.refresh(app.folder.path, read: read)
        #expect(try text("functions.lua").contains("---@class one.data\n---@field req luafunc.Request"))
        #expect(try text("functions.lua").contains("---@class noscript.data"))
        try app.write([name: TemporaryApp.httpFunction.replacing("\"req\"", with: "\"changed\"")])
        EditorFiles.refresh(app.folder.path, read: read)
        #expect(try !text("functions.lua").contains("changed"))
        EditorFiles.refresh(app.folder.path)
        #expect(try text("functions.lua").contains("---@field changed luafunc.Request"))
    }

    @Test func `files whose content stays the same are not written`() throws {
        let files = ["functions.lua", "function.schema.json", "host.schema.json"]
        EditorFiles.refresh(app.folder.path)
        let before = try files.map { try date($0) }
        EditorFiles.refresh(app.folder.path)
        #expect(try files.map { try date($0) } == before)
    }

    private func date(_ path: String) throws -> Date? {
        let place = app.folder.path + "/.luafunc/types/\(path)"
        return try FileManager.default.attributesOfItem(atPath: place)[.modificationDate] as? Date
    }
}
