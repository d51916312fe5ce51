import Files
import Glibc
import TestSupport
import Testing

@Suite struct FileTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test(arguments: [0, 1, 65_535, 65_536, 65_537, 200_000, 3_000_000])
    func `written data can be read`(size: Int) throws {
        let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        try File.write(bytes.span.bytes, to: folder("file"), isSynced: false)
        #expect(try File.read(folder("file")) == bytes)
        #expect(try File.read(folder("file"), limit: size) == bytes)
        #expect(try File.status(of: folder("file"))?.size == Int64(size))
    }

    @Test func `a file above the limit is not read`() throws {
        try File.write("12345", to: folder("file"))
        let error = #expect(throws: FileError.self) { try File.read(folder("file"), limit: 4) }
        #expect(error?.cause == .tooLarge)
        // The system reports a size of 0 for this file.
        let status = #expect(throws: FileError.self) { try File.read("/proc/self/status", limit: 10) }
        #expect(status?.cause == .tooLarge)
    }

    @Test func `a file of unknown size is read whole`() throws {
        #expect(try !File.read("/proc/self/maps").isEmpty)
    }

    @Test func `a named pipe without a writer is empty and does not block`() throws {
        #expect(mkfifo(folder("pipe"), 0o600) == 0)
        #expect(try File.read(folder("pipe")) == [])
    }

    @Test func `a pipe is read to its end`() throws {
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        let writer = FileDescriptor(owning: ends[1], path: "pipe")
        let reader = FileDescriptor(owning: ends[0], path: "pipe")
        let text = "abc".bytes
        try writer.write(text.span.bytes)
        try writer.close()
        #expect(try File.read("/proc/self/fd/\(reader.rawValue)") == text)
    }

    @Test func `errors say what failed, where, and why`() throws {
        let missing = #expect(throws: FileError.self) { try File.read(folder("none")) }
        #expect(missing?.description == "cannot read \(folder("none")): No such file or directory")
        #expect(missing?.cause == .missing)
        let isFolder = #expect(throws: FileError.self) { try File.read(folder.path) }
        #expect(isFolder?.description == "cannot read \(folder.path): Is a directory")
        #expect(isFolder?.cause == .wrongKind)
        #expect(
            "\(FileError(.makeFolder, "/x/y", code: EACCES))" == "cannot make the folder /x/y: Permission denied")
        #expect(FileError(.write, "/x", code: EROFS).cause == .notPermitted)
        #expect(FileError(.write, "/x", code: ENOSPC).cause == .noSpace)
    }

    @Test func `a name with a NUL is refused and never cut short`() throws {
        try File.write("secret", to: folder("file"))
        let error = #expect(throws: FileError.self) { try File.read(folder("file\0.lua")) }
        #expect(error?.code == EINVAL)
        #expect(!File.exists(folder("file\0")))
        #expect(throws: FileError.self) { try File.rename(folder("file"), to: folder("other\0")) }
        #expect(throws: FileError.self) { try Folder.make(folder("a\0b")) }
        #expect(throws: FileError.self) { try Folder.remove(folder("file\0")) }
        #expect(try Folder.names(in: folder.path) == ["file"])
    }

    @Test func `a status shows the kind of a file and whether it was replaced`() throws {
        try File.write("x", to: folder("file"), permissions: 0o640)
        #expect(symlink("file", folder("link")) == 0)
        #expect(symlink("nowhere", folder("dangling")) == 0)
        let first = try #require(try File.status(of: folder("file")))
        #expect(first.kind == .file)
        #expect(first.permissions == 0o640)
        #expect(first.modifiedNanoseconds > 1_500_000_000_000_000_000)
        #expect(try File.status(of: folder("link")) == first)
        #expect(File.kind(of: folder("link"), followsLinks: false) == .link)
        #expect(try File.status(of: folder("dangling")) == nil)
        #expect(try File.status(of: folder("file/below")) == nil)
        #expect(File.kind(of: folder.path) == .folder)
        #expect(File.kind(of: "/dev/null") == .other)
        try File.write("x", to: folder("file"))
        #expect(try File.status(of: folder("file"))?.inode != first.inode)
    }

    @Test func `a status that cannot be read is an error`() throws {
        let long = folder(String(repeating: "x", count: 300))
        let error = #expect(throws: FileError.self) { try File.status(of: long) }
        #expect(error?.description == "cannot look at \(long): File name too long")
        #expect(!File.exists(long))
    }

    @Test func `appending makes a file and adds to its end`() throws {
        let bytes = "ab".bytes
        try File.append(bytes.span.bytes, to: folder("log"), permissions: 0o600)
        try File.append(bytes.span.bytes, to: folder("log"))
        #expect(try File.read(folder("log")) == "abab".bytes)
        #expect(try File.status(of: folder("log"))?.permissions == 0o600)
    }

    @Test func `renaming replaces a file, and removing twice is not an error`() throws {
        try File.write("new", to: folder("a"))
        try File.write("old", to: folder("b"))
        try File.rename(folder("a"), to: folder("b"))
        #expect(try File.read(folder("b")) == "new".bytes)
        try File.remove(folder("b"))
        try File.remove(folder("b"))
        #expect(throws: FileError.self) { try File.remove(folder.path) }
        #expect(throws: FileError.self) { try File.rename(folder("none"), to: folder("b")) }
    }

    @Test func `bytes in the middle of a file are read`() throws {
        try File.write("0123456789", to: folder("file"))
        let file = try FileDescriptor(opening: folder("file"), .read)
        #expect(try file.read(at: 3, count: 4) == "3456".bytes)
        #expect(try file.read(at: 8, count: .max) == "89".bytes)
        #expect(try file.read(at: 100, count: 4) == [])
        #expect(try file.read(upTo: 2) == "01".bytes)
        #expect(try file.read(upTo: 2) == "23".bytes)
        #expect(throws: FileError.self) { try file.read(at: -1, count: 1) }
    }
}

extension String {
    var bytes: [UInt8] { Array(utf8) }
}
