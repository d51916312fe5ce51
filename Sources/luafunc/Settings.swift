import FoundationEssentials

/// The environment, as the host sets it (host-contract §2).
struct Settings {
    let values: [String: String]

    static let current = Settings(values: ProcessInfo.processInfo.environment)

    /// The port that the host chose, from the variable's new or old name; nil if luafunc was started by hand.
    var hostPort: String? { values["FUNCTIONS_CUSTOMHANDLER_PORT"] ?? values["FUNCTIONS_HTTPWORKER_PORT"] }

    var isHosted: Bool { hostPort != nil }

    /// Whether the environment is Development. Core Tools sets it; Azure does not.
    var isDevelopment: Bool { values["AZURE_FUNCTIONS_ENVIRONMENT"]?.lowercased() == "development" }

    var appRoot: String? { values["FUNCTIONS_APP_ROOT_PATH"] }
}
