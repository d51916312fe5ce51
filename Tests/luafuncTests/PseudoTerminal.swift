import Foundation
import Glibc
import TestSupport

/// A program that runs on a terminal of its own.
final class PseudoTerminal {
    private let end: FileHandle
    private let process = Process()
    /// Everything that the terminal has shown.
    private(set) var shown = ""
    /// What was shown after everything waited for.
    private var fresh = ""

    /// - Parameter isBlocking: false for a terminal that another program has made non-blocking.
    init(
        _ arguments: [String], folder: URL, environment: [String: String] = [:], program: URL = Repository.luafunc,
        isBlocking: Bool = true
    ) throws {
        var (own, programs): (Int32, Int32) = (-1, -1)
        guard openpty(&own, &programs, nil, nil, nil) == 0 else { throw CocoaError(.fileReadUnknown) }
        // Programs of other tests must not keep the terminal open.
        for number in [own, programs] { _ = fcntl(number, F_SETFD, FD_CLOEXEC) }
        if !isBlocking { _ = fcntl(programs, F_SETFL, fcntl(programs, F_GETFL) | O_NONBLOCK) }
        end = FileHandle(fileDescriptor: own, closeOnDealloc: true)
        let terminal = FileHandle(fileDescriptor: programs)
        process.executableURL = program
        process.arguments = arguments
        process.environment = environment.merging(["PATH": "/usr/bin:/bin", "TERM": "xterm"]) { own, _ in own }
        process.standardInput = terminal
        process.standardOutput = terminal
        process.standardError = terminal
        process.currentDirectoryURL = folder
        try process.start()
        // Without this, the terminal would not end with the program.
        try terminal.close()
    }

    /// How the terminal treats what is typed, such as whether it shows it.
    var mode: UInt32 {
        var mode = termios()
        tcgetattr(end.fileDescriptor, &mode)
        return mode.c_lflag
    }

    func type(_ text: String) throws { try end.write(contentsOf: Data(text.utf8)) }

    func resize(columns: Int, rows: Int) {
        var size = winsize(ws_row: UInt16(rows), ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
        _ = ioctl(end.fileDescriptor, UInt(TIOCSWINSZ), &size)
    }

    /// Whether the terminal passes keys on at once and does not echo them.
    var isRaw: Bool { mode & UInt32(ICANON | ECHO) == 0 }

    func send(signal: Int32) { kill(process.processIdentifier, signal) }

    /// Waits until the terminal has shown this text after everything waited for earlier. False if the program ends, or is
    /// silent for a minute.
    func wait(for text: String) -> Bool {
        while true {
            if let place = fresh.range(of: text) {
                fresh = String(fresh[place.upperBound...])
                return true
            }
            guard let piece = read() else { return false }
            shown += piece
            fresh += piece
        }
    }

    /// The exit code, or minus the number of the signal that ended the program.
    func finish() -> Int32 {
        while let piece = read() { shown += piece }
        process.waitUntilExit()
        return process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
    }

    private func read() -> String? {
        var descriptor = pollfd(fd: end.fileDescriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&descriptor, 1, 60_000) > 0 else { return nil }
        var bytes = [UInt8](repeating: 0, count: 4096)
        // When the program has ended, Linux reports an error.
        let count = Glibc.read(end.fileDescriptor, &bytes, bytes.count)
        return count > 0 ? String(decoding: bytes.prefix(count), as: UTF8.self).replacing("\r\n", with: "\n") : nil
    }
}
