import Glibc

/// A pipe whose reading end belongs to the test.
final class OpenPipe: Sendable {
    let reading: Int32
    let writing: Int32

    struct Failed: Error {}

    init() throws {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw Failed() }
        reading = ends[0]
        writing = ends[1]
    }

    deinit {
        close(reading)
        close(writing)
    }

    /// Writes until the pipe is full. Returns the number of bytes written.
    func fill() -> Int {
        _ = fcntl(writing, F_SETFL, O_NONBLOCK)
        defer { _ = fcntl(writing, F_SETFL, 0) }
        var count = 0
        var byte = UInt8(ascii: ".")
        while write(writing, &byte, 1) == 1 { count += 1 }
        return count
    }

    /// Reads until `count` bytes are there, waiting for them.
    func read(_ count: Int) -> String {
        var bytes: [UInt8] = []
        var byte: UInt8 = 0
        while bytes.count < count, Glibc.read(reading, &byte, 1) == 1 { bytes.append(byte) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The next line without its end, waiting for it.
    func readLine() -> String {
        var line = ""
        while true {
            let next = read(1)
            if next == "\n" || next.isEmpty { return line }
            line += next
        }
    }

    /// Reads everything that is in the pipe now.
    func readAll() -> String {
        var bytes: [UInt8] = []
        var byte: UInt8 = 0
        var descriptor = pollfd(fd: reading, events: Int16(POLLIN), revents: 0)
        while poll(&descriptor, 1, 0) > 0, Glibc.read(reading, &byte, 1) == 1 { bytes.append(byte) }
        return String(decoding: bytes, as: UTF8.self)
    }
}
