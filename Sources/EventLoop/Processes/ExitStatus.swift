extension ChildProcess {
    /// How a process ended.
    public enum ExitStatus: Hashable, Sendable {
        case code(Int32)
        /// Killed by the signal of this number.
        case signal(Int32)
    }
}

extension ChildProcess.ExitStatus: CustomStringConvertible {
    public var description: String {
        switch self {
        case .code(let code): "exited with code \(code)"
        case .signal(let number): "was killed by signal \(number)"
        }
    }
}
