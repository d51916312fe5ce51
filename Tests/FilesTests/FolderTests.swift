import Files
import Glibc
import TestSupport
import Testing

@Suite struct FolderTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test func `names come in alphabetical order, without the folder itself`() throws {
        for name in ["b", "a", ".hidden", "ä"] { try File.write("", to: folder(name), isSynced: false) }
        try Folder.make(folder("c"))
        #expect(try Folder.names(in: folder.path) == [".hidden", "a", "b", "c", "ä"])
        let missing = #expect(throws: FileError.self) { try Folder.names(in: folder("none")) }
        #expect(missing?.cause == .missing)
        let isFile = #expect(throws: FileError.self) { try Folder.names(in: folder("a")) }
        #expect(isFile?.description == "cannot list \(folder("a")): Not a directory")
    }

    @Test func `a name that is not UTF-8 is listed with replacements and removed with its folder`() throws {
        var path = Array(folder("inner/").utf8CString.dropLast()) + [-1, 65, 0]
        try Folder.make(folder("inner"))
        #expect(mkdir(&path, 0o700) == 0)
        #expect(try Folder.names(in: folder("inner")) == ["\u{FFFD}A"])
        #expect(!File.exists(folder("inner/\u{FFFD}A")))
        try Folder.remove(folder("inner"))
        #expect(!File.exists(folder("inner")))
    }

    @Test func `folders are made with their parents, and existing ones are not an error`() throws {
        for _ in 0..<2 { try Folder.make(folder("a/b/c")) }
        #expect(File.kind(of: folder("a/b/c")) == .folder)
        try Folder.make("/")
        try File.write("", to: folder("file"))
        let taken = #expect(throws: FileError.self) { try Folder.make(folder("file")) }
        #expect(taken?.description == "cannot make the folder \(folder("file")): File exists")
        let inFile = #expect(throws: FileError.self) { try Folder.make(folder("file/inner")) }
        #expect(inFile?.cause == .wrongKind)
    }

    @Test func `a folder is removed with its content, and links are not followed`() throws {
        try Folder.make(folder("kept"))
        try File.write("", to: folder("kept/file"))
        try Folder.make(folder("gone/inner/deep"))
        try File.write("", to: folder("gone/inner/file"))
        #expect(symlink("../kept", folder("gone/link")) == 0)
        try Folder.remove(folder("gone"))
        try Folder.remove(folder("gone"))
        #expect(try Folder.names(in: folder.path) == ["kept"])
        #expect(symlink("kept", folder("link")) == 0)
        try Folder.remove(folder("link"))
        #expect(try Folder.names(in: folder("kept")) == ["file"])
        try Folder.remove(folder("kept/file"))
        #expect(try Folder.names(in: folder("kept")) == [])
    }

    @Test func `a lock belongs to one process at a time and ends with its object`() throws {
        var first = try FileLock(folder("lock"))
        #expect(first != nil)
        #expect(try FileLock(folder("lock")) == nil)
        first = nil
        #expect(try FileLock(folder("lock")) != nil)
        #expect(throws: FileError.self) { try FileLock(folder("none/lock")) }
    }
}
