import EventLoop
import Files
import FoundationEssentials
import FunctionsModel
import HTTP
import HTTP1
import JSON

/// The host's own API, below `/admin` (host-contract §13).
struct AdminAPI {
    let app: FunctionApp
    /// `http://localhost:7071`
    let address: String
    let began: MonotonicTime
    let isDisabled: (Function) -> Bool
    /// Runs a function in the background with this trigger value; nil for one without.
    let invoke: (Function, String) -> Void

    func respond(to request: HTTPRequest) -> HTTPResponse {
        let parts = request.path.split(separator: "/").map { String($0).lowercased() }.dropFirst()
        let name = request.path.split(separator: "/").dropFirst(2).first.map(String.init) ?? ""
        switch (request.method.text, parts.first, parts.count) {
        case ("GET", "functions", 1): return json(.array(app.names.compactMap { describe($0) }.map { tree($0) }))
        case ("GET", "functions", 2):
            return known(name).flatMap(describe).map { json(.object($0)) } ?? HTTPResponse(status: 404)
        case ("GET", "functions", 3) where parts.last == "status": return status(of: name)
        case ("POST", "functions", 2): return run(name, request)
        case ("PUT", "functions", 2): return write(name, request)
        case ("DELETE", "functions", 2): return remove(name)
        case ("GET", "host", 2) where parts.last == "status": return hostStatus
        case ("GET", "host", 2) where parts.last == "ping", ("POST", "host", 2) where parts.last == "ping":
            return HTTPResponse(status: 200)
        case ("POST", "host", 2) where parts.last == "drain": return HTTPResponse(status: 202)
        case ("GET", "host", 3) where parts.last == "status" && parts.dropFirst().first == "drain":
            return json(.object([member("state", .string("Disabled")), member("outstandingInvocations", .integer(0))]))
        case ("POST", "host", 2) where parts.last == "resume":
            return json(.object([member("state", .string("Running"))]))
        case ("GET", "warmup", 1), ("POST", "warmup", 1):
            if let function = app.functions.values.first(where: { $0.trigger?.type == .warmupTrigger }) {
                invoke(function, "")
            }
            return HTTPResponse(status: 200)
        default: return HTTPResponse(status: 404)
        }
    }

    /// The name as the app writes it. Callers may use upper or lower case.
    private func known(_ name: String) -> String? { app.names.first { $0.lowercased() == name.lowercased() } }

    // MARK: Run

    private func run(_ name: String, _ request: HTTPRequest) -> HTTPResponse {
        guard let function = known(name).flatMap({ app.functions[$0] }) else { return HTTPResponse(status: 404) }
        let body = request.body
        guard let tree = try? JSONTree.parse(body.span.bytes), tree.members != nil else {
            return HTTPResponse(status: 400, text: "send an object such as {\"input\":\"text\"}\n")
        }
        let input: String
        switch tree.member(anyCase: "input")?.value {
        case .string(let text): input = text
        case nil, .null: input = ""
        case .object, .array:
            return HTTPResponse(status: 400, text: "\"input\" must be a string; put JSON into it as a string\n")
        case .some(let other): input = JSONTree(other, line: 1).text
        }
        invoke(function, input)
        return HTTPResponse(status: 202)
    }

    // MARK: Descriptions

    private func describe(_ name: String) -> [JSONTree.Member]? {
        let directory = app.functions[name]?.directory ?? app.layout.folder(of: name)
        let folder = "\(app.root)/\(directory)"
        let text = (try? File.read("\(folder)/function.json", limit: 4 << 20)) ?? []
        let href = "\(address)/admin/functions/\(name)"
        let vfs = "\(address)/admin/vfs/\(directory)"
        let function = app.functions[name]
        let template = function.flatMap { function in
            function.route.map { route in
                address + "/" + [app.host.routePrefix, route].filter { !$0.isEmpty }.joined(separator: "/")
            }
        }
        return [
            member("name", .string(name)),
            member("script_root_path_href", .string("\(vfs)/")),
            member("script_href", .string(function.map { "\(address)/admin/vfs/\($0.script)" } ?? "")),
            member("config_href", .string("\(vfs)/function.json")),
            member("test_data_href", .null),
            member("href", .string(href)),
            member("invoke_url_template", template.map { .string($0) } ?? .null),
            member("language", .string("Custom")),
            JSONTree.Member(
                name: "config", tree: (try? JSONTree.parse(text.span.bytes)) ?? JSONTree(.object([]), line: 1)),
            member("files", .null),
            member("test_data", .null),
            member("isDisabled", .boolean(function.map(isDisabled) ?? false)),
            member("isDirect", .boolean(true)),
            member("isProxy", .boolean(false)),
        ]
    }

    private func status(of name: String) -> HTTPResponse {
        guard let name = known(name) else { return HTTPResponse(status: 404) }
        guard let problem = app.broken[name] else { return json(.object([])) }
        return json(.object([member("errors", .array([tree(string: "\(problem)")]))]))
    }

    private var hostStatus: HTTPResponse {
        let errors = app.broken.sorted { $0.key < $1.key }.map {
            tree(string: "The '\($0.key)' function is in error: \($0.value)")
        }
        let uptime = (MonotonicTime.now - began).saturatingNanoseconds / 1_000_000
        return json(
            .object(
                [
                    member("id", .string("luafunc")), member("state", .string("Running")),
                    member("version", .string(HostVersion.text)), member("versionDetails", .string(HostVersion.text)),
                    member("platformVersion", .string("")), member("instanceId", .string("")),
                    member("computerName", .string(ProcessInfo.processInfo.hostName)),
                    member("processUptime", .integer(uptime)),
                    member("functionAppContentEditingState", .string("Unknown")),
                ] + (errors.isEmpty ? [] : [member("errors", .array(errors))])))
    }

    // MARK: Write

    /// Creates or changes a function: `config` becomes function.json, `files` the other files.
    private func write(_ name: String, _ request: HTTPRequest) -> HTTPResponse {
        guard Function.isName(name) && !Function.isReserved(name) else {
            return HTTPResponse(status: 400, text: "'\(name)' is not a function name\n")
        }
        let body = request.body
        guard let tree = try? JSONTree.parse(body.span.bytes), let config = tree.member(anyCase: "config"),
            config.members != nil
        else { return HTTPResponse(status: 400, text: "send an object with \"config\", the function.json\n") }
        let files = tree.member(anyCase: "files")?.members ?? []
        // Compares bytes: to Swift, a slash with an accent is another character, but to the system it is a slash.
        let isFile: (JSONTree.Member) -> Bool = { file in
            file.tree.string != nil && !["", ".", ".."].contains(file.name)
                && !file.name.utf8.contains { $0 == UInt8(ascii: "/") || $0 == 0 }
        }
        guard files.allSatisfy(isFile) else {
            return HTTPResponse(status: 400, text: "\"files\" must be an object of strings by file name\n")
        }
        do {
            let folder = FunctionFolder(known(name) ?? name, of: app)
            try folder.write(files.map { ($0.name, $0.tree.string ?? "") } + [("function.json", config.text)])
            return HTTPResponse(status: 201)
        } catch {
            return HTTPResponse(status: 500, text: "\(error)\n")
        }
    }

    private func remove(_ name: String) -> HTTPResponse {
        guard let name = known(name) else { return HTTPResponse(status: 404) }
        do {
            try FunctionFolder(name, of: app).remove()
            return HTTPResponse(status: 204)
        } catch {
            return HTTPResponse(status: 500, text: "\(error)\n")
        }
    }

    // MARK: JSON

    private func member(_ name: String, _ value: JSONTree.Value) -> JSONTree.Member {
        JSONTree.Member(name: name, tree: JSONTree(value, line: 1))
    }

    private func tree(_ members: [JSONTree.Member]) -> JSONTree { JSONTree(.object(members), line: 1) }
    private func tree(string: String) -> JSONTree { JSONTree(.string(string), line: 1) }
    private func json(_ value: JSONTree.Value) -> HTTPResponse {
        HTTPResponse(
            status: 200, contentType: "application/json; charset=utf-8", text: JSONTree(value, line: 1).text)
    }
}

/// The folder of one function, where the admin API writes.
private struct FunctionFolder {
    let path: String

    init(_ name: String, of app: FunctionApp) {
        path = "\(app.root)/\(app.functions[name]?.directory ?? app.layout.folder(of: name))"
    }

    func write(_ files: [(name: String, text: String)]) throws(FileError) {
        try Folder.make(path)
        for (name, text) in files { try File.write(text, to: "\(path)/\(name)") }
    }

    func remove() throws(FileError) { try Folder.remove(path) }
}
