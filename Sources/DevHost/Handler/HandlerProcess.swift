import AsyncHTTPClient
import CustomHandler
import NIOCore
import NIOPosix
import Subprocess
import SystemPackage

/// The handler's process: started, watched, killed and started again as the host does (host-contract §§2-4).
actor HandlerProcess {
    private enum Phase {
        case starting
        case ready
        /// It cannot be had any more, and why.
        case gone(String)
    }

    /// The same for all lives of the process.
    let port: Int
    private let command: HandlerCommand
    private let environment: [String: String]
    private let client: HTTPClient
    private let tell: @Sendable (HostEvent) -> Void
    private var phase = Phase.starting
    private var waiting: [CheckedContinuation<Void, any Error>] = []
    private var policy = RestartPolicy()
    private var life: Task<CInt?, any Error>?
    /// How many there were.
    private var lives = 0
    /// Runs while the process has ended and the host leaves it so.
    private var rest: Task<Void, Never>?
    /// It was killed on purpose, which is no crash.
    private var isReplaced = false

    struct Gone: Error {
        let reason: String
    }

    init(
        _ command: HandlerCommand, environment: [String: String], port: Int, client: HTTPClient,
        tell: @escaping @Sendable (HostEvent) -> Void
    ) {
        self.command = command
        self.environment = environment
        self.port = port
        self.client = client
        self.tell = tell
    }

    /// A free port of loopback. It lies below those that Linux, as it comes, gives to connections and to listeners that
    /// ask for any: one of these could be taken before the process binds it.
    static func freePort() async throws -> Int {
        let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        while true {
            let port = Int.random(in: 20_000..<30_000)
            do {
                try await bootstrap.bind(host: "127.0.0.1", port: port).get().close()
                return port
            } catch let error as IOError where error.errnoCode == EADDRINUSE {}
        }
    }

    // MARK: Life

    /// Runs until its task is cancelled; then the process is killed. Throws if the host must stop.
    func run() async throws {
        while !Task.isCancelled {
            let began = ContinuousClock.now
            let life = Task { try await self.live() }
            self.life = life
            lives += 1
            let polling = Task { await self.poll(since: began) }
            let code: CInt?
            do {
                code = try await withTaskCancellationHandler {
                    try await life.value
                } onCancel: {
                    life.cancel()
                }
            } catch let error as SubprocessError {
                throw gone("'\(command.executable)' cannot be started: \(error)")
            }
            polling.cancel()
            guard !Task.isCancelled else { break }
            try await end(code)
        }
        _ = gone("the host is stopping")
    }

    /// What follows the end of one life.
    private func end(_ code: CInt?) async throws {
        let how = code.map { "exited with code \($0)" } ?? "was killed"
        if isReplaced {
            isReplaced = false
            phase = .starting
            return
        }
        switch policy.decide(exit: code, at: .now) {
        case .restart:
            phase = .starting
            tell(.handlerEnded("\(name) \(how); it is started again", isCrash: code != 200))
        case .leave:
            tell(
                .handlerEnded(
                    "\(name) \(how), so the host does not start it again and every invocation fails; exit with "
                        + "another code than 0", isCrash: true))
            _ = gone("\(name) \(how)")
            // Until a save asks for it again, or the host itself is stopped.
            let rest = Task { _ = try? await Task.sleep(for: .seconds(1 << 30)) }
            self.rest = rest
            await withTaskCancellationHandler {
                await rest.value
            } onCancel: {
                rest.cancel()
            }
            self.rest = nil
            phase = .starting
        case .stop:
            throw gone("\(name) \(how), the third time. Exceeded http worker restart retry count. Shutting down")
        }
    }

    private func live() async throws -> CInt? {
        let variables = Dictionary(
            environment.map { (Environment.Key(stringLiteral: $0.key), $0.value) }, uniquingKeysWith: { $1 })
        var options = PlatformOptions()
        // Ctrl-C is the host's to handle.
        options.processGroupID = 0
        let configuration = Configuration(
            executable: command.executable.contains("/")
                ? .path(FilePath(command.executable)) : .name(command.executable),
            arguments: Arguments(command.arguments), environment: .custom(variables),
            workingDirectory: FilePath(command.workingDirectory), platformOptions: options)
        let status =
            if command.isLuafunc {
                // Its standard input ends with this process, however that ends.
                try await Subprocess.run(configuration, input: .inputWriter, output: .sequence, error: .sequence) {
                    try await self.read($0.standardOutput, $0.standardError)
                }.terminationStatus
            } else {
                try await Subprocess.run(
                    configuration, input: .currentStandardInput, output: .sequence, error: .sequence
                ) {
                    try await self.read($0.standardOutput, $0.standardError)
                }.terminationStatus
            }
        if case .exited(let code) = status { return code }
        return nil
    }

    private func read(_ output: SubprocessOutputSequence, _ errors: SubprocessOutputSequence) async throws {
        let tell = tell
        let isLuafunc = command.isLuafunc
        let stderrIsForErrors = command.stderrIsForErrors
        @Sendable func lines(of stream: SubprocessOutputSequence, isError: Bool) async {
            do {
                for try await line in stream.strings() {
                    let line = line.last?.isNewline == true ? String(line.dropLast()) : line
                    let record = isLuafunc ? HandlerLine(luafunc: line) : nil
                    tell(
                        .handlerLine(
                            record ?? HandlerLine(line, isError: isError, stderrIsForErrors: stderrIsForErrors)))
                }
            } catch {
                // The process has ended, and somebody it has started holds the pipe.
            }
        }
        await withTaskGroup { group in
            group.addTask { await lines(of: output, isError: false) }
            group.addTask { await lines(of: errors, isError: true) }
        }
    }

    // MARK: Readiness

    private static let pollInterval = Duration.milliseconds(25)

    /// Asks until any answer comes (host-contract §3).
    private func poll(since began: ContinuousClock.Instant) async {
        let asked = ContinuousClock.now
        while asked.duration(to: .now) < command.patience {
            do {
                let probe = HTTPClientRequest(url: "http://127.0.0.1:\(port)/")
                _ = try await client.execute(probe, timeout: .hours(1))
                return isReady(since: began)
            } catch is IOError {
                // Nobody listens yet.
            } catch is NIOConnectionError {
            } catch is CancellationError {
                return
            } catch {
                if Task.isCancelled { return }
                // Something listens, whatever it says.
                return isReady(since: began)
            }
            do {
                try await Task.sleep(for: Self.pollInterval)
            } catch { return }
        }
        tell(
            .handlerEnded(
                "\(name) does not listen on port \(port) after \(command.patience); it must listen on 127.0.0.1, on the "
                    + "port in FUNCTIONS_CUSTOMHANDLER_PORT", isCrash: true))
        life?.cancel()
    }

    private func isReady(since began: ContinuousClock.Instant) {
        guard case .starting = phase else { return }
        phase = .ready
        for waiter in waiting { waiter.resume() }
        waiting = []
        tell(.handlerReady(after: began.duration(to: .now)))
    }

    private func gone(_ reason: String) -> Gone {
        let gone = Gone(reason: reason)
        phase = .gone(reason)
        for waiter in waiting { waiter.resume(throwing: gone) }
        waiting = []
        return gone
    }

    /// Waits until the process answers, and tells which life of it that is. Throws `Gone` if it never will.
    func ready() async throws -> Int {
        switch phase {
        case .ready: break
        case .gone(let reason): throw Gone(reason: reason)
        case .starting: try await withCheckedThrowingContinuation { waiting.append($0) }
        }
        return lives
    }

    // MARK: Kill

    /// Kills the process, which is started again at once; or starts it where the host had left it ended. false if there
    /// is another life already than the one that is meant.
    @discardableResult func replace(life meant: Int? = nil) -> Bool {
        if let meant, meant != lives { return false }
        if let rest {
            rest.cancel()
            return true
        }
        guard case .ready = phase else { return false }
        isReplaced = true
        phase = .starting
        life?.cancel()
        return true
    }

    private var name: String { command.isLuafunc ? "luafunc" : "'\(command.executable)'" }
}
