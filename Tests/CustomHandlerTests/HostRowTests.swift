import Foundation
import HTTP1
import JSON
import TestSupport
import Testing

@testable import CustomHandler

/// What a script gets of each request that the real host has sent (Tests/Golden/host), compared with a second, simple
/// reading of host-contract §6.
@Suite struct HostRowTests {
    private static let files = [1, 3, 4, 5, 6, 7, 9, 10, 11, 12, 15, 16].map { "e\($0)" }

    @Test(arguments: files)
    func `a script gets the values that the host has encoded`(_ file: String) async throws {
        let app = try await RecordedApp.shared.value
        var tally = GoldenTally("host/\(file), read by luafunc")
        for row in try HostRow.all(file) {
            for (number, exchange) in row.exchanges.enumerated() {
                guard let payload = RecordedPayload(exchange.sent) else { continue }
                let key = "\(row.name) \(number + 1)"
                guard let function = app.function(for: payload) else {
                    tally.skip(key)
                    continue
                }
                tally.count(key, difference: try await app.difference(payload, function))
            }
        }
        tally.report()
    }
}

/// The payload in a recorded request; nil if the request is not a payload.
private struct RecordedPayload {
    let function: String
    let headers: HTTPFields
    let body: [UInt8]
    let tree: JSONTree

    init?(_ bytes: [UInt8]) {
        guard let message = RawMessage(bytes), message.startLine.hasPrefix("POST /"),
            let tree = try? JSONTree.parse(message.body.span.bytes), tree["Data"] != nil
        else { return nil }
        function = String(message.startLine.split(separator: " ")[1].dropFirst())
        // A caller other than the host gets copies of the log lines.
        let dropped = ["Transfer-Encoding", "X-Azure-Functions-HostVersion"]
        headers = HTTPFields(message.headers.filter { !dropped.contains($0.name) }.map { ($0.name, $0.value) })
        body = message.body
        self.tree = tree
    }
}

/// The functions with which the host was recorded. Each has a script that shows what it gets.
private struct RecordedApp {
    private let handler: InProcessHandler
    private let folder: TemporaryApp
    /// The input bindings of each function, by its name here; and these names, by the recorded name.
    private var bindings: [String: [JSONTree]] = [:]
    private var names: [String: [String]] = [:]

    static let shared = Task { try await RecordedApp() }

    private static let script = """
        local json, base64 = require "json", require "base64"
        local function show(t, name)
          local v = t[name]
          if type(v) == "string" and not utf8.len(v) then t[name] = { base64 = base64.encode(v) } end
        end
        return function(data, metadata, context)
          for name, value in pairs(data) do
            show(data, name)
            if type(value) == "table" and name == "req" then show(value, "Body") end
          end
          print(json.encode { data = data, metadata = metadata, id = context.invocationId })
        end
        """

    init() async throws {
        let text = try Data(contentsOf: Repository.root.appending(path: "Tests/Golden/host/apps.json"))
        let apps = try JSONTree.parse(Array(text).span.bytes)
        var files = ["host.json": #"{ "version": "2.0", "extensionBundle": {} }"#]
        for app in apps.members ?? [] {
            for function in app.tree.members ?? [] where function.name != "host.json" {
                let inputs = function.tree["bindings"]?.elements?.filter { $0["direction"]?.string != "out" } ?? []
                // Routes of functions of different apps would collide.
                let list = inputs.map { JSONTree(.object(($0.members ?? []).filter { $0.name != "route" }), line: 1) }
                let name = "\(app.name)-\(function.name)"
                bindings[name] = list
                names[function.name, default: []].append(name)
                files["\(name)/function.json"] = "{ \"bindings\": \(JSONTree(.array(list), line: 1).text) }"
                files["\(name)/handler.lua"] = Self.script
            }
        }
        folder = try TemporaryApp(files)
        handler = try await InProcessHandler(root: folder.folder.path)
    }

    /// A function whose bindings are those of the payload; nil if it is not recorded.
    func function(for payload: RecordedPayload) -> String? {
        let members = payload.tree["Data"]?.members?.map(\.name) ?? []
        return names[payload.function]?.first { name in
            Set(bindings[name]?.compactMap { $0["name"]?.string } ?? []) == Set(members)
        }
    }

    func difference(_ payload: RecordedPayload, _ function: String) async throws -> String? {
        let reply = try await handler.request(
            "/\(function)", payload.body, method: .post, headers: payload.headers)
        let answer = try? JSONTree.parse(reply.body.span.bytes)
        guard let line = answer?["Logs"]?.elements?.first?.string else { return reply.text }
        let shown = try JSONTree.parse(Array(line.utf8).span.bytes)
        let expected: [(String, String)] = [
            ("id", JSONTree(.string(payload.headers.first("X-Azure-Functions-InvocationId") ?? ""), line: 1).plain),
            ("metadata", Self.object(payload.tree["Metadata"], Self.unwrapped)),
            ("data", Self.object(payload.tree["Data"], { decoded($1, name: $0, function) })),
        ]
        for (name, wanted) in expected {
            let found = shown[name]?.plain ?? "nothing"
            if found != wanted { return "\(name) is \(found), not \(wanted)" }
        }
        return nil
    }

    // MARK: host-contract §6

    private static func object(_ tree: JSONTree?, _ value: (String, JSONTree) -> JSONTree) -> String {
        let members = (tree?.members ?? []).map { JSONTree.Member(name: $0.name, tree: value($0.name, $0.tree)) }
        return JSONTree(.object(members), line: 1).plain
    }

    private static func unwrapped(_: String, _ tree: JSONTree) -> JSONTree {
        guard let text = tree.string else { return tree }
        return (try? JSONTree.parse(Array(text.utf8).span.bytes)) ?? tree
    }

    private func decoded(_ tree: JSONTree, name: String, _ function: String) -> JSONTree {
        let binding = bindings[function]?.first { $0["name"]?.string == name }
        let dataType = binding?["dataType"]?.string
        switch (binding?["type"]?.string ?? "", tree.string) {
        case ("httpTrigger", nil): return Self.request(tree)
        case ("blobTrigger", let text?):
            let bytes = [UInt8](Data(base64Encoded: text) ?? Data())
            return Self.shown(dataType == "binary" || dataType == "stream" ? bytes : Self.text(bytes))
        case (_, let text?) where dataType == "binary" && text != "null":
            return Data(base64Encoded: text).map { Self.shown([UInt8]($0)) } ?? tree
        default: return Self.unwrapped(name, tree)
        }
    }

    private static func request(_ tree: JSONTree) -> JSONTree {
        let types = tree["Headers"]?.member(anyCase: "content-type")?.elements?.compactMap(\.string) ?? []
        guard let type = types.first, let text = tree["Body"]?.string,
            type.hasPrefix("application/octet-stream") || type.contains("multipart/")
        else { return tree }
        let body = shown([UInt8](Data(base64Encoded: text) ?? Data()))
        return JSONTree(
            .object((tree.members ?? []).map { $0.name == "Body" ? .init(name: "Body", tree: body) : $0 }), line: 1)
    }

    private static func text(_ bytes: [UInt8]) -> [UInt8] {
        if bytes.starts(with: [0xff, 0xfe]) || bytes.starts(with: [0xfe, 0xff]) {
            return Array((String(data: Data(bytes), encoding: .utf16) ?? "").utf8)
        }
        return Array(bytes.withoutByteOrderMark)
    }

    private static func shown(_ bytes: [UInt8]) -> JSONTree {
        if let text = String(validating: bytes, as: UTF8.self) { return JSONTree(.string(text), line: 1) }
        let base64 = JSONTree(.string(Data(bytes).base64EncodedString()), line: 1)
        return JSONTree(.object([.init(name: "base64", tree: base64)]), line: 1)
    }
}

extension JSONTree {
    /// A text that is equal for equal values in Lua: members have no order, and null members do not exist.
    fileprivate var plain: String {
        switch value {
        case .double(let number) where number == number.rounded() && abs(number) < 1e15: "\(Int64(number))"
        case .array(let elements): "[" + elements.map(\.plain).joined(separator: ",") + "]"
        case .object(let members):
            "{"
                + Dictionary(members.map { ($0.name, $0.tree) }, uniquingKeysWith: { $1 })
                .filter { $0.value.value != .null }.sorted { $0.key < $1.key }
                .map { "\($0.key):\($0.value.plain)" }.joined(separator: ",") + "}"
        default: text
        }
    }
}
