/// How a part of a test file has ended: its top level, or a test.
package struct TestEnd: Sendable {
    package enum Reason: Sendable {
        case passed
        case failed(InvocationFailure)
        case skipped(String)
        /// The file has called `os.exit`.
        case exited(code: Int)
    }

    package let reason: Reason
    /// The lines that the part and the functions that it called have logged.
    package let logs: [String]
}
