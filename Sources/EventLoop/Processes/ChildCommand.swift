/// The program, arguments and environment of a child process.
public struct ChildCommand: Sendable {
    /// A name without a slash is searched on the PATH of `environment`; a relative path starts at `workingDirectory`.
    public var program: String
    public var arguments: [String]
    /// The whole environment: nothing is inherited.
    public var environment: [String: String]
    /// nil for the parent's.
    public var workingDirectory: String?
    public var input: Input

    public enum Input: Sendable {
        /// Ends at once.
        case null
        /// The parent's.
        case inherited
        /// Has no data of its own, and ends when `closeInput` is called or the parent ends, however that ends.
        case open
    }

    public init(
        _ program: String, _ arguments: [String] = [], environment: [String: String] = [:],
        workingDirectory: String? = nil, input: Input = .null
    ) {
        self.program = program
        self.arguments = arguments
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.input = input
    }

    /// The paths where the program may be, in the order to try them.
    var candidates: [String] {
        if program.isEmpty { return [] }
        if program.contains("/") { return [program] }
        // The default of the system's `execvp` without a PATH.
        let path = environment["PATH"] ?? "/bin:/usr/bin"
        return path.split(separator: ":", omittingEmptySubsequences: false).map { folder in
            folder.isEmpty ? "./\(program)" : "\(folder)/\(program)"
        }
    }

    /// C would cut a string at a NUL.
    var holdsNUL: Bool {
        ([program, workingDirectory ?? ""] + arguments + environment.map { $0.key + $0.value }).contains {
            $0.utf8.contains(0)
        }
    }
}
