import EventLoop
import Files
import FunctionsModel
import HTTP
import HTTP1
import JSON
import MCP

/// Asks the app's MCP servers what they offer, as an MCP client would. The questions go straight to the handler, so they
/// are no invocations that the developer sees.
extension DevHost {
    /// Tells what the MCP servers offer, if that has changed.
    func askServers() {
        let app = current
        let servers = app.list.filter { isServer($0, in: app) }
        guard !servers.isEmpty || !offers.isEmpty else { return }
        MainLoop.task { [weak self] in
            var found: [MCPOffer] = []
            for server in servers {
                guard let offer = await self?.offer(of: server, in: app) else { return }
                found.append(offer)
            }
            guard let self, current === app, found != offers else { return }
            let changed = found.filter { !self.offers.contains($0) }
            offers = found
            if !changed.isEmpty { tell(.offers(changed)) }
        }
    }

    /// Whether a function looks like an MCP server, and can be asked. Others must not get a request that nobody sent.
    private func isServer(_ function: Function, in app: FunctionApp) -> Bool {
        guard app.takesRequests(function), unloaded[function.name] == nil, path(of: function, in: app) != nil,
            let bytes = try? File.read(Path.join(app.root, function.script), limit: 1 << 20)
        else { return false }
        let text = String(decoding: bytes, as: UTF8.self)
        return text.contains("mcp.server") && (text.contains("\"mcp\"") || text.contains("'mcp'"))
    }

    /// Where a function is called; nil if that takes parameters. A server that gets every request is asked at `/mcp`.
    private func path(of function: Function, in app: FunctionApp) -> String? {
        if app.host.httpWire == .named { return "/\(function.name)" }
        guard var route = function.route else { return nil }
        if route.hasPrefix("{*") { route = "mcp" }
        guard !route.contains("{") else { return nil }
        return "/" + [app.host.routePrefix, route].filter { !$0.isEmpty }.joined(separator: "/")
    }

    private func offer(of function: Function, in app: FunctionApp) async -> MCPOffer {
        var families: [MCPOffer.Family] = []
        for (name, method, member, label) in [
            ("tools", "tools/list", "tools", "name"), ("resources", "resources/list", "resources", "uri"),
            ("templates", "resources/templates/list", "resourceTemplates", "uriTemplate"),
            ("prompts", "prompts/list", "prompts", "name"),
        ] {
            var entries: [String] = []
            var cursor: String?
            for _ in 0..<Self.pageLimit {
                switch await ask(function, in: app, method, cursor) {
                case .failure(let problem):
                    return MCPOffer(function: function.name, families: families, problem: problem.text)
                case .success(let page):
                    entries += (page?[member]?.elements ?? []).compactMap { $0[label]?.string }
                    cursor = page?["nextCursor"]?.string
                }
                if cursor == nil { break }
            }
            if !entries.isEmpty { families.append(.init(name: name, entries: entries)) }
        }
        return MCPOffer(function: function.name, families: families)
    }

    private static let pageLimit = 16
    private static let listLimit = 4 << 20

    private struct Refusal: Error { let text: String }

    /// Returns the result, or nil if the server has no such method.
    private func ask(
        _ function: Function, in app: FunctionApp, _ method: String, _ cursor: String?
    ) async -> Result<JSONTree?, Refusal> {
        var parameters: ClientMessage.Members = []
        if let cursor {
            let text = JSONText()
            text.append(string: cursor)
            parameters.append(("cursor", text.text))
        }
        let message = ClientMessage(method, id: 1, params: parameters, revision: .july2026)
        var fields: HTTPFields = ["host": "localhost:\(server.port)"]
        for (name, value) in message.fields { fields.add(name, value) }
        fields.add(HostHeader.hostVersion, HostVersion.text)
        fields.add(HostHeader.forwardedHost, "localhost:\(server.port)")
        do {
            var request = ClientRequest(
                .post, try invoker.url(of: path(of: function, in: app) ?? "/"), fields: fields,
                body: .bytes(Array(message.body(client: #"{"name":"luafunc start","version":"1.0"}"#).utf8)))
            request.timeout = .seconds(10)
            _ = try await invoker.life()
            invoker.handler.sign(&request)
            let response = try await invoker.client.execute(request)
            let body = try await response.collect(upTo: Self.listLimit)
            if response.status == 401 || response.status == 403 {
                return .failure(Refusal(text: "asks for a token, so its tools are not listed"))
            }
            guard let answer = try? JSONTree.parse(body.span.bytes) else {
                return .failure(Refusal(text: "answers \(response.status) instead of its tools"))
            }
            return .success(answer["result"])
        } catch {
            return .failure(Refusal(text: "has not listed its tools: \(error)"))
        }
    }
}
