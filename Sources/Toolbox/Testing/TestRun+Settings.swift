package import FunctionsModel

extension TestRun {
    /// What `os.getenv` returns in tests: the environment and local.settings.json, as `luafunc start` passes them on.
    package static func settings(
        of app: FunctionApp, environment: [String: String]
    ) throws(Problem) -> [String: String] {
        // Existing environment variables take precedence, as with Core Tools.
        var settings = try LocalSettings(root: app.root).values.merging(environment) { $1 }
        settings["AZURE_FUNCTIONS_ENVIRONMENT"] = settings["AZURE_FUNCTIONS_ENVIRONMENT"] ?? "Development"
        settings["WEBSITE_HOSTNAME"] = "localhost:7071"
        return settings
    }
}
