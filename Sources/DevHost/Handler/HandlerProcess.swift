import Crypto
import EventLoop
import FunctionsModel
import Glibc
import HTTP
import HTTP1

/// The handler's process. It is started, watched, killed and restarted as the host does (host-contract §§2-4).
@MainLoop
final class HandlerProcess {
    private enum Phase {
        case starting
        /// The process listens, and is being warmed up.
        case warming
        case ready
        /// There is no handler any more. The text is the reason.
        case gone(String)
    }

    /// The port, which is the same for all runs of the process.
    let port: Int
    private let command: HandlerCommand
    private let environment: [String: String]
    private let client: HTTPClient
    private let tell: @MainLoop (HostEvent) -> Void
    private var phase = Phase.starting
    private var waiting: [CheckedContinuation<Void, any Error>] = []
    private var policy = RestartPolicy()
    private var life: ChildProcess?
    /// The number of runs so far.
    private var lives = 0
    /// A task that waits while no process runs and the host does not start one.
    private var rest: Task<Void, any Error>?
    /// A task that probes the port although the process has ended with code 0, as the host does.
    private var lateProbes: Task<Void, any Error>?
    private var isOffline = false
    /// How the process ended, if the host does not restart it. Calls still go to its port.
    private(set) var departure: String?
    /// The last lines of the present run that are errors, which the host repeats when the process crashes.
    private var lastErrors: [String] = []
    /// Prepares a process that has become ready, before it gets any other call.
    var warmUp: (@MainLoop () async -> Void)?
    /// How long calls wait for that.
    private let warmUpPatience: Duration
    /// Whether the task is the one that warms the process up, so that it need not wait for that.
    @TaskLocal private static var isWarmingUp = false
    /// Whether the process was killed on purpose, which does not count as a crash.
    private var isReplaced = false
    /// Whether the host stops, so that a lost connection is no surprise.
    private(set) var isStopping = false
    /// The secret that luafunc requires from its callers. It is new for each run. Other handlers have none, because
    /// they get the same requests as from the real host.
    private var secret: String?

    struct EndedError: Error {
        let reason: String
    }

    init(
        _ command: HandlerCommand, environment: [String: String], port: Int, client: HTTPClient,
        warmUpPatience: Duration, tell: @escaping @MainLoop (HostEvent) -> Void
    ) {
        self.command = command
        self.environment = environment
        self.port = port
        self.client = client
        self.warmUpPatience = warmUpPatience
        self.tell = tell
    }

    // MARK: Life

    /// Runs the process until its task is cancelled, and then kills it. Throws `EndedError` if the host must stop.
    func run() async throws {
        while !Task.isCancelled {
            if isOffline {
                await waitForRequest()
                continue
            }
            let status = try await live()
            guard !Task.isCancelled else { break }
            try await end(status)
        }
        _ = gone("the host is stopping")
    }

    private func live() async throws -> ChildProcess.ExitStatus {
        let began = MonotonicTime.now
        let child = try await startOnceWritten()
        life = child
        if isOffline { goOffline() }
        lives += 1
        let number = lives
        let polling = EventLoop.main.task { await self.poll(life: number, since: began) }
        defer {
            polling.cancel()
            life = nil
        }
        return await withTaskCancellationHandler {
            let status = await child.waitUntilExit()
            if status == .code(0), case .starting = phase, !isReplaced, !Task.isCancelled {
                tell(
                    .handlerEnded(
                        "\(name) exited with code 0 before it listened on port \(port). The host waits \(command.patience) "
                            + "for it and then counts that as a crash; a handler must keep running", isCrash: true))
                lateProbes = polling
                _ = try? await polling.value
                lateProbes = nil
            }
            return status
        } onCancel: {
            polling.cancel()
            EventLoop.main.task { await self.killForGood() }
        }
    }

    private func kill() { life?.kill() }

    private func killForGood() {
        isStopping = true
        kill()
    }

    /// Decides what follows the end of one run.
    private func end(_ status: ChildProcess.ExitStatus) async throws {
        var code: Int32?
        if case .code(let number) = status { code = number }
        let wasReady = hasListened
        if isReplaced {
            isReplaced = false
            phase = .starting
            return
        }
        // The program's last words are the reason for the crash, if there is one.
        let words = lastErrors.isEmpty || code == 0 || code == 200 ? "" : ": " + lastErrors.joined(separator: ",")
        let how = "\(status)\(words)"
        switch policy.decide(exit: code, wasReady: wasReady, at: .now) {
        case .restart:
            phase = .starting
            tell(.handlerEnded("\(name) \(how); it is restarted", isCrash: code != 200))
        case .leave:
            departure = "\(name) \(how), so the host does not restart it"
            tell(
                .handlerEnded(
                    "\(name) \(how), so the host does not restart it and every invocation fails; exit with "
                        + "a code other than 0", isCrash: true))
            await waitForRequest()
            departure = nil
            phase = .starting
        case .stop:
            throw gone("\(name) \(how), the third time. Exceeded http worker restart retry count. Shutting down")
        }
    }

    /// Waits until a process is wanted again, for example after a save, or the host itself stops.
    private func waitForRequest() async {
        let rest = EventLoop.main.task { try await EventLoop.main.sleep(for: .seconds(1 << 30)) }
        self.rest = rest
        await withTaskCancellationHandler {
            _ = try? await rest.value
        } onCancel: {
            rest.cancel()
        }
        self.rest = nil
    }

    private static let writingPatience = Duration.seconds(10)

    /// Starts the process, and tries again on "Text file busy": a compiler or a copy may still be writing the program,
    /// or a just forked process may still hold the file open.
    private func startOnceWritten() async throws -> ChildProcess {
        let asked = MonotonicTime.now
        var isTold = false
        while true {
            do throws(ChildProcessError) {
                return try start()
            } catch {
                let waited = MonotonicTime.now - asked
                guard error.reason == .program(ETXTBSY), waited < Self.writingPatience else {
                    throw gone(
                        "\(error). In Azure the host would report a successful start and then answer no calls; "
                            + "check the program's path, and that it may be executed")
                }
                if !isTold, waited > .seconds(1) {
                    isTold = true
                    tell(.warning("\(name) is still being written; it will be started when that is done"))
                }
            }
            try await EventLoop.main.sleep(for: Self.pollInterval)
        }
    }

    private func start() throws(ChildProcessError) -> ChildProcess {
        lastErrors = []
        secret = command.isLuafunc ? Self.newSecret() : nil
        let program = ChildCommand(
            command.executable, command.arguments + (secret == nil ? [] : ["--secret-on-stdin"]),
            environment: environment, workingDirectory: command.workingDirectory,
            // luafunc's standard input ends when this process ends, for whatever reason.
            input: command.isLuafunc ? .open : .inherited)
        let child = try ChildProcess(
            EventLoop.main, program, output: .lines { [self] in tellLine($0, isError: false) },
            errors: .lines { [self] in tellLine($0, isError: true) })
        if let secret { child.write("\(secret)\n") }
        return child
    }

    static func newSecret() -> String {
        randomBytes(32).map { $0.padded(2, radix: 16) }.joined()
    }

    /// Adds the secret that proves to luafunc that the host calls. It replaces such a header from a caller.
    func sign(_ request: inout ClientRequest) {
        guard let secret else { return }
        request.fields.set(HostHeader.secret, secret)
        // The target of a redirect must not receive the secret.
        request.redirects = .returned
    }

    private func tellLine(_ text: String, isError: Bool) {
        let line =
            (command.isLuafunc ? HandlerLine(luafunc: text) : nil)
            ?? HandlerLine(text, isError: isError, stderrIsForErrors: command.stderrIsForErrors)
        // luafunc's own lines name what has failed; they are not about the process.
        if line.level == .error, !command.isLuafunc { lastErrors = (lastErrors + [line.text]).suffix(3) }
        tell(.handlerLine(line))
    }

    // MARK: Readiness

    private static let pollInterval = Duration.milliseconds(25)

    /// Probes the process until it answers anything (host-contract §3).
    private func poll(life number: Int, since began: MonotonicTime) async {
        let asked = MonotonicTime.now
        while MonotonicTime.now - asked < command.patience {
            switch await ReadinessProbe(client: client, port: port).answer(signedBy: sign) {
            case .answered: return isReady(life: number, since: began)
            case .nobody: break
            case .cancelled: return
            }
            do { try await EventLoop.main.sleep(for: Self.pollInterval) } catch { return }
        }
        tell(
            .handlerEnded(
                "\(name) does not listen on port \(port) after \(command.patience); it must listen on 127.0.0.1, on the "
                    + "port in FUNCTIONS_CUSTOMHANDLER_PORT", isCrash: true))
        kill()
    }

    private func isReady(life number: Int, since began: MonotonicTime) {
        // The answer to a probe may arrive after that run has ended.
        guard number == lives, life != nil, case .starting = phase else { return }
        phase = .warming
        tell(.handlerReady(after: MonotonicTime.now - began))
        guard let warmUp else { return admitCalls(life: number) }
        EventLoop.main.task {
            await Self.$isWarmingUp.withValue(true) { await warmUp() }
            self.admitCalls(life: number)
        }
        EventLoop.main.schedule(after: warmUpPatience) { [self] in
            guard number == lives, case .warming = phase else { return }
            tell(.warning("the warm-up has not ended after \(warmUpPatience); calls no longer wait for it"))
            admitCalls(life: number)
        }
    }

    private func admitCalls(life number: Int) {
        guard number == lives, case .warming = phase else { return }
        phase = .ready
        for waiter in waiting { waiter.resume() }
        waiting = []
    }

    private func gone(_ reason: String) -> EndedError {
        let gone = EndedError(reason: reason)
        phase = .gone(reason)
        for waiter in waiting { waiter.resume(throwing: gone) }
        waiting = []
        return gone
    }

    /// Waits until the process answers, and returns the number of its run. Throws `EndedError` if it never will.
    func ready() async throws -> Int {
        try await withCheckedThrowingContinuation { continuation in
            switch phase {
            case .ready: continuation.resume()
            case .warming where Self.isWarmingUp: continuation.resume()
            case .gone(let reason): continuation.resume(throwing: EndedError(reason: reason))
            case .starting, .warming: waiting.append(continuation)
            }
        }
        return lives
    }

    // MARK: Kill

    /// Kills the process, which is then restarted immediately, or starts it if the host had not restarted it. Returns
    /// false if another run has begun since the given one.
    @discardableResult func replace(life meant: Int? = nil) -> Bool {
        if let meant, meant != lives { return false }
        if let rest {
            rest.cancel()
            return true
        }
        if let lateProbes {
            isReplaced = true
            lateProbes.cancel()
            return true
        }
        guard hasListened || (meant == nil && life != nil) else { return false }
        isReplaced = true
        phase = .starting
        kill()
        return true
    }

    /// Whether the present run has answered a probe.
    private var hasListened: Bool {
        switch phase {
        case .ready, .warming: true
        case .starting, .gone: false
        }
    }

    /// Kills the process and starts none before `goOnline`.
    func goOffline() {
        isOffline = true
        rest?.cancel()
        lateProbes?.cancel()
        guard life != nil else { return }
        isReplaced = true
        phase = .starting
        kill()
    }

    func goOnline() {
        isOffline = false
        rest?.cancel()
    }

    private var name: String { command.isLuafunc ? "luafunc" : "'\(command.executable)'" }
}
