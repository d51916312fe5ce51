import Foundation
import TestSupport
import Testing

@testable import CustomHandler

@Suite struct AppFoldersTests {
    /// An app with links, as pairs of name and target.
    private func app(_ files: [String], links: [(String, String)] = []) throws -> TemporaryApp {
        let app = try TemporaryApp(Dictionary(uniqueKeysWithValues: files.map { ($0, "") }))
        for (link, target) in links { try app.link(link, to: target) }
        return app
    }

    private func others(_ folders: AppFolders, of app: TemporaryApp) -> [String] {
        let root = app.folder.resolvingSymlinksInPath().path
        return folders.others.map { $0.replacing(root, with: "") }.sorted()
    }

    @Test func `folders of functions and modules are found, others are not`() throws {
        let app = try app([
            "functions/f/handler.lua", "functions/f/data/x", "lib/a/b.lua", "data/x", ".git/x", "functions/.old/x",
            "lua_modules/share/lua/5.4/m/x.lua", "lua_modules/lib/x",
        ])
        let folders = AppFolders(of: app.folder.path)
        #expect(
            folders.paths == [
                "", "functions", "functions/f", "functions/f/data", "lib", "lib/a", "lua_modules/share/lua/5.4",
                "lua_modules/share/lua/5.4/m",
            ])
        #expect(others(folders, of: app) == ["/lua_modules", "/lua_modules/share", "/lua_modules/share/lua"])
        #expect(folders.outside.isEmpty)
    }

    @Test func `in the flat layout any folder may become a function`() throws {
        let app = try app(["f/function.json", "f/data/x", "new/inner/x", "lib/a.lua"])
        let folders = AppFolders(of: app.folder.path)
        #expect(folders.paths == ["", "f", "f/data", "lib"])
        #expect(others(folders, of: app) == ["/new"])
    }

    @Test func `links inside the app are followed, and the folders of their targets are watched`() throws {
        let app = try app(
            ["functions/f/function.json", "shared/a/x.lua", "scripts/f.lua"],
            links: [
                ("functions/f/handler.lua", "../../links/f.lua"), ("links/f.lua", "../scripts/f.lua"),
                ("lib", "shared"), ("functions/f/later", "../../missing/folder"),
            ])
        let folders = AppFolders(of: app.folder.path)
        #expect(folders.paths == ["", "functions", "functions/f", "lib", "lib/a"])
        #expect(others(folders, of: app) == ["", "/links", "/scripts"])
        #expect(folders.outside.isEmpty)
    }

    @Test func `links in a circle end`() throws {
        let app = try app(
            ["functions/f/function.json", "lib/a/x.lua"],
            links: [
                ("functions/f/all", "../.."), ("functions/f/self", "."), ("lib/a/lib", ".."), ("lib/loop", "loop"),
                ("functions/f/lib", "../../lib"), ("lib/functions", "../functions"),
            ])
        let folders = AppFolders(of: app.folder.path)
        #expect(folders.paths.count < 30)
        #expect(folders.paths.contains("functions/f/lib/a") && folders.paths.contains("lib/functions/f"))
        #expect(folders.outside.isEmpty)
    }

    @Test func `links that lead out are named, but for those that are never deployed`() throws {
        let other = try TemporaryApp(["x/y.lua": ""])
        let there = other.folder.path
        let app = try app(
            ["functions/f/function.json", "data/x"],
            links: [
                ("functions/f/data", "\(there)/x"), ("functions/f/f_test.lua", "\(there)/x/y.lua"),
                ("functions/f/.hidden", there), ("data/out", there), ("lib", "hop"), ("hop", there),
            ])
        let folders = AppFolders(of: app.folder.path)
        #expect(folders.paths == ["", "functions", "functions/f"])
        #expect(folders.outside.map(\.file).sorted() == ["functions/f/data", "lib"])
        let target = other.folder.resolvingSymlinksInPath().path
        #expect(
            folders.outside.contains {
                $0.description
                    == "lib: is a link that leads out of the app, to \(target); replace it with a copy, as a deployed "
                    + "app has only its own files"
            })
    }
}
