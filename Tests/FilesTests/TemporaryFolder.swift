import Files
import Glibc

/// A folder for one test. It is removed together with this object.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        var template = "/tmp/luafunc-files-XXXXXX".utf8CString.map { $0 }
        guard mkdtemp(&template) != nil else { throw FileError(.makeFolder, "/tmp", code: errno) }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    func callAsFunction(_ name: String) -> String { "\(path)/\(name)" }

    deinit { try? Folder.remove(path) }
}

extension String {
    var bytes: [UInt8] { Array(utf8) }
}
