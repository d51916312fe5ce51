import FunctionsModel

/// The reason why an app cannot be packed, or why a packed app cannot be used.
enum PackError: Error, Equatable {
    case noFunctions(root: String)
    /// A function has the name of another file or folder in the flat layout.
    case takenName(function: String)
    /// A folder has the name of something else in the flat layout.
    case takenFolder(String, by: String)
    /// host.json is not a JSON object.
    case badHost(String)
    case unreadable(String)
    /// A link leads out of the app.
    case outside(Problem)
    case unwritable(String, reason: String)
    case tooLargeForZip
    case noExecutable(String)
    /// The file was truncated, changed, or packed in a format that this version does not know. These cases cannot be
    /// told apart.
    case damaged(String)
    /// The output would replace the app itself.
    case outputHoldsApp(String)
    /// The output folder holds something that `pack` did not write.
    case foreign(String, output: String)
}

extension PackError: CustomStringConvertible {
    var description: String {
        switch self {
        case .noFunctions(let root):
            "\(root) has no function to pack; a function is a folder with a function.json, in functions/ or in the app "
                + "itself, that neither .funcignore nor .gitignore leaves out"
        case .takenName(let function):
            "\(function): a deployed app has its function folders beside host.json, the runtime '\(runtimeName)', "
                + "'lib' and 'lua_modules', so no function may have one of these names or be named 'functions'; rename it"
        case .takenFolder(let folder, let other):
            "\(folder)/: in the deployed app, which has its function folders beside host.json, this place belongs to "
                + "\(other); rename the folder, or leave it out with .funcignore"
        case .badHost(let reason): "host.json: \(reason)"
        case .unreadable(let path): "\(path) cannot be read; check that it is there and its permissions"
        case .outside(let problem): problem.description
        case .unwritable(let path, let reason): "\(path) cannot be written: \(reason)"
        case .tooLargeForZip:
            "the app is too large for a zip file, which holds 4 GB and 65,534 files; leave files out with .funcignore"
        case .noExecutable(let path):
            "\(path) is not an executable for 64-bit Linux; name a build of luafunc"
        case .damaged(let path):
            "\(path) is damaged: it was cut off or changed, or another version of luafunc packed it; copy it again "
                + "from where it came from, or pack the app again"
        case .outputHoldsApp(let folder):
            "\(folder) holds the app itself and would be replaced; name another folder with --output"
        case .foreign(let name, let output):
            "\(output) holds '\(name)', which 'luafunc pack' did not write, so it is not replaced; empty the folder or "
                + "name another one with --output"
        }
    }
}
