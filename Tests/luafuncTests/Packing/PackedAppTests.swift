import Foundation
import FunctionsModel
import TestSupport
import Testing

@testable import luafunc

@Suite struct PackedAppTests {
    private let functions = [
        "functions/order/function.json": "{}", "functions/order/handler.lua": "return 1",
        "functions/order/prices.csv": "1;2", "functions/order/text/en.lua": "",
    ]

    @Test func `a packed app has function folders beside host.json, modules, and folders with data`() throws {
        let app = try TemporaryApp(
            functions.merging([
                "lib/pricing.lua": "", "lib/tax/init.lua": "", "lua_modules/share/lua/5.4/inspect.lua": "",
                "functions/order/order_test.lua": "", "lib/pricing_test.lua": "", "functions/notes.md": "",
                "functions/draft/handler.lua": "", "flat/function.json": "{}", "README.md": "",
                "local.settings.json": "{}", ".luafunc/state": "", ".gitignore": "", "lib/.hidden.lua": "",
                "lua_modules/manifest": "", "lua_modules/share/doc": "", "public/index.html": "",
                "public/css/a.css": "",
                "public/.well-known/x": "", "public/x_test.lua": "", "public/local.settings.json": "{}", "key.pem": "",
                "node_modules/x/index.js": "", "public/node_modules/y.js": "", "public/function.json.txt": "",
                "public/deep/function.json": "{}",
            ]) { $1 })
        let packed = try PackedApp(folder: app.folder.path)
        #expect(
            packed.files.map(\.path) == [
                "host.json", "lib/pricing.lua", "lib/tax/init.lua", "lua_modules/share/lua/5.4/inspect.lua",
                "order/function.json", "order/handler.lua", "order/prices.csv", "order/text/en.lua", "public/css/a.css",
                "public/deep/function.json", "public/function.json.txt", "public/index.html",
            ])
        #expect(
            packed.notes.contains(
                "flat is left out: its function.json would make it a function in the deployed app; move it into functions/"
            ))
        #expect(packed.files[5].bytes == Array("return 1".utf8))
        #expect(packed.files.allSatisfy { !$0.isExecutable })
    }

    @Test func `an app in the flat layout is packed as it is`() throws {
        let app = try TemporaryApp([
            "order/function.json": "{}", "order/handler.lua": "", "src/handler.lua": "", "lib/x.lua": "",
        ])
        #expect(
            try paths(app) == ["host.json", "lib/x.lua", "order/function.json", "order/handler.lua", "src/handler.lua"])
    }

    @Test func `a packed app is packed to the same again`() throws {
        let app = try TemporaryApp(functions)
        let first = try PackedApp(folder: app.folder.path)
        let again = try TemporaryApp(
            Dictionary(uniqueKeysWithValues: first.files.map { ($0.path, String(decoding: $0.bytes, as: UTF8.self)) }))
        #expect(try PackedApp(folder: again.folder.path).files == first.files)
    }

    @Test func `the runtime lies where host.json says, and is executable`() throws {
        let app = try TemporaryApp(functions)
        let runtime = try ExecutableFile(ExecutableFile.current)
        let file = try PackedApp(folder: app.folder.path).files(with: runtime).first { $0.path == "luafunc" }
        #expect(try file?.isExecutable == true && file?.bytes == runtime.image)
    }

    @Test func `the same app makes the same bytes, wherever and whenever it was written`() throws {
        let one = try TemporaryApp(functions)
        let other = try TemporaryApp(["functions/order/text/en.lua": ""])
        for (path, text) in functions.sorted(by: { $0.key > $1.key }) { try other.write([path: text]) }
        for path in functions.keys {
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSince1970: 1e9), .posixPermissions: 0o755],
                ofItemAtPath: other.folder.appending(path: path).path)
        }
        let zips = try [one, other].map { try ZipWriter.zip(PackedApp(folder: $0.folder.path).files) }
        #expect(zips[0] == zips[1])
    }

    // MARK: What is ignored

    @Test func `files that .funcignore or a .gitignore names are left out`() throws {
        let app = try TemporaryApp(
            functions.merging([
                ".funcignore": "*.csv\nfunctions/draft/", ".gitignore": "*.log\n/lib/generated\n",
                "functions/draft/function.json": "{}", "functions/order/a.log": "", "lib/generated/a.lua": "",
                "lib/.gitignore": "!kept.log\nsecret.lua", "lib/kept.log": "", "lib/secret.lua": "",
                "functions/order/secret.lua": "",
            ]) { $1 })
        #expect(
            try paths(app) == [
                "host.json", "lib/kept.log", "order/function.json", "order/handler.lua", "order/secret.lua",
                "order/text/en.lua",
            ])
    }

    @Test func `one ignore file does not include what the other excludes`() throws {
        let app = try TemporaryApp(functions.merging([".gitignore": "*.csv", ".funcignore": "!*.csv"]) { $1 })
        #expect(try !paths(app).contains("order/prices.csv"))
    }

    @Test func `a gitignore above the app counts, up to the top of the repository`() throws {
        let app = try TemporaryApp([
            ".gitignore": "*.txt", "repository/.git/HEAD": "", "repository/.gitignore": "*.pem\n/one/lib/x.lua",
            "repository/one/functions/f/function.json": "{}", "repository/one/functions/f/key.pem": "",
            "repository/one/functions/f/a.txt": "", "repository/one/lib/x.lua": "",
        ])
        let packed = try PackedApp(folder: app.folder.appending(path: "repository/one").path)
        #expect(packed.files.map(\.path) == ["f/a.txt", "f/function.json", "host.json"])
    }

    @Test func `installed modules are deployed even if git ignores them`() throws {
        let module = "lua_modules/share/lua/5.4/inspect.lua"
        let files = functions.merging([module: "", ".gitignore": "/lua_modules"]) { $1 }
        #expect(try paths(TemporaryApp(files)).contains(module))
        #expect(try !paths(TemporaryApp(files.merging([".funcignore": "inspect.lua"]) { $1 })).contains(module))
    }

    // MARK: What is told

    @Test func `C modules and useless links are reported`() throws {
        let app = try TemporaryApp(
            functions.merging([
                "lua_modules/lib/lua/5.4/lfs.so": "", "shared/a.lua": "a", "local.settings.json": "{}",
                "data/.keep": "",
            ]) { $1 })
        for (link, target) in [
            ("lib", "shared"), ("functions/order/b.lua", "../../shared/a.lua"), ("functions/order/gone", "nowhere"),
            ("functions/order/round", "../order"), ("data/env", "/etc"), ("data/settings", "../local.settings.json"),
        ] {
            try FileManager.default.createSymbolicLink(
                atPath: app.folder.appending(path: link).path, withDestinationPath: target)
        }
        let packed = try PackedApp(folder: app.folder.path)
        #expect(
            packed.files.map(\.path) == [
                "host.json", "lib/a.lua", "order/b.lua", "order/function.json", "order/handler.lua",
                "order/prices.csv", "order/text/en.lua", "shared/a.lua",
            ])
        #expect(packed.files[1].bytes == Array("a".utf8) && packed.files[2].bytes == Array("a".utf8))
        #expect(
            packed.notes.dropFirst() == [
                "data/env is left out: it is a link that leads out of the app",
                "data/settings is left out: it is a link to \(app.folder.resolvingSymlinksInPath().path)/local.settings.json, "
                    + "which is never deployed",
                "functions/order/gone is left out: it is neither a file nor a folder",
                "functions/order/round is left out: it is a link to a folder that it is in",
                "lua_modules/lib is left out: luafunc does not load C modules",
            ])
    }

    @Test(arguments: ["functions/order/out", "lib"])
    func `a link that leads out of the app is refused`(link: String) throws {
        let other = try TemporaryApp([:])
        let app = try TemporaryApp(functions)
        try FileManager.default.createSymbolicLink(
            at: app.folder.appending(path: link), withDestinationURL: other.folder)
        let target = other.folder.resolvingSymlinksInPath().path
        #expect(throws: PackError.outside(Problem(link: link, outOfAppTo: target))) {
            try PackedApp(folder: app.folder.path)
        }
    }

    @Test(arguments: ["lib", "Lua_Modules", "functions", "luafunc"])
    func `a function whose name is taken in the flat layout is refused`(name: String) throws {
        let app = try TemporaryApp(["functions/\(name)/function.json": "{}"])
        #expect(throws: PackError.takenName(function: "functions/\(name)")) { try PackedApp(folder: app.folder.path) }
    }

    @Test func `a folder whose place belongs to a function or to the program is refused`() throws {
        for (file, other) in [("Order/x.txt", "functions/order"), ("luafunc/x", "the program 'luafunc'")] {
            let app = try TemporaryApp(functions.merging([file: ""]) { $1 })
            let folder = String(file.prefix { $0 != "/" })
            #expect(throws: PackError.takenFolder(folder, by: other)) { try PackedApp(folder: app.folder.path) }
            try app.write([".funcignore": "/\(folder)/"])
            #expect(try paths(app).contains("order/handler.lua"))
        }
    }

    /// The two have one rule, so that what a script reads here is also there when the app is deployed.
    @Test(arguments: [true, false])
    func `a script can read exactly the files that are packed`(_ isNested: Bool) throws {
        let parent = isNested ? "functions/" : ""
        let app = try TemporaryApp([
            "\(parent)order/function.json": "{}", "\(parent)order/handler.lua": "", "\(parent)order/data/a.csv": "",
            "\(parent)order/order_test.lua": "", "\(parent)order/.secret": "", "lib/x.lua": "", "lib/data.bin": "",
            "lua_modules/share/lua/5.4/m.lua": "", "lua_modules/share/man/m.1": "", "lua_modules/manifest": "",
            "local.settings.json": "{}", ".env": "KEY=1", ".luafunc/blobs/a": "", "README.md": "", "key.pem": "",
            ".gitignore": "*.log\nlua_modules.bak/\n/built/\n/public/cache/*\n!/public/cache/kept.txt",
            ".funcignore": "drafts/",
            "public/a.html": "", "public/b.log": "", "public/cache/x.txt": "", "public/cache/kept.txt": "",
            "public/drafts/x.html": "", "public/.gitignore": "c.txt", "public/c.txt": "", "public/deep/c.txt": "",
            "public/deep/d.txt": "", "built/x.js": "", "node_modules/a/b.js": "", "public/local.settings.json": "",
            "old/function.json": "{}", "old/handler.lua": "", "functions.txt": "", "lua_modules.bak/m.txt": "",
            "public/lua_modules.bak/m.txt": "", "built/key.pem": "", "lib/a_test.lua": "",
        ])
        for (link, target) in [
            ("public/env", "../.env"), ("public/out", "/etc/hostname"), ("public/in", "../lib/data.bin"),
            ("public/folder", "../lib"), ("public/gone", "nowhere"), ("public/key.txt", "../built/key.pem"),
            ("public/loose.txt", "../README.md"), ("public/built", "../built"), ("public/t.txt", "../lib/a_test.lua"),
            ("lib/built.lua", "../built/x.lua"), ("built/x.lua", "../lib/x.lua"), ("lib/deeper", "../built"),
        ] { try app.link(link, to: target) }
        let loaded = try AppLoader(.folder(app.folder.path), settings: [:], requiresScripts: false).load()
        let functions = try loaded.files.deployed().functions.map { $0.split(separator: "/").last }
        let names =
            try FileManager.default.subpathsOfDirectory(atPath: app.folder.path)
            + [
                "public/folder/data.bin", "public/folder/x.lua", "public/built/x.js", "lib/deeper/x.js",
                "lib/deeper/x.lua", "public/folder/a_test.lua", "public/folder/built.lua",
            ]
        var readable: Set<String> = []
        for name in names where (try? loaded.files.findData(name)) != nil {
            readable.insert(try loaded.files.deployed().flat(name))
            // The other layout's path leads to the same file.
            let other = name.hasPrefix("functions/") ? String(name.dropFirst(10)) : "functions/" + name
            let isOfFunction = functions.contains(name.replacing("functions/", with: "").split(separator: "/").first)
            let found = try? loaded.files.findData(other)
            #expect(isOfFunction ? found == (try loaded.files.findData(name)) : found == nil, "\(other)")
        }
        let packed = try Set(paths(app))
        #expect(readable.symmetricDifference(packed).isEmpty)
        #expect(packed.isSuperset(of: ["public/cache/kept.txt", "public/in", "lib/built.lua", "lib/deeper/x.lua"]))
        let secret = ["public/env", "public/key.txt", "public/loose.txt", "public/t.txt", "public/built/x.js"]
        #expect(packed.isDisjoint(with: secret + ["lua_modules.bak/m.txt", "lib/deeper/x.js"]))
    }

    @Test func `nothing to pack is an error`() throws {
        let app = try TemporaryApp(functions.merging([".funcignore": "functions"]) { $1 })
        #expect(throws: PackError.noFunctions(root: app.folder.path)) { try PackedApp(folder: app.folder.path) }
    }

    private func paths(_ app: TemporaryApp) throws -> [String] {
        try PackedApp(folder: app.folder.path).files.map(\.path)
    }
}

extension PackedApp {
    fileprivate init(folder: String) throws {
        try self.init(AppLoader(.folder(folder), settings: [:], requiresScripts: false).load())
    }
}
