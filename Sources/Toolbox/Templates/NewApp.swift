/// The app that `luafunc init` makes. The files are in Templates/App; its function is a function template.
package enum NewApp {
    package static let function = "hello"

    /// Writes the files. Returns their paths relative to the folder, which need not exist.
    package static func write(to root: String, overwrites: Bool) throws(TemplateError) -> [String] {
        try files(in: root).write(to: root, overwrites: overwrites)
    }

    private static func files(in root: String) -> [NewFile] {
        func file(_ path: String, _ text: [UInt8]) -> NewFile {
            NewFile(path: path, text: String(decoding: text, as: UTF8.self))
        }
        return [
            file("host.json", PackageResources.app_host_json),
            file("local.settings.json", PackageResources.app_local_settings_json),
            file(".gitignore", PackageResources.app_gitignore),
            file(".funcignore", PackageResources.app_funcignore),
        ]
            + FunctionTemplate.http.files(
                of: function, in: NewFunction.parent(in: root) + function, routePrefix: "api")
    }
}
