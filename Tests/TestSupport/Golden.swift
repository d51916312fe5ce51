import Foundation
public import JSON
public import Testing

/// What .NET's libraries and the real host did with many inputs (Tests/Golden): the truth for the code that imitates
/// them. The first line of each file explains its members.
public enum Golden {
    /// The rows of a file, such as `dotnet/base64`.
    public static func rows(_ file: String) throws -> [JSONTree] {
        let path = Repository.root.appending(path: "Tests/Golden/\(file).jsonl")
        let lines = try Data(contentsOf: path).split(separator: UInt8(ascii: "\n")).dropFirst()
        return try lines.map { try JSONTree.parse(Array($0).span.bytes) }
    }

    /// Compares our code with each row of a file, and prints how many agree.
    ///
    /// - Parameters:
    ///   - exceptions: the rows with which our code disagrees on purpose, by their key, and why. A row that is listed
    ///     but agrees fails the test, so that the list stays true.
    ///   - key: what identifies a row.
    ///   - difference: what our code does otherwise than the row says; nil if it agrees.
    public static func compare(
        _ file: String, exceptions: [String: String] = [:], key: (JSONTree) -> String,
        sourceLocation: SourceLocation = #_sourceLocation, _ difference: (JSONTree) throws -> String?
    ) throws {
        var tally = GoldenTally(file, exceptions: exceptions)
        for row in try rows(file) {
            do {
                tally.count(key(row), difference: try difference(row), sourceLocation)
            } catch {
                tally.count(key(row), difference: "\(error)", sourceLocation)
            }
        }
        tally.report(sourceLocation)
    }
}

/// Counts the rows of a golden file that agree with our code.
public struct GoldenTally {
    private let file: String
    private let exceptions: [String: String]
    private var agreeing = 0
    private var excepted: Set<String> = []
    private var skipped: [String] = []
    private var failed = 0

    public init(_ file: String, exceptions: [String: String] = [:]) {
        self.file = file
        self.exceptions = exceptions
    }

    public mutating func count(
        _ key: String, difference: String?, _ sourceLocation: SourceLocation = #_sourceLocation
    ) {
        switch (difference, exceptions[key]) {
        case (nil, nil): agreeing += 1
        case (nil, _?):
            Issue.record("\(file): \(key) is listed as an exception, but agrees", sourceLocation: sourceLocation)
        case (_?, _?): excepted.insert(key)
        case (let difference?, nil):
            failed += 1
            Issue.record("\(file): \(key): \(difference)", sourceLocation: sourceLocation)
        }
    }

    /// Leaves out a row whose input is not recorded. It is listed by name, not counted.
    public mutating func skip(_ key: String) { skipped.append(key) }

    public func report(_ sourceLocation: SourceLocation = #_sourceLocation) {
        let absent = Set(exceptions.keys).subtracting(excepted)
        #expect(absent.isEmpty, "\(file): exceptions without a row that disagrees", sourceLocation: sourceLocation)
        var line = "golden \(file): \(agreeing + excepted.count + failed) rows, \(agreeing) agree"
        for key in excepted.sorted() { line += "\n  not \(key): \(exceptions[key] ?? "")" }
        if !skipped.isEmpty { line += "\n  not counted, its input is not recorded: \(skipped.joined(separator: " "))" }
        print(line)
    }
}
