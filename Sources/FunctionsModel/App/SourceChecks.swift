import JSON

/// What can be said about an app's source files without compiling them.
extension FunctionApp {
    /// Warnings about the app's own Lua files that are not UTF-8. Lua accepts any bytes in strings and comments, but
    /// whatever receives such a string, in JSON or over HTTP, expects UTF-8.
    public var encodingWarnings: [Problem] {
        files.scripts.compactMap { file in
            guard let text = try? files.text(of: file) else { return nil }
            // Bytecode is refused when it is loaded.
            guard text.first != 0x1b else { return nil }
            let offset = text.withUnsafeBufferPointer { UTF8Check.firstInvalid(in: $0) }
            return offset.map { offset in
                Problem(
                    file, line: 1 + text[..<offset].count { $0 == UInt8(ascii: "\n") },
                    "has the byte 0x\(String(text[offset], radix: 16, uppercase: true)), which is not UTF-8; save the "
                        + "file as UTF-8")
            }
        }
    }
}

extension AppFiles {
    /// The app's own Lua files, which are those outside `lua_modules`.
    package var scripts: [String] {
        if let archive { return archive.keys.filter { $0.hasSuffix(".lua") && !$0.hasPrefix(Self.modules) }.sorted() }
        return (folders?.paths ?? []).filter { !$0.hasPrefix(Self.modules) }.flatMap { luaFiles(in: $0) }
    }

    /// The files of these folders that `require` would find by this name, which has no dot.
    package func modules(named name: String, in folders: [String]) -> [String] {
        folders.flatMap { folder in
            let names = entries(of: folder) ?? []
            var found = names.contains("\(name).lua") ? ["\(folder)/\(name).lua"] : []
            if names.contains(name), entries(of: "\(folder)/\(name)")?.contains("init.lua") == true {
                found.append("\(folder)/\(name)/init.lua")
            }
            return found
        }
    }

    /// A warning if a folder in which `require` looks has C modules, or if LuaRocks has installed rocks for another
    /// version of Lua.
    ///
    /// - Parameter directories: the folders of the functions.
    func moduleWarnings(_ directories: [String]) -> [Problem] {
        var warnings = ([Self.nativeModules, "lib"] + directories).flatMap { folder in
            nativeModules(in: folder, prefix: "").map { module in
                let rock = folder == Self.nativeModules ? rock(of: module.file) : ""
                return Problem(
                    "\(folder)/\(module.file)",
                    "is a C module\(rock), which luafunc does not load; \(Self.advice(forNative: module.name))")
            }
        }
        let share = "lua_modules/share/lua"
        if let versions = entries(of: share), !versions.isEmpty, !versions.contains("5.4") {
            warnings.append(
                Problem(
                    "\(share)/\(versions[0])",
                    "is for another version of Lua, so require does not look there; install with luarocks "
                        + "--lua-version 5.4 --tree lua_modules"))
        }
        return warnings
    }

    /// The C modules in a folder, with the names by which Lua would require them.
    private func nativeModules(in folder: String, prefix: String) -> [(file: String, name: String)] {
        guard prefix.count(where: { $0 == "/" }) < 4 else { return [] }
        return (entries(of: folder) ?? []).flatMap { entry -> [(file: String, name: String)] in
            let file = prefix + entry
            if entry.hasSuffix(".so") {
                return [(file, file.trimmingSuffix(".so").split(separator: "/").joined(separator: "."))]
            }
            return entry.contains(".") ? [] : nativeModules(in: "\(folder)/\(entry)", prefix: file + "/")
        }
    }

    /// ` of the rock 'name'`, from LuaRocks' lists of installed files; empty if they do not tell.
    private func rock(of file: String) -> String {
        let rocks = "lua_modules/lib/luarocks/rocks-5.4"
        let name = file.split(separator: "/").last.map(String.init) ?? file
        let owner = (entries(of: rocks) ?? []).first { rock in
            (entries(of: "\(rocks)/\(rock)") ?? []).contains { version in
                let manifest = try? text(of: "\(rocks)/\(rock)/\(version)/rock_manifest")
                return manifest.map { String(decoding: $0, as: UTF8.self).contains("[\"\(name)\"]") } ?? false
            }
        }
        return owner.map { " of the rock '\($0)'" } ?? ""
    }

    /// What to use instead of a C module.
    package static func advice(forNative module: String) -> String {
        replacement(forNative: module) ?? "use a rock that consists of Lua text only"
    }

    /// What to use instead of a well-known C module; nil for any other name.
    package static func replacement(forNative module: String) -> String? {
        replacements[String(module.prefix { $0 != "." })]
    }

    private static let replacements = [
        "cjson": "use luafunc's 'json'", "lpeg": "use the rock 'lulpeg', which is Lua text",
        "socket": "use luafunc's 'http'", "mime": "use luafunc's 'base64'", "ssl": "use luafunc's 'http'",
        "lfs": "io.open reads the app's own files, and a binding reads blobs", "openssl": "use luafunc's 'crypto'",
        "lua-utf8": "use Lua's 'utf8'", "cmsgpack": "use the rock 'lua-messagepack', which is Lua text",
    ]
}
