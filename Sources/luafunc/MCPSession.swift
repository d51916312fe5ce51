import EventLoop
import FunctionsModel
import HTTP
import HTTP1
import JSON
import Log
import Toolbox

/// One use of an MCP server by `luafunc mcp`. Results go to standard output, what happens meanwhile to standard error.
struct MCPSession: Sendable {
    let url: URL
    let fields: HTTPFields
    let isJSON: Bool
    /// How long one answer may take.
    let timeout: Duration

    /// There is no MCP server, or it lets this caller do nothing.
    struct NoServer: Error { let reason: MCPClient.Failure }

    private func connect() async throws -> (MCPClient, MCPClient.Server) {
        let client = MCPClient(url, fields: fields, timeout: timeout, on: .main) { Self.show($0) }
        do throws(MCPClient.Failure) {
            return (client, try await client.connect())
        } catch {
            client.close()
            throw NoServer(reason: error)
        }
    }

    func list(withIntroduction: Bool) async throws {
        let (client, server) = try await connect()
        defer { client.close() }
        let listing = try await MCPListing(of: client, server)
        if isJSON { return Console.print(listing.json) }
        let lines = (withIntroduction ? listing.introduction : []) + listing.lines
        Console.print(lines.map { Escape.line($0) }.joined(separator: "\n"))
    }

    /// Calls a tool and prints its result. Returns whether it succeeded.
    func call(
        _ name: String, _ arguments: JSONTree, answers: String?, state: String?
    ) async throws -> Bool {
        let (client, _) = try await connect()
        defer { client.close() }
        let tools = try await client.list("tools/list", "tools")
        guard let tool = tools.first(where: { $0["name"]?.string == name }) else {
            let names = tools.compactMap { $0["name"]?.string }
            throw MCPClient.Failure(
                description: "the server has no tool '\(name)'"
                    + NearestName.question(name, among: names)
                    + (names.isEmpty ? "" : "; it has \(names.joined(separator: ", ").shortened(to: 400))"))
        }
        let result = try await client.call(tool, arguments: arguments, answers: answers, state: state)
        if result["resultType"]?.string == "input_required" {
            if isJSON { Console.print(result.text) } else { show(questions: result) }
            return false
        }
        if isJSON { Console.print(result.text) } else { show(result) }
        return result["isError"]?.boolean != true
    }

    private func show(_ result: JSONTree) {
        let blocks = result["content"]?.elements ?? []
        for block in blocks {
            switch block["type"]?.string {
            case "text": Self.print(block["text"]?.string ?? "")
            case "resource": Self.print(block["resource"]?["text"]?.string ?? Self.summary(of: block))
            default: Console.print(Self.summary(of: block))
            }
        }
        if blocks.isEmpty, let structured = result["structuredContent"] { Console.print(Escape.line(structured.text)) }
    }

    /// Prints a text of the server, up to a length that a person can still read.
    private static func print(_ text: String) {
        Console.print(String(text.prefix(textLimit)))
        if text.utf8.count > textLimit, text.count > textLimit {
            Console.printError("the text has \(text.utf8.count) bytes; --format json prints all of them")
        }
    }

    private static let textLimit = 100_000

    /// A block that is not text in one line: `[image, image/png, 68 bytes in base64]`.
    private static func summary(of block: JSONTree) -> String {
        let parts = [
            block["type"]?.string, block["mimeType"]?.string, block["uri"]?.string ?? block["resource"]?["uri"]?.string,
            (block["data"]?.string ?? block["resource"]?["blob"]?.string).map { "\($0.utf8.count) bytes in base64" },
        ]
        return "[\(Escape.line(parts.compactMap { $0 }.joined(separator: ", ")))]"
    }

    private func show(questions result: JSONTree) {
        Console.printError("The tool asks before it goes on:")
        for question in result["inputRequests"]?.members ?? [] {
            let parameters = question.tree["params"]
            let text = parameters?["message"]?.string ?? question.tree["method"]?.string ?? ""
            Console.printError("  \(Escape.line(question.name)): \(Escape.line(text))")
            if let schema = parameters?["requestedSchema"] { Console.printError("    \(Escape.line(schema.text))") }
        }
        let state = result["requestState"]?.string.map { " --state \($0.shellWord)" } ?? ""
        let answers = (result["inputRequests"]?.members ?? []).map { question in
            "\(JSONText.quoted(question.name)):\(Self.answer(to: question.tree))"
        }
        let words = "--answers \("{\(answers.joined(separator: ","))}".shellWord)\(state)"
        Console.printError("Answer with the same command and:\n  \(Escape.line(words))")
    }

    /// The form of an answer, to be filled in.
    private static func answer(to question: JSONTree) -> String {
        switch question["method"]?.string {
        case "elicitation/create":
            let fields = question["params"]?["requestedSchema"]?["properties"]?.members ?? []
            guard !fields.isEmpty else { return #"{"action":"accept"}"# }
            let content = fields.map { "\(JSONText.quoted($0.name)):\(sample(of: $0.tree))" }
            return #"{"action":"accept","content":{\#(content.joined(separator: ","))}}"#
        case "sampling/createMessage":
            return #"{"role":"assistant","model":"me","content":{"type":"text","text":"TEXT"}}"#
        case "roots/list": return #"{"roots":[{"uri":"file:///FOLDER"}]}"#
        default: return "{}"
        }
    }

    /// A value of the type that a field of a form has.
    private static func sample(of field: JSONTree) -> String {
        if let text = (field["default"] ?? field["enum"]?.elements?.first)?.text { return text }
        return switch field["type"]?.string {
        case "boolean": "true"
        case "integer", "number": field["minimum"]?.text ?? "0"
        case "array": "[]"
        default: #""TEXT""#
        }
    }

    /// Shows a notification that arrives before the result.
    private static func show(_ notification: JSONTree) {
        let parameters = notification["params"]
        switch notification["method"]?.string {
        case "notifications/progress":
            let total = parameters?["total"].map { "/\($0.text)" } ?? ""
            let message = parameters?["message"]?.string.map { " \($0)" } ?? ""
            Console.printError(Escape.line("progress \(parameters?["progress"]?.text ?? "?")\(total)\(message)"))
        case "notifications/message":
            let data = parameters?["data"]
            Console.printError(
                Escape.line("\(parameters?["level"]?.string ?? "log"): \(data?.string ?? data?.text ?? "")"))
        default: break
        }
    }
}
