/// What can be said about an app's JSON files and folders without running anything.
package struct AppFindings: Sendable {
    /// Sorted by file, line and column.
    package let all: [Finding]
    private let byFunction: [String: [Finding]]

    init(of app: FunctionApp) {
        var found = HostCheck(app).findings + LocalSettingsCheck(app).findings + FolderCheck(app).findings
        if app.host.serverRoutes == nil {
            var check = FunctionCheck(app)
            for name in app.names { check.check(name) }
            found += check.findings
        } else {
            for (name, problem) in app.broken { found.append(Finding(.error, problem, .route, function: name)) }
            for function in app.list {
                found += function.warnings.map { Finding(.warning, $0, .route, function: function.name) }
            }
        }
        found += RouteCheck(app).findings
        // The order makes equal findings neighbours.
        var all: [Finding] = []
        for finding in found.sorted() where all.last != finding { all.append(finding) }
        self.all = all
        byFunction = Dictionary(grouping: all.filter { $0.function != nil }) { $0.function ?? "" }
    }

    /// What concerns one function.
    package func of(_ function: String) -> [Finding] { byFunction[function] ?? [] }
}
