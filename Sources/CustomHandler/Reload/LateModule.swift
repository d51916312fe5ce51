import FunctionsModel
import Lua

/// A module that a function requires only when it runs. Loading the function therefore does not show whether the module
/// still loads.
struct LateModule {
    let function: String
    private let name: String
    private let older: FunctionVersion
    private let newer: FunctionVersion

    /// The late modules of a function.
    ///
    /// - Parameters:
    ///   - sources: the files on which the running version depends.
    ///   - loaded: the files that loading the saved version has read.
    static func all(
        of name: String, from running: FunctionApp, to saved: FunctionApp, sources: Set<String>, loaded: Set<String>
    ) -> [LateModule] {
        guard let older = running.functions[name], let newer = saved.functions[name] else { return [] }
        let files = running.files(of: name)
        let late = sources.subtracting(loaded).filter {
            $0.hasSuffix(".lua") && $0 != older.script && (try? files.text(of: $0)) != nil
        }
        let modules = Dictionary(grouping: late) { module(in: $0, of: older) ?? "" }.filter { !$0.key.isEmpty }
        // A changed script may no longer require the module.
        let isUnchanged = !saved.files.differs(from: files, in: loaded.union([newer.script]))
        let required = isUnchanged ? Set(modules.keys) : named(modules, in: loaded, saved.files)
        return required.sorted().compactMap { module in
            guard let old = version(older, files, requiring: module),
                let new = version(newer, saved.files, requiring: module)
            else { return nil }
            return LateModule(function: name, name: module, older: old, newer: new)
        }
    }

    /// The modules that these scripts name, and the modules that those name in turn.
    ///
    /// - Parameter modules: the files of each module.
    private static func named(
        _ modules: [String: [String]], in scripts: Set<String>, _ files: AppFiles
    ) -> Set<String> {
        var found: Set<String> = []
        var more = Array(scripts)
        while let file = more.popLast() {
            guard file.hasSuffix(".lua"), let bytes = try? files.text(of: file) else { continue }
            let text = String(decoding: bytes, as: UTF8.self)
            for (module, own) in modules where !found.contains(module) {
                guard ["\"\(module)\"", "'\(module)'", "[[\(module)]]"].contains(where: { text.contains($0) }) else {
                    continue
                }
                found.insert(module)
                more += own
            }
        }
        return found
    }

    /// The name by which a function requires a file; nil for a file that is not a module.
    private static func module(in file: String, of function: Function) -> String? {
        for folder in [function.directory, "lib", AppFiles.modules] where file.hasPrefix(folder + "/") {
            guard file.hasSuffix(".lua") else { return nil }
            let path = file.dropFirst(folder.count + 1).dropLast(".lua".count)
            return String(path).trimmingSuffix("/init").split(separator: "/").joined(separator: ".")
        }
        return nil
    }

    /// A version of the function whose script also requires the module, right after its own code. That code keeps its
    /// line numbers.
    private static func version(
        _ function: Function, _ files: AppFiles, requiring module: String
    ) -> FunctionVersion? {
        guard let text = try? files.text(of: function.script) else { return nil }
        let start = SourceText.codeStart(text.span.bytes)
        let script =
            Array("local script = (function(...) ".utf8) + text[start...]
            + Array(
                """

                end)(...)
                local loads, reason = pcall(require, "\(module)")
                if not loads then error(reason, 0) end
                return script
                """.utf8)
        return FunctionVersion(function: function, files: AppFiles(files, replacing: function.script, with: script))
    }

    /// Loads each of these modules and returns those that no longer load. A module that did not load before either is
    /// not a failure, because its function evidently works without it.
    static func failures(
        of modules: [LateModule], _ workers: WorkerGroup
    ) async -> [(module: LateModule, failure: InvocationFailure)] {
        guard !modules.isEmpty else { return [] }
        let now = await workers.tryOut(modules.map(\.newer))
        let broken = zip(modules, now).compactMap { module, failure in failure.map { (module: module, failure: $0) } }
        guard !broken.isEmpty else { return [] }
        let before = await workers.tryOut(broken.map(\.module.older))
        return zip(broken, before).filter { $0.1 == nil }.map { failed, _ in
            // The traceback would name a line that the script does not have.
            var failure = failed.failure
            failure.traceback = []
            return (failed.module, failure)
        }
    }
}
