public import Foundation
import Synchronization

/// The built program, run as a user runs it.
public final class LuafuncProcess: Sendable {
    private let process: Process
    /// Standard input of the program, which ends with the tests.
    private let input = Pipe()
    private let output: Pipe
    private let errors: Pipe
    private let exit: AsyncStream<Int32>
    /// The port on which the program says it listens; 0 if it ended before.
    public let port: Int

    /// Starts the program with an environment that consists of `PATH` and the given variables. Waits for the line that
    /// says where it listens, unless `waits` is false.
    public init(
        _ arguments: [String], environment: [String: String] = [:], folder: URL? = nil,
        program: URL = Repository.luafunc, waits: Bool = true
    ) throws {
        process = Process()
        output = Pipe()
        errors = Pipe()
        process.executableURL = program
        process.arguments = arguments
        process.environment = environment.merging(["PATH": "/usr/bin:/bin"]) { own, _ in own }
        process.standardInput = input
        // Other programs that tests start must not keep it open.
        _ = fcntl(input.fileHandleForWriting.fileDescriptor, F_SETFD, FD_CLOEXEC)
        process.standardOutput = output
        process.standardError = errors
        process.currentDirectoryURL = folder ?? Repository.root
        let (exit, continuation) = AsyncStream<Int32>.makeStream()
        self.exit = exit
        process.terminationHandler = { process in
            continuation.yield(
                process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus)
            continuation.finish()
        }
        try process.start()
        // Under start, the handler's own address may come first.
        let address = arguments.contains("start") ? "://localhost:" : "http://"
        port = waits ? Self.line(containing: address, in: output).map(Self.port) ?? 0 : 0
    }

    /// The next line; nil at the end. It is read byte by byte, so that later lines stay in the pipe.
    private static func line(of pipe: Pipe) -> String? {
        var bytes: [UInt8] = []
        while isReadable(pipe), let byte = try? pipe.fileHandleForReading.read(upToCount: 1)?.first {
            if byte == UInt8(ascii: "\n") { return String(decoding: bytes, as: UTF8.self) }
            bytes.append(byte)
        }
        return nil
    }

    /// Returns false after two minutes of silence, so that a missing line fails a test instead of blocking it.
    private static func isReadable(_ pipe: Pipe) -> Bool {
        var descriptor = pollfd(fd: pipe.fileHandleForReading.fileDescriptor, events: Int16(POLLIN), revents: 0)
        return poll(&descriptor, 1, 120_000) > 0
    }

    private static func port(in line: String) -> Int {
        line.firstMatch(of: #/https?://[^ :]+:(\d+)/#).flatMap { Int($0.1) } ?? 0
    }

    /// Sends a caller's request and waits for its response, which must come.
    public func request(
        _ path: String, method: String = "GET", headers: [String: String] = [:],
        body: some Sequence<UInt8> = EmptyCollection<UInt8>()
    ) throws -> HTTPReply {
        try RawConnection.request(path, method: method, port: port, headers: headers, body: Array(body))
    }

    /// Invokes a function as the host does, with a payload.
    public func invoke(
        _ name: String, _ payload: some Sequence<UInt8>, headers: [String: String] = hostHeaders
    ) throws -> HTTPReply {
        try request("/\(name)", method: "POST", headers: headers, body: payload)
    }

    /// Reads stdout up to the first line that contains `text`; false at the end of the output.
    public func waitForLine(containing text: String) -> Bool { line(containing: text) != nil }

    /// The next line of stdout; nil at the end of the output.
    public func line() -> String? { Self.line(of: output) }

    /// Reads stdout up to the first line that contains `text` and returns it; nil at the end of the output.
    public func line(containing text: String) -> String? { Self.line(containing: text, in: output) }

    /// Reads stderr likewise.
    public func waitForErrorLine(containing text: String) -> Bool { errorLine(containing: text) != nil }

    /// Reads stderr likewise.
    public func errorLine(containing text: String) -> String? { Self.line(containing: text, in: errors) }

    private static func line(containing text: String, in pipe: Pipe) -> String? {
        while let line = line(of: pipe) {
            if line.contains(text) { return line }
        }
        return nil
    }

    /// Writes to the program's standard input.
    public func write(_ text: some StringProtocol) {
        try? input.fileHandleForWriting.write(contentsOf: Data(text.utf8))
    }

    /// Ends the program's standard input.
    public func endInput() { try? input.fileHandleForWriting.close() }

    /// The names of the program's threads, sorted. A thread without a name has the program's.
    public func threadNames() throws -> [String] {
        let tasks = "/proc/\(process.processIdentifier)/task"
        // A thread may have ended meanwhile.
        return try FileManager.default.contentsOfDirectory(atPath: tasks).compactMap { thread in
            try? String(contentsOfFile: "\(tasks)/\(thread)/comm", encoding: .utf8)
        }.map { $0.trimmingCharacters(in: .newlines) }.sorted()
    }

    public func send(signal: Int32) { kill(process.processIdentifier, signal) }

    /// The exit code, or minus the signal's number, and the output since the program was ready.
    public func end() async -> (code: Int32, output: String, errors: String) {
        var code: Int32 = -1
        for await status in exit { code = status }
        func text(_ pipe: Pipe) -> String {
            String(decoding: (try? pipe.fileHandleForReading.readToEnd()) ?? Data(), as: UTF8.self)
        }
        return (code, text(output), text(errors))
    }

    deinit {
        if process.isRunning { process.terminate() }
        // Foundation keeps the pipes until it has noticed the end of the process.
        for end in [input.fileHandleForWriting, output.fileHandleForReading, errors.fileHandleForReading] {
            // A test may have closed the input.
            try? end.close()
        }
    }
}
