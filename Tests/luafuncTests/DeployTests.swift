import Foundation
import FunctionsModel
import JSON
import TestSupport
import Testing

/// Compares deploy/ and docs/deploy.md with the app, the program and each other, as far as that needs no cluster.
@Suite struct DeployTests {
    private static func text(_ path: String) throws -> String {
        try String(contentsOf: Repository.root.appending(path: path), encoding: .utf8)
    }

    private let guide: String
    private let manifests: [YAML]

    init() throws {
        guide = try Self.text("docs/deploy.md")
        manifests = try YAML.documents(Self.text("deploy/kubernetes.yaml"))
    }

    // MARK: Kubernetes

    private func manifest(_ kind: String) throws -> YAML {
        let found = manifests.filter { $0["kind"]?.string == kind }
        #expect(found.count == 1)
        return try #require(found.first)
    }

    private func container() throws -> YAML {
        try #require(try manifest("Deployment").at("spec", "template", "spec", "containers", "0"))
    }

    private func environment() throws -> [String: String] {
        let variables = try #require(try container()["env"]?.array)
        return Dictionary(uniqueKeysWithValues: variables.map { ($0["name"]?.string ?? "", $0["value"]?.string ?? "") })
    }

    @Test(arguments: [
        ("Deployment", "apps/v1", ["selector", "template"]),
        ("Service", "v1", ["selector", "ports"]),
        ("TriggerAuthentication", "keda.sh/v1alpha1", ["secretTargetRef"]),
        ("ScaledObject", "keda.sh/v1alpha1", ["scaleTargetRef", "triggers"]),
    ])
    func `a manifest has what its kind asks for`(_ kind: String, version: String, members: [String]) throws {
        let manifest = try manifest(kind)
        #expect(manifest["apiVersion"]?.string == version)
        let name = try #require(manifest.at("metadata", "name")?.string)
        #expect(name.wholeMatch(of: #/[a-z0-9]([-a-z0-9]*[a-z0-9])?/#) != nil)
        for member in members { #expect(manifest.at("spec", member) != nil, "\(kind) has no spec.\(member)") }
    }

    @Test func `names and labels agree`() throws {
        let deployment = try manifest("Deployment")
        let labels = try #require(deployment.at("spec", "template", "metadata", "labels"))
        #expect(deployment.at("spec", "selector", "matchLabels") == labels)
        #expect(try manifest("Service").at("spec", "selector") == labels)
        let scaled = try manifest("ScaledObject")
        #expect(scaled.at("spec", "scaleTargetRef", "name") == deployment.at("metadata", "name"))
        let authentication = try manifest("TriggerAuthentication").at("metadata", "name")
        for trigger in scaled.at("spec", "triggers")?.array ?? [] {
            #expect(trigger.at("authenticationRef", "name") == authentication)
        }
        let mounted = try #require(try container()["volumeMounts"]).array.map { $0["name"] }
        #expect(deployment.at("spec", "template", "spec", "volumes")?.array.map { $0["name"] } == mounted)
    }

    @Test(arguments: ["startupProbe", "readinessProbe", "livenessProbe"])
    func `a probe asks the host where it listens`(_ probe: String) throws {
        let container = try container()
        #expect(container.at(probe, "httpGet", "port") == container.at("ports", "0", "name"))
        // The home page waits for the host. In the admin API, everything else needs a key (host-contract §13).
        let path = container.at(probe, "httpGet", "path")?.string
        #expect(path == (probe == "livenessProbe" ? "/admin/host/ping" : "/"))
    }

    @Test func `the image's port is the one all others name`() throws {
        let port = try #require(try container().at("ports", "0", "containerPort")?.int)
        #expect(try manifest("Service").at("spec", "ports", "0", "targetPort") == container().at("ports", "0", "name"))
        #expect(try instructions().contains { $0 == ("EXPOSE", "\(port)") })
        #expect(guide.contains("--target-port \(port) ") && guide.contains("--publish 8080:\(port) "))
    }

    @Test func `KEDA watches every queue that a function listens on, by the same connection`() throws {
        let triggers = try #require(try manifest("ScaledObject").at("spec", "triggers")).array
        #expect(triggers.allSatisfy { $0["type"]?.string == "azure-queue" })
        let watched = triggers.compactMap { $0.at("metadata", "queueName")?.string }
        let heard = try functions().flatMap(\.bindings).filter { $0["type"]?.string == "queueTrigger" }
        #expect(watched.sorted() == heard.compactMap { $0["queueName"]?.string }.sorted())
        let secret = try #require(try manifest("TriggerAuthentication").at("spec", "secretTargetRef", "0"))
        #expect(secret["parameter"]?.string == "connection")
        #expect(heard.allSatisfy { $0["connection"]?.string == secret["key"]?.string })
    }

    @Test func `docs/deploy.md creates every secret that the manifests read`() throws {
        var made: [String: [String]] = [:]
        for command in commands {
            guard let match = command.firstMatch(of: #/kubectl create secret generic (\S+)/#) else { continue }
            made[String(match.1)] = command.matches(of: #/--from-literal=([^=]+)=/#).map { String($0.1) }
        }
        let settings = try #require(try container().at("envFrom", "0", "secretRef", "name")?.string)
        let secret = try #require(try manifest("TriggerAuthentication").at("spec", "secretTargetRef", "0"))
        #expect(secret["name"]?.string == settings)
        #expect(made[settings]?.contains(secret["key"]?.string ?? "") == true)

        let pod = try #require(try manifest("Deployment").at("spec", "template", "spec"))
        let keys = try #require(made[pod.at("volumes", "0", "secret", "secretName")?.string ?? ""])
        #expect(try container().at("volumeMounts", "0", "mountPath")?.string == "/run/secrets/functions-keys")
        #expect(try environment()["AzureWebJobsSecretStorageType"] == "kubernetes")
        #expect(keys.contains("host.master") && keys.contains("host.function.default"))
        for function in try functions() {
            let trigger = function.bindings.first { $0["type"]?.string == "httpTrigger" }
            guard let trigger, trigger["authLevel"]?.string != "anonymous" else { continue }
            #expect(keys.contains("functions.\(function.name.lowercased()).default"))
        }
    }

    private func functions() throws -> [(name: String, bindings: [JSONTree])] {
        let folder = Repository.root.appending(path: "functions")
        return try FileManager.default.contentsOfDirectory(atPath: folder.path).map { name in
            let text = try Data(contentsOf: folder.appending(path: "\(name)/function.json"))
            return (name, try JSONTree.newtonsoft([UInt8](text).span.bytes)["bindings"]?.elements ?? [])
        }
    }

    // MARK: The image

    private func instructions() throws -> [(String, String)] {
        let text = try Self.text("deploy/Dockerfile").replacing("\\\n", with: " ")
        return text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { line in
            let word = line.prefix { $0 != " " }
            return (String(word), line.dropFirst(word.count).trimmingCharacters(in: .whitespaces))
        }
    }

    @Test func `the image has what pack makes where the host looks`() throws {
        let instructions = try instructions()
        #expect(instructions.map(\.0) == ["FROM", "ENV", "COPY", "EXPOSE"])
        let variables = Dictionary(
            uniqueKeysWithValues: instructions[1].1.matches(of: #/(\w+)=(\S+)/#).map { (String($0.1), String($0.2)) })
        #expect(variables["FUNCTIONS_WORKER_RUNTIME"] == "Custom")
        #expect(instructions[2].1 == ". \(variables["AzureWebJobsScriptRoot"] ?? "")")
        let packed = try #require(commands.firstMatch(of: #/luafunc pack .*--output (\S+)/#))
        let built = try #require(commands.firstMatch(of: #/docker build .* (\S+)$/#))
        #expect(packed == built)
        // pack writes the program to the folder's root under this name.
        let host = try JSONTree.newtonsoft([UInt8](Self.text("host.json").utf8).span.bytes)
        #expect(host["customHandler"]?["description"]?["defaultExecutablePath"]?.string == "luafunc")
    }

    // MARK: docs/deploy.md

    /// The lines of the page's shell blocks, without comments. A continued line counts as one line.
    private var commands: [String] {
        guide.matches(of: #/```sh\n((?s:.*?))```/#).flatMap { block in
            block.1.replacing(#/ *\\\n */#, with: " ").split(separator: "\n")
                .map { String($0.replacing(#/(^| +)# .*/#, with: "")) }.filter { !$0.isEmpty }
        }
    }

    @Test func `luafunc has every option that the documentation names`() async throws {
        var named: [String: Set<String>] = [:]
        var others: Set<String> = []
        for command in commands {
            let options = command.matches(of: #/ (--[a-z-]+)/#).map { String($0.1) }
            if let match = command.firstMatch(of: #/^dist\/(?:luafunc|myapp) (\w+)/#) {
                named[String(match.1), default: []].formUnion(options)
            } else {
                others.formUnion(options)
            }
        }
        // Options in JSON are arguments in host.json. Options that no other tool has are luafunc's.
        let quoted = try (guide + Self.text("deploy/kubernetes.yaml")).matches(of: #/"(--[a-z-]+)"/#)
        let inline = guide.matches(of: #/`(--[a-z-]+)[ a-z0-9]*`/#).filter { !others.contains(String($0.1)) }
        named["serve", default: []].formUnion((quoted + inline).map { String($0.1) })
        #expect(named["serve"]?.contains("--threads") == true && named["pack"]?.count == 4)
        for (command, options) in named {
            let help = try await LuafuncProcess([command, "--help"], waits: false).end()
            #expect(help.code == 0, "there is no luafunc \(command)")
            let missing = options.filter { !help.output.contains("\($0) ") }
            #expect(missing.isEmpty, "luafunc \(command) has no \(missing.sorted())")
        }
    }

    @Test(arguments: ["docs/deploy.md", "deploy/Dockerfile", "deploy/kubernetes.yaml", "CHANGELOG.md"])
    func `every file that the documentation names exists`(_ page: String) throws {
        let text = try Self.text(page).replacing(#/https?:[^\s)]*/#, with: "")
        let links = text.matches(of: #/\]\(([^)#]+)/#).map { match in
            Repository.root.appending(path: page).deletingLastPathComponent().appending(path: match.1)
        }
        let paths = text.matches(of: #/(?:deploy|docs|scripts)\/[\w.\/-]*\w/#).map {
            Repository.root.appending(path: $0.0)
        }
        let missing = (links + paths).filter { !FileManager.default.fileExists(atPath: $0.path) }
        #expect(missing.isEmpty)
    }

    @Test func `every anchor that the documentation names exists`() throws {
        for match in guide.matches(of: #/\]\(([\w.]*)#([\w-]+)\)/#) {
            let page = try match.1.isEmpty ? guide : Self.text("docs/\(match.1)")
            let headings = page.matches(of: #/(?m:^)#+ (.*)/#).map { heading in
                heading.1.lowercased().replacing(#/[^\w -]/#, with: "").replacing(" ", with: "-")
            }
            #expect(headings.contains(String(match.2)), "\(match.0)")
        }
    }

    @Test func `the newest version in CHANGELOG.md is the program's`() async throws {
        let newest = try #require(try Self.text("CHANGELOG.md").firstMatch(of: #/## \[([\d.]+)\]/#))
        let program = try await LuafuncProcess(["--version"], waits: false).end().output
        #expect(program.hasPrefix("luafunc \(newest.1) (") && program.contains(", Lua 5.4."))
    }
}

extension [String] {
    /// The text of the capture group in the first command that matches the expression.
    fileprivate func firstMatch(of expression: Regex<(Substring, Substring)>) -> Substring? {
        lazy.compactMap { $0.firstMatch(of: expression)?.1 }.first
    }
}
