import EventLoop
import FunctionsModel
import HTTP
import HTTP1
import JSON

/// The host's own API, below `/admin` (host-contract §13).
@MainLoop
struct AdminAPI {
    let app: FunctionApp
    /// `http://localhost:7071`
    let address: String
    let keys: Keys?
    let began: MonotonicTime
    /// Whether all functions of the app are served.
    let isWhole: Bool
    let isDisabled: (Function) -> Bool
    /// Why a function cannot run, or runs only in its previous version; nil if all is well.
    let problem: (String) -> String?
    /// Runs a function in the background with this trigger value.
    let invoke: (Function, String?) -> Void
    let restart: () -> Void
    /// Reports an event to the developer, because the host explains its refusals to nobody.
    let tell: @MainLoop (HostEvent) -> Void

    func respond(to request: HTTPRequest, at route: AdminRoute) -> HTTPResponse {
        // The list names the host's own address, everything else the one that the caller used.
        let base = "\(address.prefix { $0 != ":" })://\(request.host ?? "localhost")"
        let listed = AdminDescription(app: app, base: address, isDisabled: isDisabled, problem: problem)
        let described = AdminDescription(app: app, base: base, isDisabled: isDisabled, problem: problem)
        switch route {
        case .functions: return json(.array(app.names.map { JSONTree(.object(listed.members(of: $0)), line: 1) }))
        case .function(let name): return known(name).map { json(.object(described.members(of: $0))) } ?? nothing
        case .status(let name): return status(of: name)
        case .run(let name): return run(name, request)
        case .write where app.host.serverRoutes != nil, .remove where app.host.serverRoutes != nil:
            return refuse(request, 400, "the functions are the routes in host.json; change them there")
        case .write(let name): return write(name, request, described)
        case .remove(let name): return remove(name)
        case .functionKeys(let name):
            return known(name) == nil ? nothing : keyList(["default": .host], request, base)
        case .hostKeys(let areSystem, let name): return hostKeys(areSystem, name, request, base)
        case .hostStatus: return hostStatus
        case .ping:
            return HTTPResponse(status: 200, fields: ["Cache-Control": "no-store,no-cache", "Pragma": "no-cache"])
        case .drain: return HTTPResponse(status: 202)
        case .drainStatus:
            return json(
                .object([
                    .init("state", .string("Disabled")), .init("outstandingInvocations", .integer(0)),
                    .init("outstandingRetries", .integer(0)),
                ]))
        case .resume: return json(.object([.init("state", .string("Running"))]))
        case .extensions: return json(linked([.init("extensions", .array([]))], request, base))
        case .log: return log(request)
        case .syncTriggers:
            // This needs Azure's scale controller.
            let reason = "Invalid environment for SyncTriggers operation."
            return json(.object([.init("status", .string(reason))]), status: 500)
        case .restart:
            restart()
            return json(.object([.init("isSelfHost", .boolean(true)), .init("scriptPath", .string(app.root))]))
        case .files: return refuse(request, 403, "the host gives nobody access to the app's files")
        case .webhook, .warmup: return nothing
        }
    }

    private var nothing: HTTPResponse { HTTPResponse(status: 404) }

    /// The name as the app writes it. Callers may use upper or lower case.
    private func known(_ name: String) -> String? { app.names.first { $0.lowercased() == name.lowercased() } }

    /// An empty response, as the real host sends it. Only the developer learns the reason.
    private func refuse(_ request: HTTPRequest, _ status: Int, _ reason: String) -> HTTPResponse {
        tell(.warning("\(request.cause): \(status), \(reason)"))
        return HTTPResponse(status: status)
    }

    // MARK: Run

    private func run(_ name: String, _ request: HTTPRequest) -> HTTPResponse {
        guard hasJSON(request) else { return unsupported(request) }
        let input: String?
        do throws(FunctionInvocation.Refusal) {
            input = try FunctionInvocation(request.body).input
        } catch {
            return refuse(request, 400, error.reason)
        }
        guard let function = known(name).flatMap({ app.functions[$0] }) else {
            let reason = app.broken[known(name) ?? ""].map { "\($0)" }
            return refuse(
                request, 404,
                reason
                    ?? (isWhole ? "no function has this name" : "none of the functions of --functions has this name"))
        }
        invoke(function, input)
        return HTTPResponse(status: 202)
    }

    private func hasJSON(_ request: HTTPRequest) -> Bool {
        let type = MediaType.essence(of: request.first("content-type"))
        return ["application/json", "text/json"].contains(type)
            || type.hasPrefix("application/") && type.hasSuffix("+json")
    }

    private func unsupported(_ request: HTTPRequest) -> HTTPResponse {
        refuse(request, 415, "send the header Content-Type: application/json")
    }

    // MARK: Status

    private func status(of name: String) -> HTTPResponse {
        guard let name = known(name) else { return nothing }
        guard let problem = app.broken[name] else { return json(.object([])) }
        return json(.object([.init("errors", .array([JSONTree(.string("\(problem)"), line: 1)]))]))
    }

    private var hostStatus: HTTPResponse {
        let errors = app.broken.sorted { $0.key < $1.key }.map {
            JSONTree(.string("The '\($0.key)' function is in error: \($0.value)"), line: 1)
        }
        let uptime = (MonotonicTime.now - began).saturatingNanoseconds / 1_000_000
        return json(
            .object(
                [
                    .init("id", .string("luafunc")), .init("state", .string("Running")),
                    .init("version", .string(HostVersion.text)),
                    .init("versionDetails", .string(HostVersion.details)),
                    .init("platformVersion", .string("")), .init("instanceId", .string("")),
                    .init("computerName", .string("")), .init("processUptime", .integer(uptime)),
                    .init("functionAppContentEditingState", .string("Unknown")),
                ] + (errors.isEmpty ? [] : [.init("errors", .array(errors))])))
    }

    /// Writes the entries of a caller to the log.
    private func log(_ request: HTTPRequest) -> HTTPResponse {
        guard hasJSON(request) else { return unsupported(request) }
        let body = request.body
        guard let entries = (try? JSONTree.newtonsoft(body.span.bytes))?.elements else {
            return HTTPResponse(status: 400, text: "An array of log entry objects is expected.")
        }
        for entry in entries {
            let text = entry.member(anyCase: "message")?.string ?? ""
            switch entry.member(anyCase: "level")?.value {
            case .integer(1), .string("Error"), .string("error"): tell(.error(text))
            case .integer(2), .string("Warning"), .string("warning"): tell(.warning(text))
            default: tell(.handlerLine(HandlerLine(text, isError: false, stderrIsForErrors: true)))
            }
        }
        return HTTPResponse(status: 200)
    }

    // MARK: Keys

    private func hostKeys(
        _ areSystem: Bool, _ name: String?, _ request: HTTPRequest, _ base: String
    ) -> HTTPResponse {
        let all: [String: Keys.Kind] = areSystem ? ["eventgrid_extension": .eventGrid] : ["default": .host]
        guard let name else { return keyList(all, request, base) }
        let named = areSystem ? all.merging(["_master": .master]) { own, _ in own } : all
        guard let keys, let kind = named[name] else { return nothing }
        return json(linked([.init("name", .string(name)), .init("value", .string(keys[kind]))], request, base))
    }

    /// Without `--auth` there are no keys.
    private func keyList(_ kinds: [String: Keys.Kind], _ request: HTTPRequest, _ base: String) -> HTTPResponse {
        let list = kinds.compactMap { name, kind in
            keys.map { keys in
                JSONTree(.object([.init("name", .string(name)), .init("value", .string(keys[kind]))]), line: 1)
            }
        }
        return json(linked([.init("keys", .array(list))], request, base))
    }

    // MARK: Write

    /// Creates or changes a function: `config` becomes function.json, and `files` replace all its other files.
    private func write(_ name: String, _ request: HTTPRequest, _ described: AdminDescription) -> HTTPResponse {
        guard hasJSON(request) else { return unsupported(request) }
        guard Function.isName(name) && !Function.isReserved(name) else {
            return HTTPResponse(status: 400, text: "\(name) is not a valid function name")
        }
        let name = known(name) ?? name
        do {
            try FunctionFolder(name, of: app).write(FunctionFiles(request.body))
        } catch let error as FunctionFiles.Refusal {
            return HTTPResponse(status: 400, text: "\(error.reason)\n")
        } catch {
            return HTTPResponse(status: 500, text: "\(error)\n")
        }
        var response = json(.object(described.members(of: name)), status: 201)
        response.fields.add("Location", "\(described.base)/admin/functions/\(name)")
        return response
    }

    private func remove(_ name: String) -> HTTPResponse {
        guard let name = known(name) else { return nothing }
        do {
            try FunctionFolder(name, of: app).remove()
            return HTTPResponse(status: 204)
        } catch {
            return HTTPResponse(status: 500, text: "\(error)\n")
        }
    }

    // MARK: JSON

    /// The members with a link to themselves.
    private func linked(_ members: [JSONTree.Member], _ request: HTTPRequest, _ base: String) -> JSONTree.Value {
        let link: JSONTree.Value = .object([
            .init("rel", .string("self")), .init("href", .string(base + request.path)),
        ])
        return .object(members + [.init("links", .array([JSONTree(link, line: 1)]))])
    }

    private func json(_ value: JSONTree.Value, status: Int = 200) -> HTTPResponse {
        HTTPResponse(
            status: status, contentType: "application/json; charset=utf-8", text: JSONTree(value, line: 1).text)
    }
}

extension JSONTree.Member {
    /// A member that was not read from a text.
    init(_ name: String, _ value: JSONTree.Value) { self.init(name: name, tree: JSONTree(value, line: 1)) }
}
