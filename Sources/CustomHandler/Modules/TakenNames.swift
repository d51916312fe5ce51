public import FunctionsModel

extension FunctionApp {
    /// Says which modules of the app have the name of one of luafunc's own, so that `require` finds them instead; nil
    /// if there are none.
    public var takenModuleNames: String? {
        let taken = takenModules
        guard !taken.isEmpty else { return nil }
        let own = taken.map { "'\($0.name)' (\($0.file))" }.joined(separator: ", ")
        let others = taken.map { "'\(Modules.ownPrefix)\($0.name)'" }.joined(separator: ", ")
        return
            "require finds the app's own \(own); luafunc's \(taken.count == 1 ? "module is" : "modules are") \(others)"
    }
    /// The app's modules with the name of one of luafunc's own, each with its file.
    package var takenModules: [(name: String, file: String)] {
        let folders = ["lib", AppFiles.modules] + list.map(\.directory)
        return Modules.names.compactMap { name in
            files.modules(named: name, in: folders).first.map { (name: name, file: $0) }
        }
    }
}
