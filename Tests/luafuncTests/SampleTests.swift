import DevHost
import Foundation
import TestHost
import TestSupport
import Testing

/// The sample app and what README.md and scripts/start say about it.
@Suite struct SampleTests {
    /// The app as it is, which accepts callers' own requests.
    private static let app = Task {
        try LuafuncProcess(["serve", "--port", "0", "--app", Repository.root.path, "--until-stdin-ends"])
    }
    /// The app with settings that make the host send only payloads.
    private static let payloadApp = Task {
        try LuafuncProcess(
            ["serve", "--port", "0", "--app", Repository.root.path, "--until-stdin-ends"],
            environment: ["AzureFunctionsJobHost__customHandler__enableForwardingHttpRequest": "false"])
    }

    @Test(arguments: try Case.samples)
    func `a sample does what it demonstrates`(_ sample: Case) async throws {
        let server = try await Self.payloadApp.value
        let reply = try server.invoke(sample.name, sample.payload, headers: sample.headers)
        let differences = try sample.differences(
            status: reply.status, contentType: reply.headers["content-type"] ?? "", body: reply.body)
        #expect(differences.isEmpty)
    }

    /// The host sends little metadata if a function is run by hand.
    @Test(arguments: try Case.samples)
    func `a sample needs no metadata`(_ sample: Case) async throws {
        let payload = try #require(try JSONSerialization.jsonObject(with: Data(sample.payload)) as? [String: Any])
        let bare = try JSONSerialization.data(withJSONObject: ["Data": payload["Data"] ?? [:], "Metadata": [:]])
        let reply = try await Self.payloadApp.value.invoke(sample.name, bare)
        #expect(reply.headers["content-type"] == "application/json", "\(reply.text)")
    }

    @Test(arguments: try Case.samples.filter { $0.plainRequest != nil })
    func `an HTTP sample also works with callers' own requests`(_ sample: Case) async throws {
        let request = try #require(sample.plainRequest)
        let reply = try await Self.app.value.request(
            request.target, method: request.method,
            headers: Dictionary(request.headers.filter { $0.0 != "Host" && $0.0 != "Content-Length" }) { $1 },
            body: request.body)
        let differences = sample.plainDifferences(
            status: reply.status, headers: reply.headers.map { ($0.key, $0.value) }, body: reply.body)
        #expect(differences.isEmpty)
    }

    // MARK: The to-do list

    private struct Answer: Equatable {
        var status: Int
        var body: String
        var cookie = ""
    }

    @Test(arguments: [true, false])
    func `the to-do sample works over both protocols`(_ forwards: Bool) async throws {
        let server = try await (forwards ? Self.app : Self.payloadApp).value
        var cookie = ""
        func request(_ method: String, _ id: String? = nil, _ body: String = "") throws -> Answer {
            let answer =
                try forwards
                ? Self.request(method, id, body, cookie: cookie, of: server)
                : Self.invoke(method, id, body, cookie: cookie, of: server)
            if !answer.cookie.isEmpty { cookie = String(answer.cookie.prefix { $0 != ";" }) }
            return answer
        }
        #expect(try request("GET").body == "[]")
        let milk = try request("POST", nil, #"{"title":"milk"}"#)
        #expect(milk.status == 201 && milk.body.contains("\"id\":1") && milk.cookie.hasSuffix("; Path=/; HttpOnly"))
        #expect(try request("POST", nil, #"{"title":"bread"}"#).body.contains("\"id\":2"))
        #expect(try request("PUT", "1", #"{"title":"oat milk","done":true}"#).body.contains("oat milk"))
        #expect(try request("GET", "1").body.contains("\"done\":true"))
        #expect(try request("DELETE", "2") == Answer(status: 204, body: "", cookie: cookie + "; Path=/; HttpOnly"))
        let list = try request("GET").body
        #expect(list.contains("oat milk") && !list.contains("bread"))
        #expect(try request("GET", "2").status == 404 && request("PUT").status == 404)
        #expect(try request("POST", nil, "no JSON").status == 400 && request("POST", nil, "{}").status == 400)
        cookie = "todo=not_ours; other=1"
        #expect(try request("GET").body == "[]")
    }

    private static func request(
        _ method: String, _ id: String?, _ body: String, cookie: String, of server: LuafuncProcess
    ) throws -> Answer {
        let reply = try server.request(
            "/api/todo\(id.map { "/\($0)" } ?? "")", method: method, headers: ["Cookie": cookie], body: body.utf8)
        return Answer(status: reply.status, body: reply.text, cookie: reply.headers["set-cookie"] ?? "")
    }

    /// The real host's result for the same request and the answer to it.
    private static func invoke(
        _ method: String, _ id: String?, _ body: String, cookie: String, of server: LuafuncProcess
    ) throws -> Answer {
        let request: [String: Any] = [
            "Url": "http://localhost:7071/api/todo", "Method": method, "Query": [String: String](),
            "Headers": ["Cookie": [cookie]], "Params": ["id": id as Any? ?? NSNull()], "Body": body,
        ]
        let payload = try JSONSerialization.data(withJSONObject: [
            "Data": ["req": request], "Metadata": [String: Any](),
        ])
        let reply = try server.invoke("todo", payload)
        let function = try Data(contentsOf: Repository.root.appending(path: "functions/todo/function.json"))
        let delivery = try AnswerDecoder(functionJSON: [UInt8](function)).decode(
            .init(status: reply.status, contentType: reply.headers["content-type"], body: reply.body))
        let http = try #require(delivery.http)
        return Answer(
            status: http.status, body: String(decoding: http.body, as: UTF8.self),
            cookie: http.headers.first { $0.name.lowercased() == "set-cookie" }?.value ?? "")
    }

    @Test func `every sample has its test`() throws {
        let folders = try FileManager.default.contentsOfDirectory(
            atPath: Repository.root.appending(path: "functions").path)
        #expect(try folders.sorted() == Case.samples.map(\.name))
    }

    @Test func `the samples' own tests pass, and check finds nothing in the samples`() async throws {
        let app = try TemporaryApp.sample()
        let test = try await LuafuncProcess(["test", "--app", app.folder.path], waits: false).end()
        #expect(test.code == 0 && test.output.contains("7 tests in 3 files, 7 passed"), "\(test)")
        let check = try await LuafuncProcess(["check", "--strict", "--app", app.folder.path], waits: false).end()
        #expect(check.code == 0, "\(check)")
    }

    @Test(arguments: ["README.md", "scripts/start"])
    func `the commands in the documentation work as written`(_ file: String) async throws {
        let host = try StartedApp(.sample())
        let text = try String(contentsOf: Repository.root.appending(path: file), encoding: .utf8)
        let lines = text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
        let commands = lines.indices.filter { lines[$0].hasPrefix("curl ") }
        #expect(commands.count == 3)
        for index in commands {
            let output = try run(lines[index].replacing(#/localhost:(7071|\$port)/#, with: "localhost:\(host.port)"))
            if lines[index + 1].hasPrefix("# ") { #expect(output == String(lines[index + 1].dropFirst(2))) }
        }
        #expect(host.process.waitForLine(containing: "→ queue orders"))
        #expect(host.process.waitForLine(containing: "→ blob shipped/1005.txt"))
        #expect(host.process.waitForLine(containing: "→ queue messages-outgoing"))
    }

    private func run(_ command: String) throws -> String {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: "/bin/bash")
        process.arguments = ["-c", command.replacing("curl ", with: "curl -s ")]
        process.standardOutput = output
        try process.start()
        let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        return text
    }
}
