import FoundationEssentials

/// The Lua files of an app, found as `require` finds them.
struct ScriptFiles: Sendable {
    let root: String

    enum Found {
        case text([UInt8], file: String)
        /// A C module of that name is there, and cannot be loaded.
        case native(file: String)
        case missing(tried: [String])
    }

    /// The text of a file relative to the app.
    func text(of file: String) throws(Problem) -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: "\(root)/\(file)") else {
            throw Problem(file, "cannot be read; check that it is a file and its permissions")
        }
        return [UInt8](data)
    }

    /// Looks in the function's own folder, `lib/`, then LuaRocks' tree, each as `x/y.lua` and `x/y/init.lua`; never
    /// outside the app, not even through a link.
    func find(_ module: String, from directory: String) -> Found {
        let parts = module.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(isPlain) }) else { return .missing(tried: []) }
        let path = parts.joined(separator: "/")
        let candidates = [directory, "lib", "lua_modules/share/lua/5.4"].flatMap { folder in
            ["\(folder)/\(path).lua", "\(folder)/\(path)/init.lua"]
        }
        for file in candidates {
            guard isInside(file), let data = FileManager.default.contents(atPath: "\(root)/\(file)") else { continue }
            return .text([UInt8](data), file: file)
        }
        let native = "lua_modules/lib/lua/5.4/\(path).so"
        if FileManager.default.fileExists(atPath: "\(root)/\(native)") { return .native(file: native) }
        return .missing(tried: candidates)
    }

    private func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    private func isInside(_ file: String) -> Bool {
        let base = URL(filePath: root).resolvingSymlinksInPath().path.trimmingSuffix("/")
        return URL(filePath: "\(root)/\(file)").resolvingSymlinksInPath().path.hasPrefix(base + "/")
    }
}
