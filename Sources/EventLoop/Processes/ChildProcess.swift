internal import CUV
internal import Glibc

/// A running program, together with the processes that it starts itself, unless those leave its process group.
///
/// The loop retains it until the program has ended and all callbacks have run. The system kills the program when the
/// thread that started it ends, so start it on a thread that lives as long as the parent. The system does not kill the
/// program's own children in that case.
public final class ChildProcess {
    /// The id of the process, and of its group and session.
    public let pid: Int32
    public let command: ChildCommand
    /// How the process ended, or nil while it runs.
    public private(set) var status: ExitStatus?

    private var readers: [PipeReader] = []
    private var inputEnd: Int32?
    private var watch: SignalWatch?
    private var exited: ((ExitStatus) -> Void)?
    private var waiting: [CheckedContinuation<ExitStatus, Never>] = []
    /// Whether `exited` was called. The status is known slightly earlier, while remaining output is delivered.
    private var isTold = false

    /// Where a stream of the program goes.
    public enum Output {
        case null
        /// The parent's stream.
        case inherited
        /// Passes on lines without their line ends. Invalid UTF-8 is repaired, and a line is cut after 1 MB.
        case lines((String) -> Void)
        /// Passes on bytes as they arrive, in a buffer that the next read overwrites.
        case pieces((RawSpan) -> Void)
    }

    /// Blocks until the program runs, for about a millisecond. Throws if the program cannot be started.
    ///
    /// - Parameter exited: called once, after the process has ended and all its output was delivered. Children of the
    ///   process may still hold the pipes; what they write later is lost.
    public init(
        _ loop: EventLoop, _ command: ChildCommand, output: Output = .null, errors: Output = .null,
        exited: ((ExitStatus) -> Void)? = nil
    ) throws(ChildProcessError) {
        self.command = command
        self.exited = exited
        // The watch begins before the start, because the process may end at once.
        let watch = SignalWatch(loop, signal: SIGCHLD) {}
        let streams: StandardStreams
        do throws(ChildProcessError.Reason) {
            let input: StandardStreams.Kind =
                switch command.input {
                case .null: .null
                case .inherited: .inherited
                case .open: .pipe
                }
            var opened = try StandardStreams(input: input, output: output.kind, errors: errors.kind)
            defer { opened.closeTheirs() }
            do throws(ChildProcessError.Reason) {
                pid = try command.spawn(opened)
            } catch {
                opened.closeOurs()
                throw error
            }
            streams = opened
        } catch {
            watch.close()
            throw ChildProcessError(program: command.program, reason: error)
        }
        self.watch = watch
        watch.received = { self.check() }
        inputEnd = streams.ours[0]
        for (end, output) in zip(streams.ours.dropFirst(), [output, errors]) {
            if let end, let reader = output.reader(loop, end) { readers.append(reader) }
        }
    }

    /// Waits until the process has ended and its output was delivered. After `close`, the result says that it was
    /// killed.
    public func waitUntilExit() async -> ExitStatus {
        await withCheckedContinuation { continuation in
            if let status, isTold { continuation.resume(returning: status) } else { waiting.append(continuation) }
        }
    }

    /// Sends a signal to the process and its group. Does nothing once the process has ended, even if other processes of
    /// the group still run, because the system may have given the group's number to somebody else by then.
    public func send(_ signal: Int32) {
        guard status == nil else { return }
        _ = Glibc.kill(-pid, signal)
    }

    /// Sends SIGKILL, which no process can ignore.
    public func kill() { send(SIGKILL) }

    /// Writes to the process without waiting for it to read. Returns false if the process was not started with an open
    /// input, or if the pipe has no room for the whole text.
    @discardableResult
    public func write(_ text: String) -> Bool {
        guard let inputEnd else { return false }
        _ = fcntl(inputEnd, F_SETFL, O_NONBLOCK)
        var text = text
        // `write` reads from the bytes only while the closure runs.
        return text.withUTF8 { Glibc.write(inputEnd, $0.baseAddress, $0.count) == $0.count }
    }

    /// Closes the input of a process that was started with an open one. Calling it again does nothing.
    public func closeInput() {
        if let inputEnd { _ = Glibc.close(inputEnd) }
        inputEnd = nil
    }

    /// Kills the process and its group if the process still runs. No callback runs afterwards. Calling it again does
    /// nothing.
    public func close() {
        if status == nil {
            kill()
            reap()
        }
        release()
        exited = nil
        finish(status ?? .signal(SIGKILL))
    }

    // MARK: The end

    private func check() {
        guard status == nil else { return }
        var raw: Int32 = 0
        let found = waitpid(pid, &raw, WNOHANG)
        // SIGCHLD came because another child has ended, or because this child was only stopped.
        guard found != 0, found > 0 || errno != EINTR else { return }
        // If `waitpid` fails, other code has collected the status, so the reason for the end is unknown.
        let isKnownCode = found == pid && cuv_exited(raw) != 0
        let status =
            isKnownCode ? ExitStatus.code(cuv_exitcode(raw)) : .signal(found == pid ? cuv_termsignal(raw) : SIGKILL)
        self.status = status
        for reader in readers { reader.finish() }
        release()
        finish(status)
    }

    /// Collects the status of a killed process. Otherwise the process stays in the system's table as a zombie for as
    /// long as its parent lives.
    private func reap() {
        var raw: Int32 = 0
        guard waitpid(pid, &raw, WNOHANG) == 0 else { return }
        // A killed process ends only after a moment, or later if it is in a system call. A thread of its own waits for
        // that, so that the loop does not.
        do throws(StreamError) {
            try Thread.start(named: "reaper", stackSize: 64 << 10) { [pid] in
                var raw: Int32 = 0
                while waitpid(pid, &raw, 0) < 0, errno == EINTR {}
            }
        } catch {
            while waitpid(pid, &raw, 0) < 0, errno == EINTR {}
        }
    }

    private func release() {
        watch?.close()
        watch = nil
        closeInput()
        for reader in readers { reader.close() }
        readers = []
    }

    private func finish(_ status: ExitStatus) {
        self.status = status
        isTold = true
        let (told, woken) = (exited, waiting)
        exited = nil
        waiting = []
        told?(status)
        for continuation in woken { continuation.resume(returning: status) }
    }
}

extension ChildProcess.Output {
    fileprivate var kind: StandardStreams.Kind {
        switch self {
        case .null: .null
        case .inherited: .inherited
        case .lines, .pieces: .pipe
        }
    }

    fileprivate func reader(_ loop: EventLoop, _ descriptor: Int32) -> PipeReader? {
        switch self {
        case .null, .inherited: return nil
        case .pieces(let body): return PipeReader(loop, descriptor: descriptor, received: body) {}
        case .lines(let body):
            var splitter = LineSplitter()
            return PipeReader(loop, descriptor: descriptor) {
                splitter.add($0, body)
            } ended: {
                splitter.end(body)
            }
        }
    }
}
