import Files
import Glibc
import TestSupport
import Testing

@Suite struct PathTests {
    @Test(arguments: [
        ("a", "b", "a/b"), ("a/", "b", "a/b"), ("/", "b", "/b"), ("", "b", "b"), ("a", "/b", "/b"), ("a", "", "a"),
    ])
    func `a name joins a folder with one slash`(folder: String, name: String, path: String) {
        #expect(Path.join(folder, name) == path)
    }

    @Test(arguments: [
        ("/a/b.txt", "b.txt", "/a"), ("/a", "a", "/"), ("a", "a", ""), ("a/b/", "b", "a"), ("//a//b", "b", "/a"),
        ("/a/./b/.", "b", "/a"), ("/", "", nil), ("", "", nil), (".", "", nil),
    ])
    func `a path has a last component and a parent`(path: String, last: String, parent: String?) {
        #expect(Path.lastComponent(of: path) == last)
        #expect(Path.parent(of: path) == parent)
    }

    @Test(arguments: [
        ("/a/b", "/a", true), ("/a", "/a/", true), ("/ab", "/a", false), ("/a", "/a/b", false), ("/a", "/", true),
        ("a/b", "/a", false), ("a/./b", "a", true),
    ])
    func `a folder contains itself and what is below it`(path: String, folder: String, isInside: Bool) {
        #expect(Path.isInside(path, of: folder) == isInside)
    }

    @Test(arguments: [
        ("/a/../b", "/b"), ("/a/./b//c/", "/a/b/c"), ("/..", "/"), ("/../../a", "/a"), ("/", "/"),
        ("/a/b/../../..", "/"),
    ])
    func `a standardized path has no dots`(path: String, standardized: String) {
        #expect(Path.standardized(path) == standardized)
    }

    @Test func `a relative path starts at the current folder`() throws {
        let current = try #require(Folder.current)
        #expect(Path.absolute("a") == "\(current)/a")
        #expect(Path.standardized(".") == current)
        #expect(Path.standardized("a/../b/") == "\(current)/b")
        #expect(Path.standardized("") == current)
    }

    @Test func `a resolved path contains no link, even if its end does not exist`() throws {
        let folder = try TemporaryFolder()
        try Folder.make(folder("real/inner"))
        #expect(symlink("real/inner", folder("link")) == 0)
        #expect(symlink("nowhere", folder("dangling")) == 0)
        let real = Path.resolved(folder.path)
        #expect(Path.resolved(folder("link")) == "\(real)/real/inner")
        #expect(Path.resolved(folder("link/new/../file")) == "\(real)/real/inner/file")
        // Like the system, this uses the parent of the link's target.
        #expect(Path.resolved(folder("link/..")) == "\(real)/real")
        #expect(Path.resolved(folder("dangling")) == "\(real)/dangling")
        #expect(Path.resolved("/") == "/")
    }

    @Test func `a cycle of links stays unresolved`() throws {
        let folder = try TemporaryFolder()
        #expect(symlink("b", folder("a")) == 0)
        #expect(symlink("a", folder("b")) == 0)
        #expect(Path.resolved(folder("a/c")) == "\(Path.resolved(folder.path))/a/c")
    }
}
