import Glibc
import LoopTesting
import TestSupport
import Testing

@testable import EventLoop

struct ChildProcessErrorTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// The error of starting the command, which must fail.
    private func error(_ command: ChildCommand) async throws -> String {
        try await onLoop { loop in
            do {
                let process = try ChildProcess(loop, command, output: .pieces { _ in }, errors: .pieces { _ in })
                process.close()
                return "started"
            } catch {
                #expect(loop.openHandles == [])
                return "\(error)"
            }
        }
    }

    @Test func `a missing program is reported`() async throws {
        for name in ["no-such-program", "./no-such-program", "/no/such/program", ""] {
            #expect(try await error(ChildCommand(name)) == "'\(name)' cannot be started: No such file or directory")
        }
    }

    @Test func `a program without execute permission is reported, even if PATH has more folders`() async throws {
        try folder.write("#!/bin/sh\n", to: "run")
        let path = folder("run")
        #expect(try await error(ChildCommand(path)) == "'\(path)' cannot be started: Permission denied")
        let onPath = ChildCommand("run", environment: ["PATH": "\(folder.path):/no/such/folder"])
        #expect(try await error(onPath) == "'run' cannot be started: Permission denied")
    }

    @Test func `a file that is not a program is reported and not passed to the shell`() async throws {
        try folder.write("echo started\n", to: "run", permissions: 0o755)
        let path = folder("run")
        #expect(
            try await error(ChildCommand(path))
                == "'\(path)' cannot be started: Exec format error; it must be a program for this kind of machine, or a "
                + "script whose first line names its interpreter, such as #!/bin/sh")
    }

    @Test func `a missing interpreter is distinguished from a missing program`() async throws {
        try folder.write("#!/no/such/interpreter\n", to: "run", permissions: 0o755)
        let path = folder("run")
        #expect(
            try await error(ChildCommand(path))
                == "'\(path)' cannot be started: the interpreter that \(path) names is missing")
        let relative = ChildCommand("./run", workingDirectory: folder.path)
        #expect(
            try await error(relative)
                == "'./run' cannot be started: the interpreter that \(folder.path)/./run names is missing")
    }

    @Test func `a missing working directory is distinguished from a missing program`() async throws {
        let command = ChildCommand("/bin/sh", workingDirectory: folder("none"))
        #expect(
            try await error(command)
                == "'/bin/sh' cannot be started: its working directory \(folder("none")): No such file or directory")
    }

    @Test func `a text with a NUL is refused and never cut short`() async throws {
        let expected = "cannot be started: an argument or a variable contains a NUL character"
        #expect(try await error(ChildCommand("true", ["a\0b"])) == "'true' \(expected)")
        #expect(try await error(ChildCommand("true", environment: ["A": "a\0b"])) == "'true' \(expected)")
        #expect(try await error(ChildCommand("true", workingDirectory: "/tmp\0")) == "'true' \(expected)")
    }
}
