import SystemPackage

/// Writes whole lines for people and for the host, which reads stdout and stderr line by line (host-contract §11).
enum Console {
    static func print(_ line: String) { write(line, to: .standardOutput) }

    static func printError(_ line: String) { write(line, to: .standardError) }

    /// One system call a line, so that lines of several threads never mix. A reader that went away leaves nobody to
    /// tell, so that is no error.
    private static func write(_ line: String, to descriptor: FileDescriptor) {
        _ = try? descriptor.writeAll((line + "\n").utf8)
    }
}
