import Foundation
import TestSupport
import Testing

/// An app that `luafunc start` runs.
struct StartedApp {
    let app: TemporaryApp
    let process: LuafuncProcess

    init(
        _ app: TemporaryApp, _ arguments: [String] = [], environment: [String: String] = [:], waits: Bool = true
    ) throws {
        self.app = app
        process = try LuafuncProcess(
            ["start", "--port", "0", "--app", app.folder.path] + arguments, environment: environment, waits: waits)
    }

    init(_ files: [String: String], _ arguments: [String] = [], environment: [String: String] = [:]) throws {
        try self.init(try TemporaryApp(files), arguments, environment: environment)
    }

    var port: Int { process.port }

    func request(
        _ path: String, method: String = "GET", headers: [String: String] = [:], body: String = ""
    ) throws -> HTTPReply {
        try process.request(path, method: method, headers: headers, body: body.utf8)
    }

    /// Runs a function by hand; the answer comes at once.
    func fire(_ function: String, _ input: String = "") throws {
        let body = String(decoding: try JSONSerialization.data(withJSONObject: ["input": input]), as: UTF8.self)
        let headers = ["Content-Type": "application/json"]
        #expect(try request("/admin/functions/\(function)", method: "POST", headers: headers, body: body).status == 202)
    }

    /// The line that tells of an invocation of this function.
    func invocation(of function: String) throws -> String {
        while true {
            let line = try #require(process.line(containing: "  \(function) "))
            if line.prefixMatch(of: #/\d\d:\d\d:\d\d  /#) != nil { return line }
        }
    }

    /// Waits for lines of handler and host, which come in any order.
    func waitForLines(containing texts: [String]) -> Bool {
        var missing = texts
        while !missing.isEmpty {
            guard let line = process.line(containing: " ") else { return false }
            missing.removeAll { line.contains($0) }
        }
        return true
    }

    /// The lines from here to the first that contains `text`.
    func lines(upTo text: String) throws -> [String] {
        var lines: [String] = []
        while lines.last?.contains(text) != true { lines.append(try #require(process.line())) }
        return lines
    }

    func blob(_ path: String) -> String? {
        try? String(contentsOf: app.folder.appending(path: ".luafunc/blobs/\(path)"), encoding: .utf8)
    }
}

extension TemporaryApp {
    /// The sample app, copied, since a run writes beside it.
    static func sample() throws -> TemporaryApp {
        let app = try TemporaryApp([:])
        for name in ["functions", "host.json", "public"] {
            let copy = app.folder.appending(path: name)
            try? FileManager.default.removeItem(at: copy)
            try FileManager.default.copyItem(at: Repository.root.appending(path: name), to: copy)
        }
        return app
    }
}
