import Glibc
import LoopTesting
import TestSupport
import Testing

@testable import EventLoop

struct PipeReaderTests {
    /// Records what a reader reports.
    private final class Reading {
        private(set) var bytes: [UInt8] = []
        private(set) var ends = 0
        private let waiter: Waiter
        private(set) var reader: PipeReader?

        init(_ loop: EventLoop, _ descriptor: Int32, isShared: Bool = false) {
            waiter = Waiter(loop)
            reader = PipeReader(loop, descriptor: descriptor, isShared: isShared) { [unowned self] piece in
                piece.withUnsafeBytes { bytes += $0 }
                waiter.changed()
            } ended: { [unowned self] in
                ends += 1
                waiter.changed()
            }
        }

        var text: String { String(decoding: bytes, as: UTF8.self) }

        func bytes(_ count: Int) async throws {
            try await waiter.wait(for: "\(count) bytes") { [unowned self] in bytes.count >= count }
        }

        func end() async throws { try await waiter.wait(for: "the end") { [unowned self] in ends > 0 } }

        func close() { reader?.close() }
    }

    @Test func `a pipe is read until its end, and closed`() async throws {
        try await onLoop { loop in
            let pipe = try Pipe()
            let read = Reading(loop, pipe.reading)
            write(pipe.writing, "ab", 2)
            try await read.bytes(2)
            write(pipe.writing, "c", 1)
            try await read.bytes(3)
            #expect(read.ends == 0)
            close(pipe.writing)
            try await read.end()
            #expect(read.text == "abc")
            #expect(loop.openHandles.filter { $0 == "poll" } == [])
            read.close()
            #expect(read.ends == 1)
        }
    }

    @Test func `a closed reader reports nothing more, and the writer gets an error`() async throws {
        try await onLoop { loop in
            let pipe = try Pipe()
            let read = Reading(loop, pipe.reading)
            write(pipe.writing, "a", 1)
            read.close()
            read.close()
            #expect(pipe.losesReader)
            close(pipe.writing)
            await loop.nextPoll()
            #expect(read.bytes == [])
            #expect(read.ends == 0)
        }
    }

    @Test func `a callback can close its reader`() async throws {
        try await onLoop { loop in
            let pipe = try Pipe()
            let waiter = Waiter(loop)
            var reader: PipeReader?
            var pieces = 0
            reader = PipeReader(loop, descriptor: pipe.reading) { piece in
                pieces += 1
                reader?.close()
                #expect(piece.byteCount == 1)
                waiter.changed()
            } ended: {
                Issue.record("it was closed")
            }
            write(pipe.writing, "a", 1)
            try await waiter.wait(for: "a piece") { pieces == 1 }
            #expect(pipe.losesReader)
            close(pipe.writing)
        }
    }

    @Test func `available data is read even if another process holds the pipe`() async throws {
        try await onLoop { loop in
            let pipe = try Pipe()
            let bytes = [UInt8](repeating: 7, count: 50_000)
            #expect(write(pipe.writing, bytes, bytes.count) == bytes.count)
            let read = Reading(loop, pipe.reading)
            read.reader?.finish()
            #expect(read.bytes == bytes)
            #expect(read.ends == 1)
            #expect(pipe.losesReader)
            close(pipe.writing)
        }
    }

    @Test(arguments: [0, 1, 100_000]) func `a file is read until its end`(size: Int) async throws {
        let folder = try TemporaryFolder()
        try folder.write(String(repeating: "x", count: size), to: "file")
        try await onLoop { loop in
            let read = Reading(loop, open(folder("file"), O_RDONLY | O_CLOEXEC))
            try await read.end()
            #expect(read.bytes.count == size)
        }
    }

    @Test func `a shared stream is neither made non-blocking nor closed`() async throws {
        try await onLoop { loop in
            let pipe = try Pipe()
            let read = Reading(loop, pipe.reading, isShared: true)
            write(pipe.writing, "ab", 2)
            try await read.bytes(2)
            write(pipe.writing, "c", 1)
            try await read.bytes(3)
            #expect(fcntl(pipe.reading, F_GETFL) & O_NONBLOCK == 0)
            close(pipe.writing)
            try await read.end()
            #expect(read.text == "abc")
            #expect(fcntl(pipe.reading, F_GETFD) != -1)
            close(pipe.reading)
        }
    }

    @Test func `standard input may be a file or nothing at all`() async throws {
        let folder = try TemporaryFolder()
        try folder.write("abc", to: "file")
        try await onLoop { loop in
            for path in [folder("file"), "/dev/null"] {
                let descriptor = open(path, O_RDONLY | O_CLOEXEC)
                let read = Reading(loop, descriptor, isShared: true)
                try await read.end()
                #expect(read.text == (path == "/dev/null" ? "" : "abc"))
                close(descriptor)
            }
        }
    }

    @Test func `a descriptor that cannot be read ends immediately`() async throws {
        try await onLoop { loop in
            let read = Reading(loop, -1)
            #expect(read.ends == 0)
            try await read.end()
            let folder = Reading(loop, open("/tmp", O_RDONLY | O_CLOEXEC))
            try await folder.end()
        }
    }
}

extension Pipe {
    /// Whether the reading end is closed or will be. A child that another test starts at this moment may hold it until
    /// the child runs.
    var losesReader: Bool {
        var state = pollfd(fd: writing, events: 0, revents: 0)
        return poll(&state, 1, 30_000) == 1 && state.revents & Int16(POLLERR) != 0
    }
}
