import Files
import Glibc
import TestSupport
import Testing

@Suite struct FileWriteTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test func `a write replaces a file whole, keeps its permissions and leaves nothing beside`() throws {
        try File.write("old", to: folder("file"), permissions: 0o755)
        let reader = try FileDescriptor(opening: folder("file"), .read)
        try File.write("newer", to: folder("file"))
        #expect(try File.read(folder("file")) == "newer".bytes)
        #expect(try File.status(of: folder("file"))?.permissions == 0o755)
        // A reader that had the old file open still reads the old one.
        #expect(try reader.read(upTo: 10) == "old".bytes)
        try File.write("secret", to: folder("file"), permissions: 0o600)
        #expect(try File.status(of: folder("file"))?.permissions == 0o600)
        #expect(try Folder.names(in: folder.path) == ["file"])
    }

    @Test(arguments: [(0o644, 0o600), (0o600, 0o600), (0o455, 0o400), (0o670, 0o600)] as [(UInt32, UInt32)])
    func `a file is closed to all but its owner`(_ old: UInt32, _ new: UInt32) throws {
        try File.write("x", to: folder("file"), permissions: 0o600)
        try FileDescriptor(opening: folder("file"), .read).setPermissions(old)
        #expect(symlink("file", folder("link")) == 0)
        for path in [folder("link"), folder("missing"), folder.path] { try File.closeToOthers(path) }
        #expect(try File.status(of: folder("file"))?.permissions == old)
        try File.closeToOthers(folder("file"))
        #expect(try File.status(of: folder("file"))?.permissions == new)
    }

    @Test func `a write that fails keeps the old file and leaves nothing beside`() throws {
        try File.write("old", to: folder("file"))
        let error = #expect(throws: FileError.self) {
            try File.write(to: folder("file")) { file throws(FileError) in
                try file.write("half".utf8Span.span.bytes)
                throw FileError(.read, "elsewhere", code: EIO)
            }
        }
        #expect(error?.description == "cannot write \(folder("file")): Input/output error")
        #expect(try File.read(folder("file")) == "old".bytes)
        #expect(try Folder.names(in: folder.path) == ["file"])
    }

    @Test func `pieces are written in order`() throws {
        try File.write(to: folder("file"), isSynced: false) { file throws(FileError) in
            for piece in ["a", "b", "c"] { try file.write(piece.utf8Span.span.bytes) }
        }
        #expect(try File.read(folder("file")) == "abc".bytes)
    }

    @Test func `writing to a link writes to its target`() throws {
        try Folder.make(folder("inner"))
        try File.write("old", to: folder("inner/file"))
        #expect(symlink("inner/file", folder("link")) == 0)
        try File.write("new", to: folder("link"))
        #expect(File.kind(of: folder("link"), followsLinks: false) == .link)
        #expect(try File.read(folder("inner/file")) == "new".bytes)
    }

    @Test func `a device is written to and not replaced`() throws {
        try File.write("x", to: "/dev/null")
        #expect(File.kind(of: "/dev/null") == .other)
    }

    @Test func `a write into a missing folder or onto a folder names the given path`() throws {
        let missing = #expect(throws: FileError.self) { try File.write("x", to: folder("none/file")) }
        #expect(missing?.description == "cannot write \(folder("none/file")): No such file or directory")
        let isFolder = #expect(throws: FileError.self) { try File.write("x", to: folder.path) }
        #expect(isFolder?.description == "cannot write \(folder.path): Is a directory")
    }

    @Test func `a full pipe that does not block is waited for`() throws {
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        let reader = FileDescriptor(owning: ends[0], path: "pipe")
        let writer = FileDescriptor(owning: ends[1], path: "pipe")
        #expect(fcntl(writer.rawValue, F_SETFL, O_NONBLOCK) == 0)
        // This is more than a pipe holds; another thread empties it.
        let bytes = [UInt8](repeating: 7, count: 300_000)
        var thread = pthread_t()
        let created = pthread_create(
            &thread, nil,
            { argument in
                let descriptor = Int32(Int(bitPattern: argument))
                var buffer = [UInt8](repeating: 0, count: 4096)
                while read(descriptor, &buffer, buffer.count) > 0 {}
                return nil
            }, UnsafeMutableRawPointer(bitPattern: Int(reader.rawValue)))
        #expect(created == 0)
        try writer.write(bytes.span.bytes)
        try writer.close()
        pthread_join(thread, nil)
        #expect(try reader.read(upTo: 1) == [])
    }
}
