import Foundation
import Testing

/// Tests that every file imports only what its target may (see "The floors" in docs/architecture.md).
struct FloorTests {
    /// The modules of the toolchain that a target may use besides the standard library. A target that is not listed may
    /// use none.
    static let toolchain: [String: Set<String>] = [
        "EventLoop": ["Glibc", "Synchronization"],
        "Files": ["Glibc", "Synchronization"],
        "Log": ["Glibc", "Synchronization"],
        "HTTP": ["Synchronization"],
        "FunctionsModel": ["FoundationEssentials", "Synchronization"],
        "Lua": ["Synchronization"],
        "CustomHandler": ["FoundationEssentials", "Glibc", "Synchronization"],
        "DevHost": ["FoundationEssentials", "Glibc", "Synchronization"],
        "Toolbox": ["FoundationEssentials", "Glibc", "Synchronization"],
        "luafunc": ["FoundationEssentials", "Glibc", "Synchronization"],
    ]

    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    static let manifest = try? String(contentsOf: root.appending(path: "Package.swift"), encoding: .utf8)

    /// The names and dependencies of the targets, as Package.swift declares them: `floor("HTTP", ["EventLoop",
    /// "HTTP1"]`.
    static let floors: [String: Set<String>] = {
        var floors: [String: Set<String>] = [:]
        for match in (manifest ?? "").matches(of: /floor(?:\(|:)\s*"(\w+)",\s*\[([^\]]*)\]/) {
            floors[String(match.1)] = Set(match.2.matches(of: /"(\w+)"/).map { String($0.1) })
        }
        return floors
    }()

    static func sources(of target: String) throws -> [(name: String, text: String)] {
        let folder = root.appending(path: "Sources/\(target)")
        let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
        return try (files?.allObjects ?? []).compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" }.map {
            ($0.lastPathComponent, try String(contentsOf: $0, encoding: .utf8))
        }
    }

    @Test func `the manifest names no outside package`() throws {
        let manifest = try #require(Self.manifest)
        #expect(!manifest.contains(".package("))
        #expect(Self.floors.count >= 8)
    }

    @Test(arguments: floors.keys.sorted())
    func `a file imports only what its floor may`(floor: String) throws {
        let allowed = Self.floors[floor, default: []].union(Self.toolchain[floor, default: []])
        let files = try Self.sources(of: floor)
        #expect(!files.isEmpty)
        for file in files {
            for match in file.text.matches(of: /(?m)^(?:@testable |public |internal |package )*import (\w+)/) {
                #expect(allowed.contains(String(match.1)), "\(floor)/\(file.name) imports \(match.1)")
            }
        }
    }

    /// Each of these calls would leave the event loop for a thread of Dispatch, block it, or end the process because of
    /// a mistake.
    @Test(
        arguments: [
            #"\bTask\.(sleep|yield|detached)\b"#, #"(^|[^.\w])Task( \{|\((?!executorPreference))"#,
            #"\bDispatchQueue|\bdispatchMain"#, #"nonisolated\(unsafe\)"#, #"unsafeBitCast"#, #"\btry!"#, #"\bas!"#,
            #"import Foundation\s"#,
        ])
    func `no file has what the house rules forbid`(pattern: String) throws {
        let forbidden = try Regex(pattern)
        for floor in Self.floors.keys.sorted() {
            for file in try Self.sources(of: floor) {
                for line in file.text.split(separator: "\n") where !line.drop(while: { $0 == " " }).hasPrefix("//") {
                    #expect(line.firstMatch(of: forbidden) == nil, "\(floor)/\(file.name): \(line)")
                }
            }
        }
    }

    /// All three are at the border with C, and each explains why.
    @Test func `only the event loop, its TLS context and a pattern use unchecked Sendable`() throws {
        for floor in Self.floors.keys {
            for file in try Self.sources(of: floor)
            where file.text.contains(": @unchecked Sendable")
                || file.text.contains(", @unchecked Sendable")
            {
                let atTheBorder = ["EventLoop.swift", "TLSContext.swift", "Pattern.swift"]
                #expect(atTheBorder.contains(file.name), "\(floor)/\(file.name)")
            }
        }
    }

    @Test func `README, the manifest and the scripts name the same Swift`() throws {
        let manifest = try #require(Self.manifest)
        let needed = try #require(manifest.firstMatch(of: /swift-tools-version: ([\d.]+)/)?.1)
        let setup = try String(contentsOf: Self.root.appending(path: "scripts/setup"), encoding: .utf8)
        #expect(setup.contains("swift_needed=\(needed)\n"))
        let readme = try String(contentsOf: Self.root.appending(path: "README.md"), encoding: .utf8)
        #expect(readme.contains("Swift \(needed)"))
    }
}
