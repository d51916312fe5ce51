package import JSON
import MCP

/// What an MCP server offers, as text for people. Foreign text is escaped by whoever prints it.
package struct MCPListing {
    package let server: MCPClient.Server
    package let tools: [JSONTree]
    package let resources: [JSONTree]
    package let templates: [JSONTree]
    package let prompts: [JSONTree]

    /// Reads the lists of the families that the server has.
    package init(of client: MCPClient, _ server: MCPClient.Server) async throws(MCPClient.Failure) {
        self.server = server
        let has = { (family: String) in server.capabilities?[family] != nil }
        tools = has("tools") ? try await client.list("tools/list", "tools") : []
        resources = has("resources") ? try await client.list("resources/list", "resources") : []
        templates = has("resources") ? try await client.list("resources/templates/list", "resourceTemplates") : []
        prompts = has("prompts") ? try await client.list("prompts/list", "prompts") : []
    }

    /// One line for each entry.
    package var lines: [String] {
        section("tools", tools) { "\($0["name"]?.string ?? "?")(\(Self.arguments(of: $0["inputSchema"])))" }
            + section("resources", resources) { $0["uri"]?.string ?? "?" }
            + section("templates", templates) { $0["uriTemplate"]?.string ?? "?" }
            + section("prompts", prompts) { prompt in
                let names = (prompt["arguments"]?.elements ?? []).map { argument in
                    "\(argument["name"]?.string ?? "?")\(argument["required"]?.boolean == true ? "" : "?")"
                }
                return "\(prompt["name"]?.string ?? "?")(\(names.joined(separator: ", ")))"
            }
    }

    /// The server's name and version, the revision, and what it can do.
    package var introduction: [String] {
        let info = server.info
        var lines = ["\(info?["name"]?.string ?? "(no name)") \(info?["version"]?.string ?? "")"]
        lines.append("revision      \(server.revision.rawValue)")
        if let members = server.capabilities?.members {
            let names = members.map { member in
                let extras = (member.tree.members ?? []).filter { $0.tree.boolean == true }.map(\.name)
                return extras.isEmpty ? member.name : "\(member.name) (\(extras.joined(separator: ", ")))"
            }
            lines.append("capabilities  \(names.joined(separator: ", "))")
        }
        if let instructions = server.instructions { lines.append("instructions  \(instructions)") }
        return lines
    }

    /// All that the server says, in JSON.
    package var json: String {
        let list = { (entries: [JSONTree]) in JSONTree(.array(entries), line: 1) }
        return JSONTree(
            .object(
                [
                    ("revision", JSONTree(.string(server.revision.rawValue), line: 1)),
                    ("serverInfo", server.info ?? JSONTree(.null, line: 1)),
                    ("capabilities", server.capabilities ?? JSONTree(.null, line: 1)),
                    ("tools", list(tools)), ("resources", list(resources)), ("resourceTemplates", list(templates)),
                    ("prompts", list(prompts)),
                ].map { JSONTree.Member(name: $0, tree: $1) }), line: 1
        ).text
    }

    private func section(_ title: String, _ entries: [JSONTree], _ label: (JSONTree) -> String) -> [String] {
        guard !entries.isEmpty else { return [] }
        return ["\(title):"]
            + entries.map { entry in
                let text = entry["description"]?.string ?? entry["title"]?.string
                return "  \(label(entry))\(text.map { "  \($0)" } ?? "")"
            }
    }

    /// The arguments of a tool: `city: string, days?: integer`.
    private static func arguments(of schema: JSONTree?) -> String {
        let required = Set((schema?["required"]?.elements ?? []).compactMap(\.string))
        return (schema?["properties"]?.members ?? []).map { property in
            let type = property.tree["type"]?.string ?? "any"
            return "\(property.name)\(required.contains(property.name) ? "" : "?"): \(type)"
        }.joined(separator: ", ")
    }
}
