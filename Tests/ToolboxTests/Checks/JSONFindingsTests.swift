import Foundation
import FunctionsModel
import TestSupport
import Testing

/// What `luafunc check` finds in JSON files and folders.
@Suite struct JSONFindingsTests {
    private static let bundle =
        #""extensionBundle": { "id": "Microsoft.Azure.Functions.ExtensionBundle", "version": "[4.*, 5.0.0)" }"#

    private static let queue = #"{ "bindings": [ { "name": "m", "type": "queueTrigger", "queueName": "q" } ] }"#

    /// Each finding as `severity rule file:line:column message; remedy`.
    static func findings(_ files: [String: String], settings: [String: String] = [:]) throws -> [String] {
        let app = try TemporaryApp(
            ["host.json": "{ \"version\": \"2.0\", \(bundle) }"].merging(files) { $1 })
        return try AppLoader(.folder(app.folder.path), settings: settings).load(earlier: HostJSON()).findings.all.map {
            let place = [$0.file, $0.line.map(String.init), $0.column.map(String.init)].compactMap(\.self)
            let text = [$0.message, $0.remedy].compactMap(\.self).joined(separator: "; ")
            return "\($0.severity.rawValue) \($0.rule.rawValue) \(place.joined(separator: ":")) \(text)"
        }
    }

    /// The findings of a function `f` with one binding and an http trigger beside it if the binding is no trigger.
    static func findings(binding: String, settings: [String: String] = [:]) throws -> [String] {
        let isTrigger = binding.contains("Trigger\"")
        let trigger = isTrigger ? "" : #"{ "name": "t", "type": "httpTrigger" }, "#
        return try findings(
            [
                "f/function.json": "{ \"bindings\": [ \(trigger)\n{ \"name\": \"b\", \(binding) } ] }",
                "f/handler.lua": "",
            ],
            settings: settings)
    }

    @Test(arguments: [
        (
            #""type": "queue", "direction": "out""#,
            #"error missing-property f/function.json:2:1 binding 'b': has no "queueName""#
        ),
        (
            #""type": "queue", "direction": "out", "queueName": "q", "connecton": "C""#,
            #"warning unknown-key f/function.json:2:71 binding 'b': "connecton" is not a known setting; did you mean "connection"?"#
        ),
        (
            #""type": "queue", "direction": "out", "queueName": "q", "route": "C""#,
            #"warning unknown-key f/function.json:2:71 binding 'b': "route" is not a property of the type 'queue'; remove it; there are connection, queueName"#
        ),
        (
            #""type": "queue", "queueName": "q""#,
            #"error binding-direction f/function.json:2:1 binding 'b': the type 'queue' has only the direction "out""#
        ),
        (
            #""type": "queueTrigger", "direction": "out", "queueName": "q""#,
            #"error binding-direction f/function.json:2:53 binding 'b': the type 'queueTrigger' has only the direction "in""#
        ),
        (
            #""type": "queueTriger", "direction": "in", "queueName": "q""#,
            #"error binding-type f/function.json:2:24 the host has no built-in type "queueTriger"; did you mean "queueTrigger"?"#
        ),
        (
            #""type": "qeueTrigger", "queueName": "q""#,
            #"error binding-type f/function.json:2:24 the host has no built-in type "qeueTrigger"; did you mean "queueTrigger"?"#
        ),
        (
            #""type": "carrierPigeon", "direction": "out""#,
            #"warning binding-type f/function.json:2:24 the type "carrierPigeon" is not one that Azure documents"#
        ),
        (
            #""type": "queue", "direction": "out", "queueName": "%Q%""#,
            #"warning unset-setting f/function.json:2:66 binding 'b': "queueName" needs the app setting Q, which is not set"#
        ),
        (
            #""type": "timerTrigger", "schedule": "0 0 * * * *", "runOnStartup": "maybe""#,
            #"error wrong-value f/function.json:2:"#
        ),
        (
            #""type": "cosmosDBTrigger", "databaseName": "d", "collectionName": "c""#,
            #"warning old-property f/function.json:2:64 binding 'b': "collectionName" is the name in older versions"#
        ),
        (
            #""type": "serviceBusTrigger", "topicName": "t""#,
            #"error missing-property f/function.json:2:1 binding 'b': has no "subscriptionName""#
        ),
        (#""type": "serviceBusTrigger""#, #"binding 'b': has no "queueName" or "topicName""#),
        (
            #""type": "httpTrigger", "route": "a/:id""#,
            #"warning route f/function.json:2:48 binding 'b': the host takes ':id' in a route as it stands, so only a path with these characters matches; for a parameter write '{id}'"#
        ),
        (#""type": "httpTrigger", "route": "files/*""#, "write '{*rest}'"),
        (#""type": "httpTrigger", "route": "/a""#, "error route f/function.json:2:48 binding 'b': "),
        (#""type": "httpTrigger", "route": "a?b""#, "error route f/function.json:2:48 binding 'b': "),
        (#""type": "httpTrigger", "route": "admin/x""#, "error route f/function.json:2:48 binding 'b': "),
        (#""type": "httpTrigger", "methods": ["gett"]"#, "warning method f/function.json:2:"),
        (
            #""type": "kafkaTrigger", "topic": "t", "brokerList": "b", "consumerGrup": "g""#,
            #"did you mean "consumerGroup"?"#
        ),
    ])
    func `a binding is reported with the place of the mistake`(_ binding: String, _ expected: String) throws {
        let found = try Self.findings(binding: binding)
        #expect(found.contains { $0.contains(expected) }, "\(found)")
    }

    @Test func `all problems of a function are reported at once`() throws {
        let found = try Self.findings([
            "f/function.json": """
            { "bindings": [
                { "name": "a_b", "type": "httpTrigger" },
                { "name": "o", "type": "queue", "direction": "sideways" },
                { "name": "o", "type": "blob", "direction": "out" } ],
              "scriptFile": "none.lua", "entrypoint": "x", "disabled": true,
              "lua": { "timeLimit": 0 }, "retry": { "strategy": "never" } }
            """
        ])
        #expect(
            found.map { $0.split(separator: " ").prefix(3).joined(separator: " ") } == [
                "error function-json f/function.json:2:15", "error missing-property f/function.json:3:5",
                "error function-json f/function.json:3:50", "error missing-property f/function.json:4:5",
                "error script f/function.json:5:17",
                "warning unknown-key f/function.json:5:29", "warning disabled f/function.json:5:48",
                "error function-json f/function.json:6:25", "error function-json f/function.json:6:39",
            ], "\(found)")
    }

    @Test func `a setting is known from anywhere, and text between percent signs need not be one`() throws {
        #expect(
            try Self.findings(
                binding: #""type": "queue", "direction": "out", "queueName": "%Q%""#, settings: ["Q": "q"]
            )
            .isEmpty)
        #expect(
            try Self.findings(
                binding:
                    #""type": "sql", "commandText": "select * from t where a like '% b %'", "connectionStringSetting": "S""#
            ).isEmpty)
    }

    @Test(arguments: [
        ("Storge", ["did you mean \"Storage\"?"]), ("Storage", []), ("Other", []), ("Bus", []),
        ("AzureWebJobsStorage", []),
        ("Bsu", ["did you mean \"Bus\"?"]), ("", []),
    ])
    func `a connection that is nearly the name of a known setting is a warning`(_ name: String, _ expected: [String])
        throws
    {
        let found = try Self.findings(
            binding: #""type": "queue", "direction": "out", "queueName": "q", "connection": "\#(name)""#,
            settings: ["Storage": "x", "Bus__fullyQualifiedNamespace": "y"])
        #expect(found.count == expected.count, "\(found)")
        for (text, part) in zip(found, expected) {
            #expect(text.contains("unset-setting") && text.contains(part), "\(found)")
        }
    }

    // MARK: host.json

    @Test(arguments: [
        (#""extensions": { "http": { "routePrefx": "" } }"#, #"warning unknown-key host.json:1:"#),
        (
            #""funcionTimeout": "00:05:00""#,
            #""funcionTimeout" is not a known setting; did you mean "functionTimeout"?"#
        ),
        (#""extensions": { "queue": {} }"#, #"did you mean "queues"?"#),
        (#""queues": {}"#, "warning misplaced-key host.json:1:21 \"queues\" is of host.json's version 1"),
        (#""enableForwardingHttpRequest": true"#, #"belongs in "customHandler""#),
        (#""extensions": { "queues": { "batchSize": "many" } }"#, #"error wrong-value host.json:1:"#),
        (
            #""extensions": { "queues": { "batchSize": "many" } }"#,
            #""batchSize" must be a number, not a string; write digits, such as 16"#
        ),
        (#""extensions": { "queues": { "visibilityTimeout": "soon" } }"#, #"must be a time such as "00:00:10""#),
        (#""functionTimeout": "00:30:00""#, "note function-timeout host.json:1:40"),
        (#""functionTimeout": -1"#, "note function-timeout host.json:1:40"),
        (#""functionTimeout": "24:00:00""#, "warning function-timeout host.json:1:40"),
        (#""functionTimeout": "soon""#, "error host-json host.json:1:40"),
        (#""logging": { "logLevel": { "default": "Info" } }"#, "error wrong-value host.json:1:"),
        (#""customHandler": { "description": { "arguments": "serve" } }"#, #""arguments" must be an array"#),
        (#""extensionBundle": { "id": "Microsoft.Azure.Functions.ExtensionBundle", "version": "4" "#, "json-syntax"),
        (
            #""extensionBundle": { "id": "Microsoft.Azure.Functions.ExtensionBundle", "version": "latest" }"#,
            "error bundle-version"
        ),
        (
            #""extensionBundle": { "id": "Microsoft.Azure.Functions.ExtensionBundle", "version": "[3.*, 4.0.0)" }"#,
            "warning bundle-version"
        ),
        (#""extensionBundle": { "version": "[4.*, 5.0.0)" }"#, "error bundle-version"),
    ])
    func `host.json is checked key by key`(_ members: String, _ expected: String) throws {
        let found = try Self.findings(["host.json": "{ \"version\": \"2.0\", \(members) }"])
        #expect(found.contains { $0.contains(expected) }, "\(found)")
        #expect(found.count == 1, "\(found)")
    }

    @Test func `free keys of host.json are not reported`() throws {
        let found = try Self.findings([
            "host.json": """
            { "$schema": "x", "version": "2.0", // a comment
              "functionTimeout": "00:10:00", "functions": [], "watchFiles": ["a"], "watchDirectories": [], "telemetryMode": "OpenTelemetry",
              "extensions": { "http": { "routePrefix": "", "maxConcurrentRequests": -1, "customHeaders": { "X-A": "b" }, "hsts": { "isEnabled": true, "maxAge": "10" } },
                "queues": { "maxPollingInterval": "00:00:02", "batchSize": "16", "messageEncoding": "none" },
                "eventHubs": { "maxEventBatchSize": 100, "clientRetryOptions": { "mode": "exponential", "tryTimeout": "00:01:00" } },
                "durableTask": { "hubName": "h", "anything": { "at": "all" } }, "myOwnExtension": { "x": 1 } },
              "logging": { "fileLoggingMode": "debugOnly", "logLevel": { "default": "Information", "Function.order.User": "debug" },
                "applicationInsights": { "samplingSettings": { "isEnabled": true, "excludedTypes": "Request" }, "enableSomethingNew": true } },
              "concurrency": { "dynamicConcurrencyEnabled": true, "snapshotPersistenceEnabled": true },
              "healthMonitor": { "enabled": true, "healthCheckInterval": "00:00:10" }, "singleton": { "lockPeriod": "00:00:15" },
              "aggregator": { "batchSize": 1000, "flushTimeout": "00:00:30" }, "managedDependency": { "enabled": true },
              "retry": { "strategy": "fixedDelay", "maxRetryCount": 2, "delayInterval": "00:00:03" },
              "extensionBundle": { "id": "Microsoft.Azure.Functions.ExtensionBundle.Preview", "version": "[4.0.0, 5.0.0)" },
              "customHandler": { "description": { "defaultExecutablePath": "luafunc", "workingDirectory": "", "arguments": ["serve"] },
                "enableForwardingHttpRequest": true, "port": "8000" } }
            """
        ])
        #expect(found.isEmpty, "\(found)")
    }

    @Test func `the missing bundle is told once, with what to write`() throws {
        let found = try Self.findings([
            "host.json": #"{ "version": "2.0" }"#, "a/function.json": Self.queue, "a/handler.lua": "",
            "b/function.json": Self.queue, "b/handler.lua": "",
        ])
        #expect(
            found == [
                "warning missing-bundle host.json has no \"extensionBundle\", which the host needs for 'queueTrigger' in "
                    + "a/function.json and in 1 other function; write \"extensionBundle\": { \"id\": "
                    + "\"Microsoft.Azure.Functions.ExtensionBundle\", \"version\": \"[4.*, 5.0.0)\" }"
            ])
    }

    @Test func `the missing bundle is told without a host.json too`() throws {
        let app = try TemporaryApp(["a/function.json": Self.queue, "a/handler.lua": ""])
        try FileManager.default.removeItem(at: app.folder.appending(path: "host.json"))
        let found = try AppLoader(.folder(app.folder.path), settings: [:]).load().findings.all
        #expect(found.map(\.rule) == [.hostJSON, .missingBundle], "\(found)")
    }

    @Test(arguments: [
        ("1f", "'1f' is not a function name; it must begin with a letter"),
        ("host", "no function may be named 'host'; rename the folder"),
    ])
    func `a bad name of a function says what a good one is`(_ name: String, _ expected: String) throws {
        let found = try Self.findings(["\(name)/function.json": Self.queue, "\(name)/handler.lua": ""])
        #expect(found.contains { $0.contains(expected) }, "\(found)")
    }

    // MARK: local.settings.json

    @Test(arguments: [
        ("{", "error json-syntax local.settings.json:1:2"), ("[]", "error local-settings local.settings.json:1:1"),
        (#"{ "IsEncrypted": true, "Values": {} }"#, "error local-settings local.settings.json:1:18"),
        (
            #"{ "Value": {} }"#,
            #"warning unknown-key local.settings.json:1:3 "Value" is not a known setting; did you mean "Values"?"#
        ),
        (#"{ "Values": { "a": {} } }"#, "error local-settings local.settings.json:1:20"),
        (#"{ "Values": { "FUNCTIONS_WORKER_RUNTIME": "node" } }"#, "warning wrong-value local.settings.json:1:43"),
        (#"{ "Host": { "LocalHttpPort": "x" } }"#, "error local-settings local.settings.json:1:30"),
        (#"{ "Host": { "CorsCredential": true } }"#, #"did you mean "CORSCredentials"?"#),
        (
            #"{ "Host": { "CORS": "http://a.example, *", "CORSCredentials": true } }"#,
            #"warning wrong-value local.settings.json:1:63 "CORSCredentials" with "CORS": "*""#
        ),
        (#"{ "EventGrid": { "T": ["nobody"] } }"#, "there is no function 'nobody'"),
    ])
    func `local.settings.json is checked`(_ text: String, _ expected: String) throws {
        let found = try Self.findings(["local.settings.json": text])
        #expect(found.count == 1 && found[0].contains(expected), "\(found)")
    }

    // MARK: Folders

    @Test func `what is not deployed, or must not be, is reported`() throws {
        let found = try Self.findings([
            ".funcignore": "functions/a\nfunctions/b/handler.lua\nlib\n", "functions/a/function.json": Self.queue,
            "functions/a/handler.lua": "", "functions/b/function.json": Self.queue,
            "functions/b/handler.lua": "", "functions/c/handler.lua": "", "lib/x.lua": "", "app_offline.htm": "",
            ".git/config": "", "local.settings.json": "{}",
        ])
        #expect(
            found.map { $0.split(separator: " ").prefix(3).joined(separator: " ") } == [
                "warning app-offline app_offline.htm", "note not-deployed functions/a",
                "error not-deployed functions/b/handler.lua", "warning not-a-function functions/c",
                "warning not-deployed lib", "warning settings-in-git local.settings.json",
            ], "\(found)")
    }

    @Test func `the samples have no findings`() throws {
        let app = try AppLoader(.folder(Repository.root.path), settings: [:]).load()
        #expect(app.findings.all.isEmpty, "\(app.findings.all)")
    }
}
