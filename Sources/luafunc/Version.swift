import Lua

/// For `--version` and the first line of the log.
let version = "0.1.0"

/// Version, commit, Lua and target, for bug reports.
let origin: String = {
    #if arch(x86_64)
        let machine = "x86_64"
    #elseif arch(arm64)
        let machine = "aarch64"
    #else
        let machine = "unknown"
    #endif
    return "luafunc \(version) (\(Build.commit), \(Build.lua), \(machine)-linux)"
}()
