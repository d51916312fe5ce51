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
    /// A task that waits while the process has ended and the host does not restart it.
    private var rest: Task<Void, any Error>?
    /// Whether the process was killed on purpose, which does not count as a crash.
    private var isReplaced = false
    /// The secret that luafunc requires from its callers. It is new for each run. Other handlers have none, because
    /// they get the same requests as from the real host.
    private var secret: String?

    struct EndedError: Error {
        let reason: String
    }

    init(
        _ command: HandlerCommand, environment: [String: String], port: Int, client: HTTPClient,
        tell: @escaping @MainLoop (HostEvent) -> Void
    ) {
        self.command = command
        self.environment = environment
        self.port = port
        self.client = client
        self.tell = tell
    }

    /// A free loopback port. It lies below the range from which Linux by default assigns ports, because such a port
    /// could be taken before the process binds it.
    static func freePort() throws(StreamError) -> Int {
        while true {
            let port = UInt16.random(in: 20_000..<30_000)
            do throws(StreamError) {
                try TCPListener(EventLoop.main, bind: SocketAddress(.loopback, port: port)).close()
                return Int(port)
            } catch {
                guard error == .system(EADDRINUSE) else { throw error }
            }
        }
    }

    // MARK: Life

    /// Runs the process until its task is cancelled, and then kills it. Throws `EndedError` if the host must stop.
    func run() async throws {
        while !Task.isCancelled {
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
        lives += 1
        let number = lives
        let polling = EventLoop.main.task { await self.poll(life: number, since: began) }
        defer {
            polling.cancel()
            life = nil
        }
        return await withTaskCancellationHandler {
            await child.waitUntilExit()
        } onCancel: {
            EventLoop.main.task { await self.kill() }
        }
    }

    private func kill() { life?.kill() }

    /// Decides what follows the end of one run.
    private func end(_ status: ChildProcess.ExitStatus) async throws {
        var code: Int32?
        if case .code(let number) = status { code = number }
        let how = code.map { "exited with code \($0)" } ?? "was killed"
        if isReplaced {
            isReplaced = false
            phase = .starting
            return
        }
        switch policy.decide(exit: code, at: .now) {
        case .restart:
            phase = .starting
            tell(.handlerEnded("\(name) \(how); it is restarted", isCrash: code != 200))
        case .leave:
            tell(
                .handlerEnded(
                    "\(name) \(how), so the host does not restart it and every invocation fails; exit with "
                        + "a code other than 0", isCrash: true))
            _ = gone("\(name) \(how)")
            await waitForSave()
            phase = .starting
        case .stop:
            throw gone("\(name) \(how), the third time. Exceeded http worker restart retry count. Shutting down")
        }
    }

    /// Waits until a save requests the process again, or the host itself stops.
    private func waitForSave() async {
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
                guard error.reason == .program(ETXTBSY), waited < Self.writingPatience else { throw gone("\(error)") }
                if !isTold, waited > .seconds(1) {
                    isTold = true
                    tell(.warning("\(name) is still being written; it will be started when that is done"))
                }
            }
            try await EventLoop.main.sleep(for: Self.pollInterval)
        }
    }

    private func start() throws(ChildProcessError) -> ChildProcess {
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

    private static func newSecret() -> String {
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
        let line = command.isLuafunc ? HandlerLine(luafunc: text) : nil
        tell(
            .handlerLine(
                line ?? HandlerLine(text, isError: isError, stderrIsForErrors: command.stderrIsForErrors)))
    }

    // MARK: Readiness

    private static let pollInterval = Duration.milliseconds(25)

    /// Probes the process until it answers anything (host-contract §3).
    private func poll(life number: Int, since began: MonotonicTime) async {
        let asked = MonotonicTime.now
        while MonotonicTime.now - asked < command.patience {
            switch await probe() {
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

    private enum Echo {
        /// The process listens, whatever it answered.
        case answered
        case nobody
        case cancelled
    }

    private func probe() async -> Echo {
        guard let url = try? URL("http://127.0.0.1:\(port)/") else { return .nobody }
        var request = ClientRequest(.get, url)
        request.timeout = .seconds(3600)
        sign(&request)
        do throws(HTTPClientError) {
            try await client.execute(request).cancel()
            return .answered
        } catch {
            if case .connect = error { return .nobody }
            return Task.isCancelled ? .cancelled : .answered
        }
    }

    private func isReady(life number: Int, since began: MonotonicTime) {
        // The answer to a probe may arrive after that run has ended.
        guard number == lives, life != nil, case .starting = phase else { return }
        phase = .ready
        for waiter in waiting { waiter.resume() }
        waiting = []
        tell(.handlerReady(after: MonotonicTime.now - began))
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
            case .gone(let reason): continuation.resume(throwing: EndedError(reason: reason))
            case .starting: waiting.append(continuation)
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
        guard case .ready = phase else { return false }
        isReplaced = true
        phase = .starting
        kill()
        return true
    }

    private var name: String { command.isLuafunc ? "luafunc" : "'\(command.executable)'" }
}
