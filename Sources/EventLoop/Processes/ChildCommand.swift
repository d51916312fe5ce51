/// The program, arguments and environment of a child process.
public struct ChildCommand: Sendable {
    /// A name without a slash is looked up on the PATH of `environment`. A relative path starts at `workingDirectory`.
    public var program: String
    public var arguments: [String]
    /// The whole environment. The child inherits no other variables.
    public var environment: [String: String]
    /// nil means the parent's working directory.
    public var workingDirectory: String?
    public var input: Input

    public enum Input: Sendable {
        /// An input that ends at once.
        case null
        /// The parent's input.
        case inherited
        /// A pipe from the parent. It ends when the parent calls `closeInput`, or when the parent itself ends for any
        /// reason.
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
        // The system's `execvp` searches the same folders if there is no PATH.
        let path = environment["PATH"] ?? "/bin:/usr/bin"
        return path.split(separator: ":", omittingEmptySubsequences: false).map { folder in
            folder.isEmpty ? "./\(program)" : "\(folder)/\(program)"
        }
    }

    /// Whether any string contains a NUL, at which C would cut it.
    var holdsNUL: Bool {
        ([program, workingDirectory ?? ""] + arguments + environment.map { $0.key + $0.value }).contains {
            $0.utf8.contains(0)
        }
    }
}
