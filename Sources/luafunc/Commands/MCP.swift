import EventLoop
import Glibc
import HTTP
import HTTP1
import JSON
import Log
import Toolbox

extension Command {
    static let mcp = Command(
        name: "mcp", summary: "Call and inspect MCP servers, or serve one over stdio.",
        discussion: """
            list and call speak to the server that luafunc start runs, unless --url names another. inspect shows all that \
            a server says of itself. stdio serves the app's server over standard input and output, for desktop clients \
            that start programs.

            Examples: luafunc mcp list
                      luafunc mcp call forecast --args '{"city":"Oslo"}'
                      luafunc mcp inspect https://example.com/mcp --header x-functions-key=KEY
            """,
        options: [url, args, answers, state, header, timeLimit, format, AppChoice.option, AppSettings.option],
        operands: [action, target],
        validate: { arguments in try check(arguments) }
    ) { arguments in
        guard let action = arguments[action] else { return }
        if action == .stdio { return try serveStdio(arguments, function: arguments[target]) }
        let session = MCPSession(
            url: try address(arguments), fields: try fields(arguments), isJSON: arguments[format] == .json,
            timeout: arguments[timeLimit] ?? .seconds(60))
        let isDefault = arguments[url] == nil && (action == .call || arguments[target] == nil)
        let code: ExitCode? = EventLoop.main.finish {
            do {
                switch action {
                case .list: try await session.list(withIntroduction: false)
                case .inspect: try await session.list(withIntroduction: true)
                case .call:
                    let isDone = try await session.call(
                        arguments[target] ?? "", arguments[args] ?? JSONTree(.object([]), line: 1),
                        answers: arguments[answers]?.text, state: arguments[state])
                    return isDone ? .success : .failure
                case .stdio: break
                }
                return .success
            } catch let failure as MCPSession.NoServer {
                Console.printError("luafunc: \(Escape.line("\(failure.reason)"))")
                if isDefault, failure.reason.status == nil {
                    Console.printError("luafunc start serves the app there; --url names another server")
                }
                return .badApp
            } catch {
                Console.printError("luafunc: \(Escape.line("\(error)"))")
                return .failure
            }
        }
        if let code, code != .success { throw code }
    }

    private enum Action: String, CaseIterable { case list, call, inspect, stdio }
    private enum Format: String, CaseIterable { case text, json }

    private static let action = Operand("action", ValueOf<Action>.choice, "What to do.")
    private static let target = Operand(
        "what", .text, "call: the tool. list, inspect: the server's URL. stdio: the function.", isOptional: true)
    private static let url = Option(
        "url", .text, "The server's endpoint.", default: "http://localhost:7071/mcp")
    private static let args = Option("args", ValueOf<JSONTree>.object, "The tool's arguments, a JSON object.")
    private static let answers = Option(
        "answers", ValueOf<JSONTree>.object, "Answers to what the tool has asked, by name, a JSON object.")
    private static let state = Option("state", .text, "The requestState that came with the questions.")
    private static let header = RepeatedOption(
        "header", .text, "A header, such as x-functions-key=KEY; may be repeated.")
    private static let timeLimit = Option("time-limit", .time, "How long one answer may take.", default: "60s")
    private static let format = Option("format", ValueOf<Format>.choice, "How to print results.", default: "text")

    private static func check(_ arguments: Arguments) throws {
        let action = arguments[action]
        if action == .call, arguments[target] == nil {
            throw UsageError(
                .other("name the tool: luafunc mcp call TOOL --args JSON; luafunc mcp list shows the tools"))
        }
        if action == .inspect, arguments[target] == nil, arguments[url] == nil {
            throw UsageError(.other("name the server: luafunc mcp inspect https://example.com/mcp"))
        }
        if action == .list || action == .inspect, arguments[target] != nil, arguments[url] != nil {
            throw UsageError(.other("the URL is given twice, also as --url"))
        }
    }

    private static func address(_ arguments: Arguments) throws -> URL {
        let operand = arguments[action] == .call ? nil : arguments[target]
        let text = operand ?? arguments[url] ?? "http://localhost:7071/mcp"
        do {
            return try URL(text)
        } catch {
            throw UsageError(.other("'\(text)' is not a URL: \(error)"))
        }
    }

    private static func fields(_ arguments: Arguments) throws -> HTTPFields {
        var fields: HTTPFields = [:]
        for text in arguments[header] {
            guard let end = text.firstIndex(where: { $0 == "=" || $0 == ":" }), end > text.startIndex else {
                throw UsageError(.other("'\(text)' is not a header such as x-functions-key=KEY"))
            }
            let value = text[text.index(after: end)...].drop { $0 == " " }
            fields.add(String(text[..<end]), String(value))
        }
        return fields
    }
}

extension ValueOf<JSONTree> {
    fileprivate static let object = ValueOf(placeholder: "json") { text throws(ValueProblem) in
        let bytes = Array(text.utf8)
        do throws(JSONError) {
            let tree = try JSONTree.parse(bytes.span.bytes)
            if tree.members != nil { return tree }
        } catch {
            throw .unreadable("it is not JSON: \(error)")
        }
        throw .unreadable("it must be a JSON object, such as {\"city\":\"Oslo\"}")
    }
}
