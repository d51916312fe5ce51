import Foundation
import FunctionsModel
import TestSupport
import Testing

@testable import DevHost

@Suite struct BindingCheckTests {
    private func problems(_ binding: String) throws -> [String] {
        let app = try TemporaryApp([
            "host.json":
                #"{ "version": "2.0", "extensionBundle": { "id": "Microsoft.Azure.Functions.ExtensionBundle", "version": "[4.*, 5.0.0)" } }"#,
            "functions/f/function.json":
                "{ \"bindings\": [ { \"name\": \"t\", \"type\": \"warmupTrigger\" },\n \(binding) ] }",
        ])
        let loaded = try AppLoader(.folder(app.folder.path), settings: [:], requiresScripts: false).load()
        let function = try #require(loaded.functions["f"])
        return BindingCheck(function).findings.map(\.problem.description)
            + loaded.findings.all.map(\.problem.description)
    }

    @Test(
        arguments: [
            (#""type": "queue", "direction": "out""#, #"has no "queueName""#),
            (#""type": "queue", "direction": "out", "queueName": "My_Queue""#, "'My_Queue' cannot be the name"),
            (
                #""type": "queue", "direction": "out", "queueName": "%ORDERS%""#,
                "needs the app setting ORDERS, which is not set"
            ),
            (#""type": "queue", "direction": "out", "queueName": "a-{open""#, "a-{open"),
            (#""type": "eventHub", "direction": "out""#, #"has no "eventHubName""#),
            (#""type": "serviceBus", "direction": "out""#, #"has no "queueName""#),
            (#""type": "blob", "direction": "out", "path": "UPPER/x""#, "UPPER"),
            (#""type": "blob", "direction": "inout", "path": "box/x""#, "Pick either Read or Write: the host fails"),
            (
                #""type": "http", "direction": "out", "rout": "x""#,
                #"binding 'o': "rout" is not a known setting; did you mean "route"?"#
            ),
            (
                #""type": "queues", "direction": "out""#,
                #"the host has no built-in type "queues"; did you mean "queue"?"#
            ),
        ])
    func `problems that an invocation would find are reported`(_ members: String, _ problem: String) throws {
        let found = try problems("{ \"name\": \"o\", \(members) }")
        #expect(found.count == 1 && found[0].hasPrefix("functions/f/function.json:2: "), "\(found)")
        #expect(found.first?.contains(problem) == true, "\(found)")
    }

    @Test func `an error names the binding once`() throws {
        #expect(
            try problems(#"{ "name": "o", "type": "blob", "direction": "out", "path": "x/{na" }"#) == [
                "functions/f/function.json:2: binding 'o': the path 'x/{na' has no } for the { at character 3; a brace "
                    + "itself is written {{"
            ])
    }

    @Test func `a setting may have percent signs itself`() throws {
        let app = try TemporaryApp([
            "functions/f/function.json": """
            { "bindings": [ { "name": "t", "type": "xTrigger" },
                            { "name": "o", "type": "blob", "direction": "out", "path": "%PLACE%" } ] }
            """
        ])
        let settings = ["PLACE": "discounts/10%-20%.txt"]
        let loaded = try AppLoader(.folder(app.folder.path), settings: settings, requiresScripts: false).load()
        #expect(BindingCheck(try #require(loaded.functions["f"])).findings.isEmpty)
    }

    @Test(arguments: [
        #""type": "queue", "direction": "out", "queueName": "orders""#,
        #""type": "queue", "direction": "out", "queueName": "orders-{id}""#,
        #""type": "serviceBus", "direction": "out", "topicName": "news""#,
        #""type": "blob", "direction": "in", "path": "in-box/{name}""#,
        #""type": "signalR", "direction": "out""#,
    ])
    func `valid bindings are not reported`(_ members: String) throws {
        #expect(try problems("{ \"name\": \"o\", \(members) }").isEmpty)
    }

    @Test(arguments: [
        (#""timerTrigger", "schedule": "every 5 minutes""#, "every 5 minutes"),
        (#""timerTrigger", "schedule": "0 99 * * * *""#, "99"),
        (#""timerTrigger", "schedule": "00:00:00""#, nil),
        (#""blobTrigger", "path": "Uploads/{name}""#, "'Uploads' cannot be the name of a container"),
        (#""queueTrigger", "queueName": "Bad_Name""#, "'Bad_Name' cannot be the name of a storage queue; use 3 to 63"),
        (#""queueTrigger", "queueName": "Orders""#, nil),
        (#""blobTrigger", "path": "uploads/{name}""#, nil),
        (#""httpTrigger", "authLevel": "anonimous""#, #""authLevel" must be "anonymous""#),
        (#""httpTrigger", "authLevel": 1"#, #""authLevel" must be"#),
        (#""httpTrigger", "authLevel": "Anonymous""#, nil),
        (#""httpTrigger""#, nil),
    ])
    func `a schedule, a path or a level that the host cannot use is reported`(_ trigger: String, _ part: String?) throws
    {
        let app = try TemporaryApp([
            "functions/f/function.json": #"{ "bindings": [ { "name": "t", "type": \#(trigger) } ] }"#
        ])
        let loaded = try AppLoader(.folder(app.folder.path), settings: [:], requiresScripts: false).load()
        let found = BindingCheck(try #require(loaded.functions["f"])).findings.filter { $0.severity == .error }.map(
            \.problem.description)
        #expect(found.count == (part == nil ? 0 : 1) && found.allSatisfy { $0.contains(part ?? "") }, "\(found)")
    }
}
