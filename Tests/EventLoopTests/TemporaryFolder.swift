import Files
import Glibc
import Testing

/// A folder for one test. It is removed together with this object.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/luafunc-loop-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    func callAsFunction(_ name: String) -> String { "\(path)/\(name)" }

    func makeFolder(_ name: String) throws { try #require(mkdir(self(name), 0o755) == 0) }

    func write(_ text: String, to name: String, permissions: mode_t = 0o644) throws {
        let file = open(self(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, permissions)
        try #require(file >= 0)
        defer { close(file) }
        try #require(Glibc.write(file, text, text.utf8.count) == text.utf8.count)
    }

    func rename(_ name: String, to other: String) throws { try #require(Glibc.rename(self(name), self(other)) == 0) }

    deinit { try? Folder.remove(path) }
}
