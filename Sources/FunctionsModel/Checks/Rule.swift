/// The kinds of findings. docs/check.md explains each by its id.
package enum Rule: String, Sendable, CaseIterable {
    // Any file in JSON.
    case jsonSyntax = "json-syntax"
    case unknownKey = "unknown-key"
    case misplacedKey = "misplaced-key"
    case wrongValue = "wrong-value"

    // host.json.
    case hostJSON = "host-json"
    case missingBundle = "missing-bundle"
    case bundleVersion = "bundle-version"
    case functionTimeout = "function-timeout"
    case deprecated

    // local.settings.json.
    case localSettings = "local-settings"

    // function.json.
    case functionJSON = "function-json"
    case functionName = "function-name"
    case trigger
    case bindingType = "binding-type"
    case bindingDirection = "binding-direction"
    case missingProperty = "missing-property"
    case oldProperty = "old-property"
    case unsetSetting = "unset-setting"
    case retry
    case disabled
    case schedule
    case script

    // Routes.
    case route
    case routeConflict = "route-conflict"
    case routeShadowed = "route-shadowed"
    case method

    // Servers of the Model Context Protocol.
    case mcpMethods = "mcp-methods"
    case mcpStreams = "mcp-streams"
    case mcpMetadata = "mcp-metadata"

    // Files and folders.
    case notAFunction = "not-a-function"
    case notDeployed = "not-deployed"
    case appOffline = "app-offline"
    case settingsInGit = "settings-in-git"
    case linkOutside = "link-outside"
    case nativeModule = "native-module"
    case encoding

    // Scripts.
    case scriptLoad = "script-load"
    case syntax
    case undefinedGlobal = "undefined-global"
    case globalAssignment = "global-assignment"
    case unknownMember = "unknown-member"
    case unavailable = "unavailable-function"
    case methodCall = "method-call"
    case missingModule = "missing-module"
    case takenModuleName = "taken-module-name"
    case unknownOutput = "unknown-output"
}
