import CustomHandler

/// The definitions of luafunc's modules and globals for the Lua language server. The files are in Types/Library.
enum TypeDefinitions {
    /// The folder of what is written, relative to the app. git ignores it, and `pack` never ships it.
    static let folder = ".luafunc/types"

    /// What each module has, by its name.
    static let modules: [(name: String, text: [UInt8])] = [
        ("azure", PackageResources.azure_types_lua), ("base64", PackageResources.base64_types_lua),
        ("crypto", PackageResources.crypto_types_lua), ("http", PackageResources.http_types_lua),
        ("json", PackageResources.json_types_lua), ("jwt", PackageResources.jwt_types_lua),
        ("log", PackageResources.log_types_lua), ("mcp", PackageResources.mcp_types_lua),
        ("task", PackageResources.task_types_lua),
        ("time", PackageResources.time_types_lua), ("url", PackageResources.url_types_lua),
        ("uuid", PackageResources.uuid_types_lua),
    ]

    /// What needs no `require`: the arguments and results of handlers, the globals of tests, and the libraries of Lua of
    /// which luafunc has only a part.
    static let globals: [(name: String, text: [UInt8])] = [
        ("handler", PackageResources.handler_types_lua), ("tests", PackageResources.tests_types_lua),
        ("io", PackageResources.io_types_lua), ("os", PackageResources.os_types_lua),
        ("debug", PackageResources.debug_types_lua),
    ]

    /// The libraries whose definitions replace those of the language server.
    static let replacedLibraries = ["debug", "io", "os"]

    /// The file that makes a module known without the prefix `luafunc.`, unless the app has a module of that name.
    static func alias(of module: String) -> String {
        "---@meta \(module)\n\nreturn require \"luafunc.\(module)\"\n"
    }
}
