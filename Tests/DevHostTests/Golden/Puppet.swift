import Foundation
import Glibc
import TestSupport

/// A program for the stand-in host to start, that does what a test tells it: a shell that runs commands from a pipe.
struct Puppet {
    private let folder: TemporaryFolder
    private let pipe: String

    init() throws {
        folder = try TemporaryFolder()
        pipe = folder("pipe")
        guard mkfifo(pipe, 0o600) == 0 else { throw CocoaError(.fileWriteUnknown) }
    }

    var program: [String] { ["/bin/sh", "-c", #"exec 3<>"$0"; while read -r line <&3; do eval "$line"; done"#, pipe] }

    /// Waits until the program runs, and gives it a command.
    func run(_ command: String) throws {
        let descriptor = open(pipe, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw CocoaError(.fileNoSuchFile) }
        defer { close(descriptor) }
        let line = Array("\(command)\n".utf8)
        guard write(descriptor, line, line.count) == line.count else { throw CocoaError(.fileWriteUnknown) }
    }
}
