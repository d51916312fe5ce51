import FunctionsModel
import JSON

extension DevHost {
    var address: String { "http://localhost:\(front.port)" }

    var listing: HostListing {
        let app = current
        let disabled = disabled(app)
        let entries = app.names.compactMap { app.functions[$0] }.map { function in
            var entry = HostListing.Entry(
                name: function.name, trigger: function.trigger?.writtenType ?? "", address: "")
            entry.isHTTP = function.isHTTP
            if function.isHTTP {
                let order = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]
                entry.methods = (function.methods ?? []).sorted {
                    order.firstIndex(of: $0) ?? 9 < order.firstIndex(of: $1) ?? 9
                }
                entry.address = ([address, app.host.routePrefix, function.route ?? ""].filter { !$0.isEmpty })
                    .joined(separator: "/")
            } else {
                entry.address = function.source
            }
            if disabled.contains(function.name) { entry.address = "disabled" }
            return entry
        }
        let problems = app.broken.sorted { $0.key < $1.key }.map(\.value)
        return HostListing(
            root: app.root, address: address, functions: entries,
            problems: problems + app.linksOutside.filter { !problems.contains($0) }, warnings: app.warnings,
            masterKey: keys?.master)
    }
}

extension Function {
    /// The source of the trigger's events, as text for people.
    fileprivate var source: String {
        func text(_ property: String) -> String? { trigger?.tree.member(anyCase: property)?.string }
        return switch trigger?.type {
        case .timerTrigger: text("schedule") ?? ""
        case .queueTrigger: text("queueName") ?? ""
        case .serviceBusTrigger: text("queueName") ?? text("topicName") ?? ""
        case .eventHubTrigger: text("eventHubName") ?? ""
        case .blobTrigger: text("path") ?? ""
        default: "by hand: POST /admin/functions/\(name)"
        }
    }
}
