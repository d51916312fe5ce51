import Foundation
import TestSupport
import Testing

@testable import DevHost

struct BlobStoreTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test func `a blob that is written can be read and listed`() throws {
        let store = try BlobStore(folder: folder.path)
        try store.write([1, 2, 3], to: BlobPath("uploads/2026/cat.png"))
        try store.write([], to: BlobPath("uploads/.hidden"))
        try store.write([4], to: BlobPath("other/x"))
        #expect(try store.read(BlobPath("uploads/2026/cat.png")) == [1, 2, 3])
        #expect(try store.list("uploads").map(\.path.description) == ["uploads/.hidden", "uploads/2026/cat.png"])
        #expect(try store.list("uploads").map(\.size) == [0, 3])
        #expect(folder.files(in: ".unfinished").isEmpty)
    }

    @Test(arguments: ["uploads/none", "uploads/2026", "uploads/2026/cat.png/more", "nothing/x"])
    func `a path that is not a blob is nil`(path: String) throws {
        let store = try BlobStore(folder: folder.path)
        try store.write([1], to: BlobPath("uploads/2026/cat.png"))
        #expect(try store.read(BlobPath(path)) == nil)
        #expect(try store.info(of: BlobPath(path)) == nil)
        #expect(try store.list("nothing").isEmpty)
    }

    @Test func `each version of a blob has its own etag, even with the same content`() throws {
        let store = try BlobStore(folder: folder.path)
        let path = try BlobPath("uploads/cat.png")
        var etags: Set<String> = []
        for _ in 1...5 {
            try store.write([1], to: path)
            etags.insert(try #require(try store.info(of: path)).etag)
        }
        #expect(etags.count == 5 && etags.allSatisfy { $0.hasPrefix("0x") })
        #expect(try store.info(of: path) == store.list("uploads").first)
    }

    @Test func `files put there by hand are blobs, and links to folders are ignored`() throws {
        let store = try BlobStore(folder: folder.path)
        try folder.write("x", to: "uploads/a/hand.txt")
        let manager = FileManager.default
        try manager.createSymbolicLink(atPath: "\(folder.path)/uploads/a/round", withDestinationPath: "..")
        try manager.createSymbolicLink(atPath: "\(folder.path)/uploads/nowhere", withDestinationPath: "none")
        try manager.createSymbolicLink(atPath: "\(folder.path)/uploads/link.txt", withDestinationPath: "a/hand.txt")
        #expect(try store.list("uploads").map(\.path.name) == ["a/hand.txt", "link.txt"])
    }

    @Test func `a blob cannot be a folder too`() throws {
        let store = try BlobStore(folder: folder.path)
        try store.write([1], to: BlobPath("uploads/a"))
        try store.write([1], to: BlobPath("uploads/b/c"))
        for path in ["uploads/a/b", "uploads/b"] {
            let error = #expect(throws: StorageError.self) { try store.write([2], to: BlobPath(path)) }
            #expect(
                error?.description == "cannot write \(folder.path)/\(path): a name cannot be that of a file and the "
                    + "beginning of another's; rename one")
        }
        #expect(folder.files(in: ".unfinished").isEmpty)
    }

    @Test(arguments: [
        ("uploads/", BlobPath.Reason.length), ("uploads/../../etc/passwd", .dots), ("uploads/..", .dots),
        ("uploads/a/../b", .dots), ("uploads/./a", .dots), ("uploads//etc/passwd", .emptyPart),
        ("uploads/a//b", .emptyPart),
        ("uploads/a/", .ending), ("uploads/a.", .ending), ("uploads/..\\up", .character), ("uploads/a\0b", .character),
        ("uploads/../\u{308}up", .dots), ("uploads/\u{308}/../up", .dots),
        ("uploads/" + String(repeating: "n", count: 1025), .length),
    ])
    func `a name that leads out of the container or that Azure refuses is refused`(
        text: String, fault: BlobPath.Reason
    ) {
        let name = String(Substring(text.utf8.dropFirst("uploads/".utf8.count)))
        #expect(throws: StorageError.blobName(name, fault)) { try BlobPath(text) }
    }

    @Test(arguments: [
        ("uploads", StorageError.notABlobPath("uploads")), ("", .notABlobPath("")),
        ("/etc", .notABlobPath("/etc")), ("//etc/passwd", .notABlobPath("//etc/passwd")),
        ("Uploads/x", .container("Uploads")), ("../x", .container("..")), (".unfinished/x", .container(".unfinished")),
        ("up/x", .container("up")), ("a--b/x", .container("a--b")), ("$logs/x", .container("$logs")),
    ])
    func `a path without a valid container is refused`(text: String, error: StorageError) {
        #expect(throws: error) { try BlobPath(text) }
    }

    @Test(arguments: ["abc/x", "$root/x", "$web/index.html", "my-files/a b/ü.txt", "abc/..x", "abc/.x", "abc/x..y"])
    func `valid paths are accepted`(text: String) throws {
        #expect(try BlobPath(text).description == text)
    }

    @Test func `error messages say how to fix the problem`() {
        #expect(
            StorageError.container("Up").description
                == "'Up' cannot be the name of a container; use 3 to 63 lower-case letters, digits and single dashes, with a "
                + "letter or digit at both ends, or $root or $web. In Azure a function may start with such a name, and then "
                + "fails each time it uses it")
        #expect(
            StorageError.blobName("../x", .dots).description
                == "'../x' cannot be the name of a blob: it has a part '.' or '..', which leads elsewhere; leave that part out"
        )
        #expect(
            StorageError.notABlobPath("x").description
                == "'x' is not the path of a blob; write container/name. In Azure, the function fails each "
                + "time it uses it")
    }
}
