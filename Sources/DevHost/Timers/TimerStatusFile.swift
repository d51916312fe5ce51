import Files
import FoundationEssentials
import FunctionsModel
import JSON

/// The statuses of an app's timers in `timers.json`, one line for each function; the owner may read or delete it.
final class TimerStatusFile {
    private let path: String
    private var statuses: [String: TimerStatus] = [:]
    /// The reason why the file was unusable. The timers then start without statuses, and the next status replaces the
    /// file.
    let damage: TimerStatusFileError?

    /// Reads the file in `folder`. Neither of them has to exist.
    init(folder: String) {
        path = "\(folder)/timers.json"
        do throws(TimerStatusFileError) {
            statuses = try Self.read(path)
            damage = nil
        } catch {
            damage = error
        }
    }

    subscript(function: String) -> TimerStatus? { statuses[function] }

    /// Sets a status. This process remembers it even if it cannot be written.
    func set(_ status: TimerStatus, of function: String) throws(TimerStatusFileError) {
        statuses[function] = status
        let lines = statuses.sorted { $0.key < $1.key }.map { name, status in
            "  \(JSONTree(.string(name), line: 1).text): \(status.tree.text)"
        }
        let text = "{\n\(lines.joined(separator: ",\n"))\n}\n"
        do throws(FileError) {
            try Folder.make(Path.parent(of: path) ?? "")
            try File.write(text, to: path, isSynced: false)
        } catch {
            throw .unwritable(path, reason: error.reason)
        }
    }

    private static func read(_ path: String) throws(TimerStatusFileError) -> [String: TimerStatus] {
        let text: [UInt8]
        do throws(FileError) {
            text = try File.read(path, limit: 4 << 20)
        } catch {
            if error.cause == .missing { return [:] }
            throw .unreadable(path)
        }
        let tree: JSONTree
        do throws(JSONError) {
            tree = try JSONTree.newtonsoft(text.span.bytes)
        } catch {
            throw .damaged(path, reason: "\(error)")
        }
        guard let members = tree.members else {
            throw .damaged(path, reason: "it contains \(tree.kind), not an object")
        }
        var statuses: [String: TimerStatus] = [:]
        for member in members {
            guard let status = TimerStatus(member.tree) else {
                throw .damaged(path, reason: "line \(member.tree.line): '\(member.name)' is not a timer status")
            }
            statuses[member.name] = status
        }
        return statuses
    }
}

extension TimerStatus {
    fileprivate var tree: JSONTree {
        func member(_ name: String, _ date: Date?) -> JSONTree.Member {
            .init(name: name, tree: JSONTree(date.map { .string(StoredTime.text($0)) } ?? .null, line: 1))
        }
        return JSONTree(
            .object([member("Last", last), member("Next", next), member("LastUpdated", lastUpdated)]), line: 1)
    }

    fileprivate init?(_ tree: JSONTree) {
        var dates: [String: Date] = [:]
        for name in ["Last", "Next", "LastUpdated"] {
            guard let member = tree[name] else { continue }
            if case .null = member.value { continue }
            guard let date = member.string.flatMap(StoredTime.date) else { return nil }
            dates[name] = date
        }
        guard let lastUpdated = dates["LastUpdated"] else { return nil }
        self.init(last: dates["Last"], next: dates["Next"], lastUpdated: lastUpdated)
    }
}
