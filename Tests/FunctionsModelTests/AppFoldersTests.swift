import Foundation
import Glibc
import TestSupport
import Testing

@testable import FunctionsModel

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

    @Test func `folders of functions, modules and data are found, others are not`() throws {
        let app = try app([
            "functions/f/handler.lua", "functions/f/data/x", "lib/a/b.lua", "data/deep/x", ".git/x", "node_modules/a/x",
            "built/a/x", "data/.cache/x", "functions/.old/x",
            "lua_modules/share/lua/5.4/m/x.lua", "lua_modules/lib/x",
        ])
        try app.write([".gitignore": "/built/"])
        let folders = AppFolders(of: AppFiles(.folder(app.folder.path)))
        #expect(
            folders.paths == [
                "", "functions", "functions/f", "functions/f/data", "lib", "lib/a", "lua_modules/share/lua/5.4",
                "lua_modules/share/lua/5.4/m",
            ])
        #expect(
            others(folders, of: app) == [
                "/data", "/data/deep", "/lua_modules", "/lua_modules/share", "/lua_modules/share/lua",
            ])
        #expect(folders.outside.isEmpty)
    }

    @Test func `in the flat layout any folder may become a function`() throws {
        let app = try app(["f/function.json", "f/data/x", "new/inner/x", "lib/a.lua"])
        let folders = AppFolders(of: AppFiles(.folder(app.folder.path)))
        #expect(folders.paths == ["", "f", "f/data", "lib"])
        #expect(others(folders, of: app) == ["/new", "/new/inner"])
    }

    @Test func `links inside the app are followed, and the folders of their targets are watched`() throws {
        let app = try app(
            ["functions/f/function.json", "shared/a/x.lua", "scripts/f.lua"],
            links: [
                ("functions/f/handler.lua", "../../links/f.lua"), ("links/f.lua", "../scripts/f.lua"),
                ("lib", "shared"), ("functions/f/later", "../../missing/folder"),
            ])
        let folders = AppFolders(of: AppFiles(.folder(app.folder.path)))
        #expect(folders.paths == ["", "functions", "functions/f", "lib", "lib/a"])
        #expect(others(folders, of: app) == ["", "/links", "/scripts", "/shared", "/shared/a"])
        #expect(folders.outside.isEmpty)
    }

    @Test func `a cycle of links is followed only once`() throws {
        let app = try app(
            ["functions/f/function.json", "lib/a/x.lua"],
            links: [
                ("functions/f/all", "../.."), ("functions/f/self", "."), ("lib/a/lib", ".."), ("lib/loop", "loop"),
                ("functions/f/lib", "../../lib"), ("lib/functions", "../functions"),
            ])
        let folders = AppFolders(of: AppFiles(.folder(app.folder.path)))
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
        let folders = AppFolders(of: AppFiles(.folder(app.folder.path)))
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

    /// Listing a folder opens it, which inotify reports.
    @Test func `a save that is watched, loaded and reported lists each folder once`() throws {
        let app = try app(["functions/f/function.json", "functions/f/handler.lua", "lib/a/b.lua"])
        let folders = ["", "functions", "functions/f", "lib", "lib/a"]
        let opened = try OpenedFolders(folders.map { app.folder.appending(path: $0).path })
        let loader = AppLoader(.folder(app.folder.path), settings: [:])
        for saves in 1...2 {
            _ = loader.walk()
            let saved = try loader.load()
            saved.files.readAll()
            #expect(saved.linksOutside.isEmpty)
            #expect(opened.count() == folders.count, "save \(saves)")
        }
    }

    @Test func `the files of an older version are freed`() throws {
        let app = try app(["functions/f/function.json", "data/x"])
        weak var older: AppFiles?
        do {
            let files = AppFiles(.folder(app.folder.path))
            _ = files.folders
            #expect(try files.findData("data/x").size == 0)
            older = files
        }
        #expect(older == nil)
    }

    @Test func `without a watcher, each load lists the folders again`() throws {
        let app = try app(["f/function.json", "f/handler.lua"])
        let loader = AppLoader(.folder(app.folder.path), settings: [:])
        _ = loader.walk()
        _ = try loader.load()
        try app.write(["g/function.json": TemporaryApp.httpFunction, "g/handler.lua": ""])
        #expect(try loader.load().functions["g"] != nil)
    }
}

/// Counts how often folders are opened.
private final class OpenedFolders {
    private let descriptor = inotify_init1(Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC))

    struct Failed: Error {}

    init(_ folders: [String]) throws {
        for folder in folders {
            let watch = inotify_add_watch(descriptor, folder, UInt32(IN_OPEN) | UInt32(IN_ONLYDIR))
            guard watch >= 0 else { throw Failed() }
        }
    }

    deinit { close(descriptor) }

    /// The number of openings since the last count. Each folder reports its own opening without a name, and those of
    /// folders inside with one.
    func count() -> Int {
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        let size = read(descriptor, &buffer, buffer.count)
        var count = 0
        var offset = 0
        buffer.withUnsafeBytes { bytes in
            while offset < size {
                let mask = bytes.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self)
                let length = Int(bytes.loadUnaligned(fromByteOffset: offset + 12, as: UInt32.self))
                if mask & UInt32(IN_OPEN) != 0, mask & UInt32(IN_ISDIR) != 0, length == 0 { count += 1 }
                offset += 16 + length
            }
        }
        return count
    }
}
