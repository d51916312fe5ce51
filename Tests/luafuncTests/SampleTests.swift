import Foundation
import TestSupport
import Testing

/// The sample app and what README.md and scripts/start say about it.
@Suite struct SampleTests {
    private static let app = Task { try LuafuncProcess(["serve", "--port", "0", "--app", Repository.root.path]) }

    @Test(arguments: Case.samples)
    func `a sample does what it is there to show`(_ sample: Case) async throws {
        let server = try await Self.app.value
        let reply = try RawConnection.request(
            "/\(sample.name)", port: server.port, headers: hostHeaders, body: sample.payload)
        let differences = try sample.differences(
            status: reply.status, contentType: reply.headers["content-type"] ?? "", body: reply.body)
        #expect(differences.isEmpty)
    }

    @Test func `every sample has its test`() throws {
        let folders = try FileManager.default.contentsOfDirectory(
            atPath: Repository.root.appending(path: "functions").path)
        #expect(folders.sorted() == Case.samples.map(\.name))
    }

    @Test(arguments: ["README.md", "scripts/start"])
    func `the commands shown work as written`(_ file: String) async throws {
        let server = try await Self.app.value
        let text = try String(contentsOf: Repository.root.appending(path: file), encoding: .utf8)
        let lines = text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
        let commands = lines.indices.filter { lines[$0].hasPrefix("curl ") }
        #expect(commands.count == 3)
        for index in commands {
            let command = lines[index].replacing(#/localhost:(8080|\$port)/#, with: "localhost:\(server.port)")
                .replacing(#"\"# + "\\\"", with: #"\""#)
            let output = try run(command)
            if lines[index + 1].hasPrefix("# ") {
                let wanted = lines[index + 1].dropFirst(2).split(separator: "…").map {
                    $0.trimmingCharacters(in: .whitespaces)
                }
                #expect(wanted.allSatisfy { output.contains($0) }, "\(command) gives \(output)")
            } else {
                #expect(
                    output.hasPrefix(#"{"Outputs":"#) || output.hasPrefix(#"{"ReturnValue":"#),
                    "\(command) gives \(output)")
            }
        }
    }

    private func run(_ command: String) throws -> String {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: "/bin/bash")
        process.arguments = ["-c", command.replacing("curl ", with: "curl -s ")]
        process.standardOutput = output
        try process.run()
        let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        return text
    }
}
