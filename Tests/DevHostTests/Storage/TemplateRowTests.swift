import Foundation
import FunctionsModel
import JSON
import TestSupport
import Testing

@testable import DevHost

/// Paths of blob triggers and expressions of bindings (Tests/Golden/dotnet/blobpatterns and bindingtemplates).
@Suite struct TemplateRowTests {
    @Test func `a blob trigger's path matches as in the host`() throws {
        let blobs = try #require(try Golden.rows("dotnet/blobpatterns").first?["blobs"]?.elements?.compactMap(\.string))
        // The host never sees a blob whose path is invalid.
        let paths = blobs.compactMap { try? BlobPath($0) }
        try Golden.compare("dotnet/blobpatterns", key: { $0["in"]?.string ?? "the blobs" }) { row in
            guard let text = row["in"]?.string else { return nil }
            let pattern = try? BlobPattern(text, binding: "blob")
            guard row["error"] == nil else { return pattern == nil ? nil : "accepted" }
            guard let pattern else { return "refused" }
            let found = paths.compactMap { path in
                pattern.match(path).map { "\(path) \($0.entries.map { "\($0.name)=\($0.value)" })" }
            }
            let expected = row["matches"]?.members?.map { blob in
                "\(blob.name) \((blob.tree.members ?? []).map { "\($0.name)=\($0.tree.string ?? "")" })"
            }
            return found == expected ? nil : "\(found)"
        }
    }

    private let data: BindingData = [
        "name": .text("cat"), "empty": .text(""), "nothing": .null, "num": .json(.integer(5)),
        "flag": .json(.boolean(true)), "when": .dateTime(Fixed.moment("2026-03-01T04:05:06Z", fraction: 0.789)),
        "offset": .dateTimeOffset(Fixed.moment("2026-03-01T02:05:06Z")),
        "headers": .json(.record([("x-id", .string("h")), ("Accept", .string("a"))])), "text": .text(#"{"b":1}"#),
        "datetime": .text("mine"),
    ]

    @Test func `an expression is filled in as in the host`() throws {
        var data = data
        data.setMembers(
            of: """
                {"obj": {"b":"c","n":5,"t":true,"z":null,"f":1.50,"d":"2024-01-01T00:00:00Z","arr":[1],"in":{"x":"y"},
                "x-id":"h","B2":"k"}}
                """)
        let early = "luafunc refuses the format before the first invocation and says that each would fail in Azure"
        try Golden.compare(
            "dotnet/bindingtemplates",
            exceptions: ["{guid:Q}": early],
            key: { $0["in"]?.string ?? "" }
        ) { row in
            let text = try #require(row["in"]?.string)
            // Only the host's own data has a GUID.
            let isGUID = text.hasPrefix("{guid")
            var data = data
            if isGUID {
                data.set("sys", .json(.record([("RandGuid", .string("d3b07384-d9a0-4c1f-8e6a-0123456789ab"))])))
            }
            let read: BindingExpression
            do {
                read = try BindingExpression(
                    text.replacing(isGUID ? "{guid" : "\0", with: "{sys.randguid"), property: "path", binding: "b")
            } catch {
                return row["parseError"] == nil ? "\(error)" : nil
            }
            if row["parseError"] != nil { return "accepted" }
            let found = try? TriggerValues(function: "F", data: data, now: Fixed.now).fill(read)
            return found == row["text"]?.string ? nil : found ?? "it fails"
        }
    }
}
