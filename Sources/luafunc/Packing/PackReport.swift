import FunctionsModel
import Log

/// The report of `pack`: the packed files, notes about results that the author may not expect, and how to use each
/// product.
struct PackReport {
    enum Product {
        case zip(String, size: Int)
        case folder(String)
        case executable(String)
    }

    let files: [PackedFile]
    let notes: [String]
    let products: [Product]

    var text: String {
        var lines = Self.list(files.map { ($0.path, $0.bytes.count) })
        lines += notes.map { "note: \($0)" }
        for product in products { lines += [""] + product.lines }
        return lines.joined(separator: "\n")
    }

    /// Names with sizes in bytes, and the total.
    static func list(_ files: [(path: String, size: Int)]) -> [String] {
        let files = files.map { (path: Escape.line($0.path), size: $0.size) }
        let total = files.reduce(0) { $0 + $1.size }
        let nameWidth = files.map(\.path.count).max() ?? 0
        let sizeWidth = String(total).count
        let functions = Set(files.filter { AppLayout.definesFunction($0.path) }.map { $0.path.prefix { $0 != "/" } })
        var lines: [String] = []
        for group in Group.allCases {
            let members = files.filter { Group(of: $0.path, functions) == group }
            if !members.isEmpty { lines.append(group.rawValue) }
            for file in members {
                let gap = nameWidth - file.path.count + sizeWidth - String(file.size).count + 2
                lines.append("  \(file.path)\(String(repeating: " ", count: gap))\(file.size)")
            }
        }
        return lines + ["\(files.count) files, \(total) bytes"]
    }

    private enum Group: String, CaseIterable {
        case functions, modules, files, host, runtime

        init(of path: String, _ functions: Set<Substring>) {
            switch path.prefix(while: { $0 != "/" }) {
            case "lib", "lua_modules": self = .modules
            case "host.json": self = .host
            case runtimeName: self = .runtime
            case let folder: self = functions.contains(folder) ? .functions : .files
            }
        }
    }
}

extension PackReport.Product {
    /// Says how to use the product. Core Tools needs `--custom`, because it cannot detect the language of a packed app,
    /// which never contains local.settings.json.
    fileprivate var lines: [String] {
        switch self {
        case .zip(let path, let size):
            [
                "made \(path), \(size) bytes; deploy it:",
                "  az functionapp deployment source config-zip --resource-group GROUP --name APP --src \(path)",
            ]
        case .folder(let path):
            [
                "made \(path); run it with Core Tools, or deploy it:",
                "  cd \(path) && func start --custom",
                "  cd \(path) && func azure functionapp publish APP --custom",
            ]
        case .executable(let path):
            [
                "made \(path); it needs no other file:",
                "  \(command(path)) start",
                "  \(command(path)) serve --port 8080",
            ]
        }
    }

    private func command(_ path: String) -> String { path.contains("/") ? path : "./\(path)" }
}
