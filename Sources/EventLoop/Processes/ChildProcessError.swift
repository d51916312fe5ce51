internal import CUV
internal import Glibc

/// Why a program could not be started.
public struct ChildProcessError: Error, Hashable, Sendable {
    public let program: String
    public let reason: Reason

    /// The numbers are values of `errno`.
    public enum Reason: Error, Hashable {
        case program(Int32)
        /// The file exists, but the interpreter that its first line or header names does not.
        case interpreter(String)
        case workingDirectory(String, Int32)
        /// An argument, a variable or a path contains a NUL, which cannot be passed to a program.
        case nul
        /// The system has no process or descriptor left.
        case system(Int32)
    }
}

extension ChildProcessError: CustomStringConvertible {
    public var description: String { "'\(program)' cannot be started: \(reason)" }
}

extension ChildProcessError.Reason: CustomStringConvertible {
    public var description: String {
        switch self {
        case .program(ENOEXEC):
            "\(text(ENOEXEC)); it must be a program for this kind of machine, or a script whose first line names its "
                + "interpreter, such as #!/bin/sh"
        case .program(let code), .system(let code): text(code)
        case .interpreter(let file): "the interpreter that \(file) names is missing"
        case .workingDirectory(let folder, let code): "its working directory \(folder): \(text(code))"
        case .nul: "an argument or a variable contains a NUL character"
        }
    }

    private func text(_ code: Int32) -> String { String(cString: strerror(code)) }
}
