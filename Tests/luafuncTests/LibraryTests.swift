import Foundation
import TestSupport
import Testing

/// Lua libraries as Debian packages them, unchanged, in `lua_modules` of an app that the built program serves.
@Suite struct LibraryTests {
    private static let handlers = Repository.root.appending(path: "Tests/Libraries")
    /// The packages, each with a handler that really uses its library.
    static let packages = ((try? FileManager.default.contentsOfDirectory(atPath: handlers.path)) ?? [])
        .filter { $0.hasSuffix(".lua") }.map { String($0.dropLast(".lua".count)) }.sorted()

    @Test func `every package of the list has a handler`() {
        #expect(Self.packages.count == 21)
    }

    @Test(arguments: packages)
    func `a library of Debian works unchanged`(_ package: String) async throws {
        let files = try Self.files(of: package)
        let app = try TemporaryApp(
            [
                "host.json": ServedApp.host(), "functions/f/function.json": TemporaryApp.httpFunction,
                "functions/f/handler.lua": try String(
                    contentsOf: Self.handlers.appending(path: "\(package).lua"), encoding: .utf8),
            ].merging(files) { $1 })
        let process = try LuafuncProcess(["serve", "--port", "0", "--app", app.folder.path])
        // The second call finds the library loaded.
        for _ in 1...2 {
            let reply = try process.request("/api/f")
            if reply.text != "ok" {
                process.send(signal: SIGTERM)
                Issue.record("\(package): \(await process.end().errors)")
                break
            }
        }
    }

    /// The package's Lua files, of the newest version of Lua that has them, as LuaRocks would install them. Some use
    /// other packages of the list.
    private static func files(of package: String) throws -> [String: String] {
        let dpkg = Process()
        let output = Pipe()
        dpkg.executableURL = URL(filePath: "/usr/bin/dpkg-query")
        dpkg.arguments = ["-L", package] + (needed[package] ?? [])
        dpkg.standardOutput = output
        try dpkg.start()
        let list = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        var newest: [String: String] = [:]
        for path in list.split(separator: "\n").sorted() {
            guard let match = path.wholeMatch(of: #//usr/share/lua/5\.\d/(.*\.lua)/#) else { continue }
            newest["lua_modules/share/lua/5.4/\(match.1)"] = String(path)
        }
        try #require(!newest.isEmpty, "\(package) is not installed; scripts/test installs it")
        return try newest.mapValues { path in try String(contentsOfFile: path, encoding: .utf8) }
    }

    private static let needed = ["lua-cliargs": ["lua-penlight"], "lua-luassert": ["lua-say"]]
}
