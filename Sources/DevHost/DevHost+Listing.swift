import FunctionsModel

extension DevHost {
    var address: String { "http://localhost:\(server.port)" }

    var listing: HostListing {
        let app = current
        let disabled = disabled(app)
        let entries = app.names.compactMap { app.functions[$0] }.map { function in
            var entry = HostListing.Entry(
                name: function.name, trigger: function.trigger?.writtenType ?? "", address: "")
            entry.isHTTP = function.isHTTP
            if function.isHTTP {
                let order = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]
                entry.methods = (function.methods ?? []).map { $0.uppercased() }.sorted {
                    order.firstIndex(of: $0) ?? 9 < order.firstIndex(of: $1) ?? 9
                }
                entry.address = ([address, app.host.routePrefix, function.route ?? ""].filter { !$0.isEmpty })
                    .joined(separator: "/")
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
            masterKey: keys?[.master])
    }

    /// The source of the events of a function's trigger, as text for people.
    private func source(of function: Function) -> String {
        let byHand = "by hand: POST /admin/functions/\(function.name)"
        guard let binding = function.trigger else { return byHand }
        do throws(PropertyError) {
            return try storage.bindings.trigger(binding).init(binding).source ?? byHand
        } catch {
            return "not listening: \(error.reason)"
        }
    }
}
