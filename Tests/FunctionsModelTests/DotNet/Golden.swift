import Foundation
import JSON
import TestSupport
import Testing

/// What .NET itself made of many inputs (Tests/Golden/dotnet). The first line of each file tells what its members mean.
enum Golden {
    static func rows(_ name: String) throws -> [JSONTree] {
        let file = Repository.root.appending(path: "Tests/Golden/dotnet/\(name).jsonl")
        let lines = try Data(contentsOf: file).split(separator: UInt8(ascii: "\n")).dropFirst()
        return try lines.map { try JSONTree.parse(Array($0).span.bytes, dialect: .strict) }
    }
}
