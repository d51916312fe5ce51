import Glibc
import TestSupport
import Testing

@testable import Files

@Suite struct FileBeneathTests {
    private let folder: TemporaryFolder
    private let outside: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        outside = try TemporaryFolder()
        try outside.write("secret", to: "secret")
        try folder.write("a", to: "public/a.txt")
        try folder.write("b", to: "public/deep/b.txt")
        try folder.write("c", to: "lib/c.txt")
        for (link, target) in [
            ("public/link", "a.txt"), ("public/up", "../lib/c.txt"), ("public/folder", "../lib"),
            ("public/chain", "deep/back"), ("public/deep/back", "../../public/link"), ("public/loop", "loop"),
            ("public/out", "../../\(Path.lastComponent(of: outside.path))/secret"),
            ("public/absolute", "\(outside.path)/secret"), ("public/own", "\(folder.path)/lib/c.txt"),
            ("public/far", "../../../../../../../../etc/passwd"), ("public/gone", "nothing"), ("public/here", "."),
            ("public/top", ".."), ("public/above", "../.."),
            ("public/back", "../../\(Path.lastComponent(of: folder.path))/lib"),
        ] { #expect(symlink(target, folder(link)) == 0) }
        #expect(mkfifo(folder("public/pipe"), 0o600) == 0)
    }

    /// What is found, or `errno`.
    private func open(_ path: String, usesSystem: Bool) -> (path: String, kind: FileStatus.Kind?, code: Int32) {
        do {
            let root = try FileDescriptor(folder: Path.resolved(folder.path))
            let file = try FileBeneath(path, in: root, usesSystem: usesSystem)
            return (file.path, try file.descriptor.status().kind, 0)
        } catch {
            return ("", nil, error.code)
        }
    }

    @Test(arguments: [true, false])
    func `links are followed inside the folder, and nothing leads out of it`(_ usesSystem: Bool) {
        let found: [(String, String, FileStatus.Kind)] = [
            ("public/a.txt", "public/a.txt", .file), ("./public//deep/./b.txt", "public/deep/b.txt", .file),
            ("public", "public", .folder), ("", "", .folder), (".", "", .folder),
            ("public/link", "public/a.txt", .file),
            ("public/up", "lib/c.txt", .file), ("public/folder/c.txt", "lib/c.txt", .file),
            ("public/folder", "lib", .folder), ("public/chain", "public/a.txt", .file),
            ("public/own", "lib/c.txt", .file), ("public/here", "public", .folder), ("public/top", "", .folder),
            ("public/top/public/here/a.txt", "public/a.txt", .file), ("public/pipe", "public/pipe", .other),
        ]
        for (path, real, kind) in found {
            let file = open(path, usesSystem: usesSystem)
            #expect(file.path == real && file.kind == kind && file.code == 0, "\(path): \(file)")
        }
        let refused: [(String, Int32)] = [
            ("public/none", ENOENT), ("public/gone", ENOENT), ("public/a.txt/x", ENOTDIR), ("public/loop", ELOOP),
            ("public/out", EXDEV), ("public/absolute", EXDEV), ("public/far", EXDEV), ("public/above", EXDEV),
            ("public/back/c.txt", EXDEV), ("../secret", EXDEV), ("public/../lib/c.txt", EXDEV), ("/etc/passwd", EXDEV),
            ("public/\0", EINVAL), ("public/" + String(repeating: "x", count: 300), ENAMETOOLONG),
        ]
        for (path, code) in refused {
            let file = open(path, usesSystem: usesSystem)
            #expect(file.code == code, "\(path): \(file)")
        }
    }

    @Test(arguments: [true, false])
    func `links that grow the path without end are given up`(_ usesSystem: Bool) throws {
        let long = String(repeating: "x/../", count: 200)
        try folder.makeFolder("x")
        for level in 0..<30 { #expect(symlink("\(long)l\(level + 1)/\(long)", folder("l\(level)")) == 0) }
        #expect(open("l0", usesSystem: usesSystem).code != 0)
    }

    /// A folder is swapped for a link out of the app again and again while files in it are opened.
    @Test(arguments: [true, false])
    func `a folder that is replaced by a link meanwhile does not lead out`(_ usesSystem: Bool) async throws {
        try outside.write("secret", to: "a.txt")
        #expect(symlink(outside.path, folder("link")) == 0)
        let (public_, link, spare) = (folder("public"), folder("link"), folder("spare"))
        let swapping = Task.detached {
            while !Task.isCancelled {
                rename(public_, spare)
                rename(link, public_)
                rename(public_, link)
                rename(spare, public_)
            }
        }
        defer { swapping.cancel() }
        let root = try FileDescriptor(folder: Path.resolved(folder.path))
        var opened = 0
        for _ in 0..<3000 {
            guard let file = try? FileBeneath("public/a.txt", in: root, usesSystem: usesSystem) else { continue }
            opened += 1
            #expect(try file.descriptor.read(upTo: 10) == Array("a".utf8))
        }
        #expect(opened > 0)
        swapping.cancel()
        await swapping.value
    }
}
