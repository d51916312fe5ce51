import Foundation
import TestSupport
import Testing

@testable import DevHost

/// The files of `.luafunc` that hold secrets.
@Suite struct SecretFileTests {
    @Test func `a file with a secret that others can read is closed to them when it is used again`() throws {
        let folder = try TemporaryFolder()
        let files = [folder("keys.json"), folder("https/localhost.key")]
        func use() throws -> [String] {
            _ = try Keys(file: files[0])
            _ = try LocalCertificate(in: folder.path)
            return try files.map { try String(contentsOfFile: $0, encoding: .utf8) }
        }
        let made = try use()
        for file in files { try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: file) }
        #expect(try use() == made)
        for file in files {
            let permissions = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
            #expect(permissions == 0o600, "\(file)")
        }
    }
}
