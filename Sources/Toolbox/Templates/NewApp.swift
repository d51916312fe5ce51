import FunctionsModel

/// The app that `luafunc init` makes. The files are in Templates/App; its function is a function template.
package enum NewApp {
    package static let function = "hello"

    /// Writes the files. Returns their paths relative to the folder, which need not exist.
    ///
    /// - Parameter isServer: whether the app is an MCP server, which answers all requests and has no function.json.
    package static func write(
        to root: String, isServer: Bool = false, overwrites: Bool
    ) throws(TemplateError) -> [String] {
        if isServer, let folder = NewFunction.folders(in: root).first {
            throw .blocked(
                "\(folder)/function.json",
                by:
                    "the host refuses functions beside an MCP server's profile; add the server as a function: luafunc new mcp "
                    + "--template mcp")
        }
        return try files(in: root, isServer: isServer).write(to: root, overwrites: overwrites)
    }

    private static func files(in root: String, isServer: Bool) -> [NewFile] {
        func file(_ path: String, _ text: [UInt8], addsLines: Bool = false) -> NewFile {
            NewFile(path: path, text: String(decoding: text, as: UTF8.self), addsLines: addsLines)
        }
        return [
            file("host.json", isServer ? PackageResources.app_mcp_host_json : PackageResources.app_host_json),
            file("local.settings.json", PackageResources.app_local_settings_json),
            file(".gitignore", PackageResources.app_gitignore, addsLines: true),
            file(".funcignore", PackageResources.app_funcignore, addsLines: true),
        ]
            + (isServer
                ? FunctionTemplate.server(in: "\(AppLayout.folder)/\(ServerRoutes.function)")
                : FunctionTemplate.http.files(
                    of: function, in: NewFunction.parent(in: root) + function, routePrefix: "api"))
    }
}
