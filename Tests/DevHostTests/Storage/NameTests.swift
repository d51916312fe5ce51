import JSON
import TestSupport
import Testing

@testable import DevHost

@Suite struct NameTests {
    @Test(arguments: ["queue", "container", "blob", "path"])
    func `the same names are those of queues, containers and blobs as for the storage extension`(
        _ column: String
    ) throws {
        let exceptions = Self.exceptions[column] ?? [:]
        try Golden.compare("dotnet/names", exceptions: exceptions, key: { $0["in"]?.string ?? "" }) { row in
            let used = try? Self.use(row["in"]?.string ?? "", column)
            guard (used != nil) == row[column]?.boolean, column != "path" || used == row["parsed"]?.string else {
                return "\(column): \(used ?? "refused")"
            }
            return nil
        }
    }

    /// Returns the name that is used.
    private static func use(_ text: String, _ column: String) throws -> String {
        switch column {
        case "queue": return try QueueService.storageQueues.queue(named: text.lowercased())
        case "container":
            try BlobPath.check(container: text)
            return text
        case "blob": return try BlobPath("container/\(text)").name
        default: return try BlobPath(text).description
        }
    }

    /// Names with which a function starts in Azure and then fails each time it uses them; here it says so at the start.
    private static let exceptions: [String: [String: String]] = {
        let refused = "the service refuses the name, so the stand-in refuses it at the start and says what Azure does"
        let folder = "a folder cannot hold a name with NUL, an empty part, '.' or '..'"
        let parts = ["container//blob", "container/./a", "container/../a"]
        let urls = [
            "https://x.blob.core.windows.net/container/blob", "http://127.0.0.1:10000/devstoreaccount1/container/blob",
        ]
        func all(_ names: [String], _ reason: String) -> [String: String] {
            Dictionary(uniqueKeysWithValues: names.map { ($0, reason) })
        }
        return [
            "queue": all(["日本語", "ab日"], refused),
            "container": all(["order--items", "a--b", "abc--def", "ab^cd"], refused),
            "blob": all(parts + urls + ["/container", "/container/blob", "/blob", "a\0b"], folder),
            "path": all(parts, folder).merging(
                all(
                    ["/container", "/blob", "ab:cd"],
                    "it names no blob, so the stand-in refuses it at the start and says what Azure does")
            ) { $1 }
            .merging(all(["con--tainer/blob"], refused)) { $1 },
        ]
    }()

    private static let inAzure = ". In Azure a function may start with such a name, and then fails each time it uses it"

    @Test(arguments: [
        ("a--b/c", "'a--b' cannot be the name of a container; use \(StorageName.rule), or $root or $web" + inAzure),
        (
            "container//blob",
            "'/blob' cannot be the name of a blob: it has an empty part, which Azure allows but a folder cannot hold; "
                + "write single slashes"
        ),
        (
            "/container",
            "'/container' is not the path of a blob; write container/name. In Azure, the function fails each time it uses it"
        ),
    ])
    func `a name that is refused here but not at the start in Azure has an error that says why`(
        _ path: String, _ sentence: String
    ) {
        let error = #expect(throws: StorageError.self) { try BlobPath(path) }
        #expect(error?.description == sentence)
    }
}
