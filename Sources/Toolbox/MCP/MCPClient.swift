package import EventLoop
package import HTTP
package import HTTP1
package import JSON
package import MCP

/// A client of an MCP server over HTTP, for a developer who looks at it.
///
/// It speaks the newest revision first and falls back to `initialize`, as the official clients do. To an older server it
/// declares no capabilities, so that the server asks it nothing.
package final class MCPClient {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
        /// The HTTP status of an answer, or 200 for an error of JSON-RPC; nil if there was no answer.
        package var status: Int?

        package init(description: String, status: Int? = nil) {
            self.description = description
            self.status = status
        }
    }

    /// What the server says of itself.
    package struct Server {
        package let revision: Revision
        package let info: JSONTree?
        package let capabilities: JSONTree?
        package let instructions: String?
    }

    let http: HTTPClient
    let url: URL
    let fields: HTTPFields
    /// How long one answer may take.
    let timeout: Duration
    private var number = 0
    private(set) var revision = Revision.july2026
    /// Gets each notification that arrives before a result.
    let notified: (JSONTree) -> Void

    /// - Parameter fields: further header fields, such as a function key.
    package init(
        _ url: URL, fields: HTTPFields, timeout: Duration, on loop: EventLoop,
        notified: @escaping (JSONTree) -> Void = { _ in }
    ) {
        http = HTTPClient(loop)
        self.url = url
        self.fields = fields
        self.timeout = timeout
        self.notified = notified
    }

    package func close() { http.close() }

    // MARK: Requests

    package func connect() async throws(Failure) -> Server {
        do throws(Failure) {
            let found = try await request("server/discover", [])
            return Server(
                revision: revision, info: found["_meta"]?["io.modelcontextprotocol/serverInfo"],
                capabilities: found["capabilities"],
                instructions: found["instructions"]?.string)
        } catch {
            // Only an answer shows that there is an older server. Who asks for a token or a key gets no other answer.
            guard let status = error.status, status != 401, status != 403 else { throw error }
        }
        revision = .newestLegacy
        let found = try await request(
            "initialize",
            [
                ("protocolVersion", JSONText.quoted(revision.rawValue)), ("capabilities", "{}"),
                ("clientInfo", Self.info),
            ])
        guard let chosen = found["protocolVersion"]?.string.flatMap(Revision.init(rawValue:)) else {
            throw Failure(description: "the server chose a revision that luafunc does not speak: \(found.text)")
        }
        revision = chosen
        let initialized = ClientMessage("notifications/initialized", id: nil, revision: revision)
        _ = try await post(initialized, initialized.body(client: Self.info), isRequest: false, [])
        return Server(
            revision: revision, info: found["serverInfo"], capabilities: found["capabilities"],
            instructions: found["instructions"]?.string)
    }

    /// All entries of a list, page by page.
    package func list(_ method: String, _ member: String) async throws(Failure) -> [JSONTree] {
        var entries: [JSONTree] = []
        var cursor: String?
        for _ in 0..<Self.pageLimit {
            let page = try await request(method, cursor.map { [("cursor", JSONText.quoted($0))] } ?? [])
            entries += page[member]?.elements ?? []
            cursor = page["nextCursor"]?.string
            if cursor == nil { break }
        }
        return entries
    }

    private static let pageLimit = 64

    /// Calls a tool. Returns its result, or what it asks first.
    ///
    /// - Parameters:
    ///   - arguments: a JSON object.
    ///   - answers: the answers to the questions of an earlier result, by name, in JSON.
    ///   - state: the `requestState` of that result.
    package func call(
        _ tool: JSONTree, arguments: JSONTree, answers: String? = nil, state: String? = nil
    ) async throws(Failure) -> JSONTree {
        let name = tool["name"]?.string ?? ""
        var parameters: ClientMessage.Members = [("arguments", arguments.text)]
        if let answers { parameters.append(("inputResponses", answers)) }
        if let state { parameters.append(("requestState", JSONText.quoted(state))) }
        let mirrored = revision.isModern ? Self.mirrored(tool["inputSchema"], arguments) : []
        return try await request("tools/call", parameters, target: name, token: true, mirrored)
    }

    private func request(
        _ method: String, _ parameters: ClientMessage.Members, target: String? = nil, token: Bool = false,
        _ mirrored: [(String, String)] = []
    ) async throws(Failure) -> JSONTree {
        number += 1
        var meta: ClientMessage.Members = token ? [("progressToken", String(number))] : []
        if revision.isModern { meta.append(("io.modelcontextprotocol/logLevel", #""debug""#)) }
        let message = ClientMessage(method, id: number, target: target, params: parameters, revision: revision)
        let body = message.body(client: Self.info, capabilities: Self.capabilities, meta: meta)
        guard let answer = try await post(message, body, isRequest: true, mirrored) else {
            throw Failure(description: "the server sent no answer to \(method)")
        }
        if let error = answer["error"] {
            let code = error["code"].map(\.text) ?? "none"
            throw Failure(
                description: "\(method): \(error["message"]?.string ?? "no message") (code \(code))", status: 200)
        }
        guard let result = answer["result"] else { throw Failure(description: "\(method): neither result nor error") }
        return result
    }

    /// A person answers the questions of the newest revision; see `call`.
    private static let capabilities = #"{"elicitation":{"form":{},"url":{}},"sampling":{},"roots":{}}"#

    private static let info = #"{"name":"luafunc","version":"1.0"}"#

    /// The headers that repeat arguments, as the tool's schema asks for them.
    private static func mirrored(_ schema: JSONTree?, _ arguments: JSONTree) -> [(String, String)] {
        (schema?["properties"]?.members ?? []).flatMap { property -> [(String, String)] in
            guard let value = arguments[property.name] else { return [] }
            guard let header = property.tree["x-mcp-header"]?.string else { return mirrored(property.tree, value) }
            let text: String? =
                switch value.value {
                case .string(let text): text
                case .integer, .double, .boolean: value.text
                default: nil
                }
            return text.map { [("Mcp-Param-\(header)", Sentinel.encode($0))] } ?? []
        }
    }
}
