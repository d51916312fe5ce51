import Foundation
import FunctionsModel
import HTTP1
import JSON
import TestSupport

@testable import DevHost

/// A handler that gives every request the same answer.
struct SameAnswer: HandlerChannel {
    var answer = HandlerAnswer(status: 200, fields: ["Content-Type": "application/json"], body: Array("{}".utf8))

    init(_ json: String = "{}") { answer.body = Array(json.utf8) }

    func exchange(
        _ method: HTTPMethod, _ target: String, fields: HTTPFields, body: [UInt8]
    ) async throws -> HandlerAnswer { answer }
}

/// The functions of an app that is not served.
struct RunApp {
    let files: TemporaryApp
    let app: FunctionApp

    init(_ bindings: [String: String], host: String = #"{ "version": "2.0", "extensionBundle": {} }"#) throws {
        var texts = ["host.json": host]
        for (name, text) in bindings {
            texts["functions/\(name)/function.json"] = #"{ "bindings": [ \#(text) ] }"#
            texts["functions/\(name)/handler.lua"] = "return function() end"
        }
        files = try TemporaryApp(texts)
        app = try AppLoader(.folder(files.folder.path), settings: [:]).load()
    }

    func function(_ name: String) throws -> Function {
        guard let function = app.functions[name] else { throw app.broken[name] ?? Problem(name, "is missing") }
        return function
    }

    func run(
        _ name: String, _ event: FunctionEvent? = nil, _ handler: SameAnswer = SameAnswer(),
        _ change: (inout FunctionRun) -> Void = { _ in }
    ) async throws -> RunResult {
        let function = try function(name)
        var run = FunctionRun(of: function, in: app)
        change(&run)
        return await run.run(try event ?? .sample(of: function, in: app), through: handler)
    }

    /// The payload of a sample event.
    func payload(_ name: String, _ change: (inout FunctionEvent.Parts) throws -> Void = { _ in }) async throws
        -> JSONTree
    {
        var parts = FunctionEvent.Parts()
        try change(&parts)
        let result = try await run(name, .sample(of: function(name), in: app, parts))
        if let failure = result.failure { throw Problem(name, failure.message) }
        let body = result.sent?.body ?? []
        return try JSONTree.parse(body.span.bytes)
    }
}

extension JSONTree {
    /// The names and kinds of everything inside, also of what strings hold as JSON. Headers and queries differ from
    /// caller to caller.
    var shape: String {
        switch value {
        case .object(let members):
            let shapes = members.map { member in
                ["Headers", "Query"].contains(member.name) ? member.name : "\(member.name):\(member.tree.shape)"
            }
            return "{\(shapes.joined(separator: ","))}"
        case .array(let elements): return "[\(elements.first?.shape ?? "")]"
        case .string(let text):
            guard let inner = try? JSONTree.parse(text.utf8Span.span.bytes) else { return "text" }
            return "text(\(inner.shape))"
        case .integer, .double: return "number"
        case .boolean: return "boolean"
        case .null: return "null"
        }
    }
}
