import FunctionsModel

extension DevHost {
    var scheme: String { certificate == nil ? "http" : "https" }
    var address: String { "\(scheme)://localhost:\(server.port)" }

    var listing: HostListing {
        let app = current
        let disabled = disabled(app)
        let entries = app.names.map { name in
            var entry = HostListing.Entry(
                name: name, trigger: app.functions[name]?.trigger?.writtenType ?? "", address: "",
                problem: problem(of: name, in: app))
            guard let function = app.functions[name] else { return entry }
            entry.isHTTP = function.isHTTP
            if function.isHTTP {
                let order = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]
                entry.methods = (function.methods ?? []).map { $0.uppercased() }.sorted {
                    order.firstIndex(of: $0) ?? 9 < order.firstIndex(of: $1) ?? 9
                }
                let start = [address, app.host.routePrefix].filter { !$0.isEmpty }.joined(separator: "/")
                entry.address = function.routes.map { "\(start)/\($0.template)" }.joined(separator: "  ")
            } else {
                entry.address = source(of: function)
            }
            if disabled.contains(function.name) { entry.address = "disabled" }
            return entry
        }
        let problems = app.broken.sorted { $0.key < $1.key }.map(\.value)
        return HostListing(
            root: app.root, address: address, functions: entries,
            problems: problems + app.linksOutside.filter { !problems.contains($0) }, warnings: app.warnings,
            masterKey: keys?[.master], certificate: certificate?.file)
    }

    /// Why a function cannot run, or runs only in its previous version, in one line; nil if all is well.
    func problem(of name: String, in app: FunctionApp) -> String? {
        if let problem = app.broken[name] { return "does not load: \(problem)" }
        if let reason = unloaded[name] {
            return "\(kept.contains(name) ? "keeps its previous version" : "does not load"): \(reason)"
        }
        guard let function = app.functions[name] else { return nil }
        let check = BindingCheck(function, storage.bindings)
        if let problem = check.problems.first {
            let isOfTrigger = function.trigger.map { (try? storage.bindings.trigger($0).init($0)) == nil } ?? false
            return "\(isOfTrigger ? "does not listen" : "cannot write"): \(problem)"
        }
        let error = (app.findings.all + check.findings).first { $0.severity == .error && $0.function == name }
        return (error.map { "\($0.problem)" } ?? faults[name]).map { "has an error: \($0)" }
    }

    /// The functions that an app setting disables (host-contract §14).
    func disabled(_ app: FunctionApp) -> Set<String> {
        let values = settings.values.merging(options.environment) { $1 }
        return Set(
            app.functions.keys.filter { name in
                ["AzureWebJobs.\(name).Disabled", "AzureWebJobs_\(name)_Disabled"].contains { key in
                    values.contains {
                        $0.key.lowercased() == key.lowercased() && ["true", "1"].contains($0.value.lowercased())
                    }
                }
            })
    }

    /// Tells which functions there are, once. If the handler is luafunc, that waits until it has loaded them, but not
    /// longer than `loadPatience`.
    func tellListing() {
        guard !isListed else { return }
        isListed = true
        tell(.listening(listing))
    }

    static let loadPatience = Duration.seconds(1)

    /// luafunc has loaded the app or a save.
    func loaded(_ line: HandlerLine) {
        let isFirst = !isLoaded
        isLoaded = true
        unloaded = line.broken
        kept = line.kept
        faults = line.faults
        // The list is told already if loading has taken long.
        if isFirst, isListed { tell(.reloaded(listing)) } else { tellListing() }
        askServers()
    }

    /// The source of the events of a function's trigger, as text for people.
    private func source(of function: Function) -> String {
        let byHand = "by hand: POST /admin/functions/\(function.name)"
        guard let binding = function.trigger else { return byHand }
        do throws(PropertyError) {
            return try storage.bindings.trigger(binding).init(binding).source ?? byHand
        } catch {
            return byHand
        }
    }
}
