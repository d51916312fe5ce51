import Files
import FunctionsModel
import JSON

/// The description of functions in the admin API (host-contract §13).
struct AdminDescription {
    let app: FunctionApp
    /// The address in all links, such as `http://localhost:7071`.
    let base: String
    let isDisabled: (Function) -> Bool
    let problem: (String) -> String?

    /// The description of a function, which may be one that cannot run.
    func members(of name: String) -> [JSONTree.Member] {
        let function = app.functions[name]
        let directory = function?.directory ?? app.layout.folder(of: name)
        let folder = "\(app.root)/\(directory)"
        let config = config(of: function, in: folder)
        let script = "\(app.root)/\(function?.script ?? "\(directory)/handler.lua")"
        let members: [JSONTree.Member] = [
            .init("name", .string(name)),
            .init("script_root_path_href", link("\(folder)/")),
            .init("script_href", File.exists(script) ? link(script) : .null),
            .init("config_href", link("\(folder)/function.json")),
            .init("test_data_href", link("\(app.root)/.luafunc/data/\(name).dat")),
            .init("href", .string("\(base)/admin/functions/\(name)")),
            .init("invoke_url_template", url(of: name, config).map { .string($0) } ?? .null),
            .init("language", .null),
            .init(name: "config", tree: config),
            .init("files", .null),
            .init("test_data", .string("")),
            .init("isDisabled", .boolean(function.map(isDisabled) ?? false)),
            .init("isDirect", .boolean(false)),
            .init("isProxy", .boolean(false)),
        ]
        // The host tells this only at `/admin/functions/<name>/status`.
        return members + (problem(name).map { [.init("errors", .array([JSONTree(.string($0), line: 1)]))] } ?? [])
    }

    /// The function.json, or what host.json says of a server. One that cannot be read is described as an empty one.
    private func config(of function: Function?, in folder: String) -> JSONTree {
        if let function, function.isServer {
            let bindings = JSONTree(.array(function.bindings.map(\.tree)), line: 1)
            return JSONTree(.object([.init(name: "bindings", tree: bindings)]), line: 1)
        }
        let text = (try? File.read("\(folder)/function.json", limit: 4 << 20)) ?? []
        return (try? JSONTree.newtonsoft(text.span.bytes)) ?? JSONTree(.object([]), line: 1)
    }

    private func link(_ file: String) -> JSONTree.Value { .string("\(base)/admin/vfs\(file)") }

    /// The URL of an HTTP function, in lower case as the host writes it.
    private func url(of name: String, _ config: JSONTree) -> String? {
        let trigger = config.member(anyCase: "bindings")?.elements?.first { binding in
            binding.member(anyCase: "type")?.string.map { BindingTypes.known.type($0) } == .httpTrigger
        }
        guard let trigger else { return nil }
        let route = trigger.member(anyCase: "route")?.string.flatMap { $0.isEmpty ? nil : $0 } ?? name
        return ([base, app.host.routePrefix, route].filter { !$0.isEmpty }).joined(separator: "/").lowercased()
    }
}
