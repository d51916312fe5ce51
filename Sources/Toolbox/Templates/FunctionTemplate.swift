import FunctionsModel

/// A kind of function that `luafunc new` makes. The files are in Templates/Functions.
package enum FunctionTemplate: String, CaseIterable, Sendable {
    case http, timer, queue, blob, eventhub, servicebus, cosmosdb, eventgrid, table, mcp

    /// What the function does, for a list.
    package var summary: String {
        switch self {
        case .http: "answers HTTP requests"
        case .timer: "runs on a schedule"
        case .queue: "takes messages of a storage queue, and sends one to another queue"
        case .blob: "takes new and changed blobs of a container, and writes one to another container"
        case .eventhub: "takes batches of events of an event hub"
        case .servicebus: "takes messages of a Service Bus queue, and sends one to another queue"
        case .cosmosdb: "takes documents of Cosmos DB that were created or changed"
        case .eventgrid: "takes events of Event Grid"
        case .table: "answers HTTP requests with rows of a storage table, and saves new rows"
        case .mcp: "is an MCP server, with tools for assistants and editors"
        }
    }

    /// Whether the host needs an extension bundle for the function's bindings.
    package var needsBundle: Bool { ![.http, .timer, .mcp].contains(self) }

    private var texts: (bindings: [UInt8], handler: [UInt8], test: [UInt8]) {
        typealias Texts = PackageResources
        return switch self {
        case .http: (Texts.http_function_json, Texts.http_handler_lua, Texts.http_test_lua)
        case .timer: (Texts.timer_function_json, Texts.timer_handler_lua, Texts.timer_test_lua)
        case .queue: (Texts.queue_function_json, Texts.queue_handler_lua, Texts.queue_test_lua)
        case .blob: (Texts.blob_function_json, Texts.blob_handler_lua, Texts.blob_test_lua)
        case .eventhub: (Texts.eventhub_function_json, Texts.eventhub_handler_lua, Texts.eventhub_test_lua)
        case .servicebus: (Texts.servicebus_function_json, Texts.servicebus_handler_lua, Texts.servicebus_test_lua)
        case .cosmosdb: (Texts.cosmosdb_function_json, Texts.cosmosdb_handler_lua, Texts.cosmosdb_test_lua)
        case .eventgrid: (Texts.eventgrid_function_json, Texts.eventgrid_handler_lua, Texts.eventgrid_test_lua)
        case .table: (Texts.table_function_json, Texts.table_handler_lua, Texts.table_test_lua)
        case .mcp: (Texts.mcp_function_json, Texts.mcp_handler_lua, Texts.mcp_test_lua)
        }
    }

    /// The files of a new function.
    ///
    /// - Parameters:
    ///   - folder: the function's folder, relative to the app.
    ///   - routePrefix: the one in host.json, for the paths in comments.
    ///   - endpoint: the URL at which `luafunc start` serves an MCP server; nil for the function's route.
    func files(of name: String, in folder: String, routePrefix: String, endpoint: String? = nil) -> [NewFile] {
        let endpoint = endpoint ?? "http://localhost:7071/api/NAME"
        func filled(_ text: [UInt8]) -> String {
            // The name comes last but one, because it may contain the other words. It has no slash.
            String(decoding: text, as: UTF8.self)
                .replacing("ENDPOINT", with: endpoint)
                .replacing("RESOURCE", with: Self.resource(of: name))
                .replacing("NAME", with: name)
                .replacing("/api/", with: routePrefix.isEmpty ? "/" : "/\(routePrefix)/")
        }
        let (bindings, handler, test) = texts
        let files = [
            NewFile(path: "\(folder)/function.json", text: filled(bindings)),
            NewFile(path: "\(folder)/handler.lua", text: filled(handler)),
            NewFile(path: "\(folder)/\(name)_test.lua", text: filled(test)),
        ]
        guard self == .mcp else { return files }
        let metadata = "\(folder)-metadata"
        return files + [
            NewFile(path: "\(metadata)/function.json", text: filled(PackageResources.mcp_metadata_function_json)),
            NewFile(path: "\(metadata)/handler.lua", text: filled(PackageResources.mcp_metadata_handler_lua)),
        ]
    }

    /// The files of a server that host.json defines, so that it has no function.json.
    static func server(in folder: String) -> [NewFile] {
        let files = Self.mcp.files(
            of: ServerRoutes.function, in: folder, routePrefix: "", endpoint: "http://localhost:7071/mcp")
        return files.filter { $0.path.hasPrefix("\(folder)/") && !$0.path.hasSuffix("/function.json") }
    }

    /// A name for the function's queue, container or event hub: 3 to 50 small letters, digits and single dashes.
    static func resource(of name: String) -> String {
        let letters = name.lowercased().prefix(45).map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" }
        let words = String(letters).split(separator: "-").joined(separator: "-")
        return words.count < 3 ? "\(words)-items" : words
    }
}
