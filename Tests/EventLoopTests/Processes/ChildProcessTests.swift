import Glibc
import LoopTesting
import Synchronization
import TestSupport
import Testing

@testable import EventLoop

struct ChildProcessTests {
    /// Records what a child process writes and how it ends.
    private final class Child {
        private(set) var lines: [String] = []
        private(set) var errors: [String] = []
        private(set) var ends: [ChildProcess.ExitStatus] = []
        private let waiter: Waiter
        private(set) var process: ChildProcess?

        init(_ loop: EventLoop, _ command: ChildCommand) throws {
            waiter = Waiter(loop)
            process = try ChildProcess(
                loop, command,
                output: .lines { [unowned self] in
                    lines.append($0)
                    waiter.changed()
                },
                errors: .lines { [unowned self] in errors.append($0) },
                exited: { [unowned self] in ends.append($0) })
        }

        convenience init(_ loop: EventLoop, shell script: String, input: ChildCommand.Input = .null) throws {
            let command = ChildCommand("/bin/sh", ["-c", script], environment: ["PATH": "/usr/bin:/bin"], input: input)
            try self.init(loop, command)
        }

        func lines(_ count: Int) async throws {
            try await waiter.wait(for: "\(count) lines") { [unowned self] in lines.count >= count }
        }

        /// Waits for the end of the process. Returns its exit status.
        @discardableResult func end() async throws -> ChildProcess.ExitStatus {
            let process = try #require(process)
            let status = await process.waitUntilExit()
            #expect(ends == [status])
            #expect(process.status == status)
            return status
        }
    }

    /// Detects whether any process has a file open for writing: reading ends when none has.
    private final class Hold {
        private let waiter: Waiter
        private var hasEnded = false
        let path: String
        private let descriptor: Int32

        init(_ loop: EventLoop, in folder: TemporaryFolder) throws {
            waiter = Waiter(loop)
            path = folder("hold")
            try #require(mkfifo(path, 0o600) == 0)
            descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        }

        /// Call this only after a process has opened the file; before that, there is no end to wait for.
        func end(_ loop: EventLoop) async throws {
            let reader = PipeReader(loop, descriptor: descriptor) { _ in
            } ended: { [unowned self] in
                hasEnded = true
                waiter.changed()
            }
            try await waiter.wait(for: "the end of all who hold \(path)") { [unowned self] in hasEnded }
            reader.close()
        }
    }

    // MARK: Output and end

    @Test func `lines of both streams and the exit code arrive`() async throws {
        try await onLoop { loop in
            let child = try Child(loop, shell: "echo one; echo two >&2; printf three; exit 3")
            #expect(try await child.end() == .code(3))
            #expect(child.lines == ["one", "three"])
            #expect(child.errors == ["two"])
            #expect(loop.openHandles == [])
        }
    }

    @Test func `/dev/stdout and /dev/stderr can be opened, as they are pipes`() async throws {
        try await onLoop { loop in
            let child = try Child(loop, shell: "echo one > /dev/stdout; echo two > /dev/stderr")
            #expect(try await child.end() == .code(0))
            #expect(child.lines == ["one"])
            #expect(child.errors == ["two"])
        }
    }

    @Test func `all output has arrived when the end is reported`() async throws {
        try await onLoop { loop in
            var count = 0
            let command = ChildCommand("head", ["-c", "3000000", "/dev/zero"], environment: ["PATH": "/usr/bin:/bin"])
            let process = try ChildProcess(loop, command, output: .pieces { count += $0.byteCount })
            #expect(await process.waitUntilExit() == .code(0))
            #expect(count == 3_000_000)
        }
    }

    @Test func `the signal that ended a process is reported`() async throws {
        try await onLoop { loop in
            let child = try Child(loop, shell: "kill -TERM $$")
            #expect(try await child.end() == .signal(SIGTERM))
            #expect(
                "\(ChildProcess.ExitStatus.signal(15)), \(ChildProcess.ExitStatus.code(1))"
                    == "was killed by signal 15, exited with code 1")
        }
    }

    @Test func `the end is reported even if a grandchild holds the pipes`() async throws {
        try await onLoop { loop in
            let child = try Child(loop, shell: "sleep 1000 & echo $!")
            #expect(try await child.end() == .code(0))
            let grandchild = try #require(child.lines.first.flatMap { pid_t($0) })
            #expect(kill(grandchild, SIGKILL) == 0)
        }
    }

    @Test func `each of several processes has its own end`() async throws {
        try await onLoop { loop in
            let children = try (0..<8).map { try Child(loop, shell: "exit \($0)") }
            for (number, child) in children.enumerated() { #expect(try await child.end() == .code(Int32(number))) }
        }
    }

    @Test func `the status can be awaited before and after the end`() async throws {
        try await onLoop { loop in
            let process = try ChildProcess(loop, ChildCommand("false"))
            #expect(await process.waitUntilExit() == .code(1))
            #expect(await process.waitUntilExit() == .code(1))
            process.kill()
            process.close()
        }
    }

    // MARK: Killing

    @Test func `a kill reaches the whole process group`() async throws {
        let folder = try TemporaryFolder()
        try await onLoop { loop in
            let hold = try Hold(loop, in: folder)
            let child = try Child(
                loop, shell: "exec 3> '\(hold.path)'; sleep 1000 & sleep 1000 & echo 1; wait")
            try await child.lines(1)
            child.process?.kill()
            #expect(try await child.end() == .signal(SIGKILL))
            try await hold.end(loop)
        }
    }

    @Test func `another signal can be sent`() async throws {
        try await onLoop { loop in
            let child = try Child(loop, shell: "trap 'echo got it; exit 0' TERM; echo 1; read line", input: .open)
            try await child.lines(1)
            child.process?.send(SIGTERM)
            #expect(try await child.end() == .code(0))
            #expect(child.lines == ["1", "got it"])
        }
    }

    @Test func `closing kills the process, resumes only waiting tasks, and leaves no handle open`() async throws {
        let folder = try TemporaryFolder()
        try await onLoop { loop in
            let hold = try Hold(loop, in: folder)
            let child = try Child(loop, shell: "exec 3> '\(hold.path)'; echo 1; sleep 1000", input: .open)
            try await child.lines(1)
            let process = try #require(child.process)
            process.close()
            process.close()
            #expect(loop.openHandles == [])
            #expect(child.ends == [])
            #expect(await process.waitUntilExit() == .signal(SIGKILL))
            try await hold.end(loop)
        }
    }

    @Test func `a callback can close its process`() async throws {
        try await onLoop { loop in
            let waiter = Waiter(loop)
            var process: ChildProcess?
            var lines = 0
            let command = ChildCommand("/bin/sh", ["-c", "echo 1; echo 2; sleep 1000"])
            process = try ChildProcess(
                loop, command,
                output: .lines { _ in
                    lines += 1
                    process?.close()
                    waiter.changed()
                }, exited: { _ in Issue.record("it was closed") })
            try await waiter.wait(for: "a line") { lines > 0 }
        }
    }

    @Test func `a process is killed when the thread that started it ends`() async throws {
        try await onLoop { loop in
            let waiter = Waiter(loop)
            let streams = try StandardStreams(input: .null, output: .pipe, errors: .null)
            var ended = false
            let reader = PipeReader(loop, descriptor: try #require(streams.ours[1])) { _ in
            } ended: {
                ended = true
                waiter.changed()
            }
            let started = Mutex<pid_t?>(nil)
            try Thread.start(named: "parent") {
                let pid = try? ChildCommand("sleep", ["1000"]).spawn(streams)
                started.withLock { $0 = pid }
                var streams = streams
                streams.closeTheirs()
            }
            try await waiter.wait(for: "the end of the child") { ended }
            reader.close()
            let pid = try #require(started.withLock { $0 })
            var status: Int32 = 0
            #expect(waitpid(pid, &status, 0) == pid)
            #expect(status == SIGKILL)
        }
    }

    // MARK: What it is given

    @Test func `the environment is exact`() async throws {
        try await onLoop { loop in
            let variables = ["A": "1", "B": "two words", "EMPTY": "", "Ä": "ö=\n"]
            let child = try Child(loop, ChildCommand("/usr/bin/env", ["-0"], environment: variables))
            try await child.end()
            let found = Set(child.lines.joined(separator: "\n").split(separator: "\0").map(String.init))
            #expect(found == Set(variables.map { "\($0.key)=\($0.value)" }))
        }
    }

    @Test func `arguments arrive as they are`() async throws {
        try await onLoop { loop in
            let command = ChildCommand(
                "/bin/sh", ["-c", "for a; do echo \"<$a>\"; done", "sh", "a b", "", "$HOME", "ä'\""])
            let child = try Child(loop, command)
            try await child.end()
            #expect(child.lines == ["<a b>", "<>", "<$HOME>", "<ä'\">"])
        }
    }

    @Test func `a relative program starts at the working directory`() async throws {
        let folder = try TemporaryFolder()
        try folder.write("#!/bin/sh\npwd\n", to: "run", permissions: 0o755)
        try await onLoop { loop in
            let child = try Child(loop, ChildCommand("./run", workingDirectory: folder.path))
            #expect(try await child.end() == .code(0))
            #expect(child.lines == [folder.path])
        }
    }

    @Test func `input is empty, open until it is closed, or the parent's`() async throws {
        try await onLoop { loop in
            let empty = try Child(loop, shell: "cat; readlink /proc/self/fd/0")
            try await empty.end()
            #expect(empty.lines == ["/dev/null"])
            let open = try Child(loop, shell: "echo 1; cat; echo 2", input: .open)
            try await open.lines(1)
            #expect(open.process?.status == nil)
            open.process?.closeInput()
            open.process?.closeInput()
            #expect(try await open.end() == .code(0))
            #expect(open.lines == ["1", "2"])
            let inherited = try Child(loop, shell: "readlink /proc/self/fd/0", input: .inherited)
            try await inherited.end()
            var name = [CChar](repeating: 0, count: 4096)
            let count = readlink("/proc/self/fd/0", &name, name.count)
            try #require(count > 0)
            #expect(inherited.lines == [String(decoding: name[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)])
        }
    }

    @Test func `it leads a session, inherits no descriptor and no signal that is ignored or blocked`() async throws {
        try await onLoop { loop in
            // A shell may have passed such a descriptor to the program.
            let descriptor = dup(2)
            let child = try Child(
                loop,
                shell: """
                    cut -d ' ' -f 5,6 /proc/$$/stat
                    echo $$
                    grep -E '^Sig(Blk|Ign)' /proc/$$/status | cut -f 2
                    ls /proc/$$/fd
                    """)
            try await child.end()
            let pid = try #require(child.process?.pid)
            #expect(child.lines.prefix(2) == ["\(pid) \(pid)", "\(pid)"])
            // The C library reserves signals 32 and 33, so their state does not change.
            let masks = child.lines.dropFirst(2).prefix(2).map { UInt64($0, radix: 16).map { $0 & ~0x1_8000_0000 } }
            #expect(masks == [0, 0])
            #expect(Set(child.lines.dropFirst(4)).isSubset(of: ["0", "1", "2"]))
            close(descriptor)
        }
    }
}
