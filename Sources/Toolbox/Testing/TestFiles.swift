package import FunctionsModel

/// The test files of an app: `*_test.lua` in the folders of functions and in `lib`, with their subfolders.
package enum TestFiles {
    /// Finds the files that were chosen, or all of them, as paths relative to the app.
    ///
    /// - Parameter chosen: functions, and files or folders relative to the app.
    package static func find(in app: FunctionApp, _ chosen: [String]) throws(TestChoiceError) -> [String] {
        let folders = app.names.map { app.layout.folder(of: $0) } + ["lib"]
        let all = folders.flatMap { tests(in: $0, of: app.files, depth: 0) }
        guard !chosen.isEmpty else { return all }
        var found: [String] = []
        for word in chosen {
            var path = word.trimmingSuffix("/")
            if path.hasPrefix("./") { path = String(path.dropFirst(2)) }
            let folder = app.names.contains(path) ? app.layout.folder(of: path) : path
            let meant = all.filter { $0 == path || $0.hasPrefix(folder + "/") }
            guard !meant.isEmpty else {
                throw TestChoiceError(word: word, folder: folders.contains(folder) ? folder : nil, app, all)
            }
            for file in meant where !found.contains(file) { found.append(file) }
        }
        return found
    }

    private static func tests(in folder: String, of files: AppFiles, depth: Int) -> [String] {
        let names = (files.entries(of: folder) ?? []).sorted()
        let own = names.filter { $0.hasSuffix("_test.lua") }.map { "\(folder)/\($0)" }
        guard depth < 8 else { return own }
        let folders = names.filter { !$0.contains(".") && $0 != "node_modules" }
        return own + folders.flatMap { tests(in: "\(folder)/\($0)", of: files, depth: depth + 1) }
    }
}

/// A word of the command line that names no tests.
package struct TestChoiceError: Error, CustomStringConvertible {
    package let description: String

    /// - Parameter folder: the folder of the function; nil if there is no such function.
    fileprivate init(word: String, folder: String?, _ app: FunctionApp, _ tests: [String]) {
        if let folder {
            let name = folder.split(separator: "/").last ?? ""
            description = "'\(word)' has no tests; write one, such as \(folder)/\(name)_test.lua"
        } else {
            description =
                "'\(word)' is neither a function nor a test file of the app"
                + NearestName.question(word, among: app.names + tests)
        }
    }
}
