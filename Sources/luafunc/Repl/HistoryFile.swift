import Files
import Glibc

/// The lines that were typed at earlier prompts, in a file that only its owner can read. Several programs may use it at
/// the same time: each adds its own lines.
struct HistoryFile {
    static let limit = 1000
    /// Longer lines are not kept.
    private static let longestLine = 64 << 10

    let path: String
    private var waiting: [String] = []

    /// Returns nil if the user has no home.
    init?(_ environment: [String: String]) {
        if let state = environment["XDG_STATE_HOME"], state.hasPrefix("/") {
            path = "\(state)/luafunc/history"
        } else if let home = environment["HOME"], home.hasPrefix("/") {
            path = "\(home)/.local/state/luafunc/history"
        } else {
            return nil
        }
    }

    /// The latest lines, oldest first. A file that is much too long is shortened.
    func read() throws(FileError) -> [String] {
        guard let status = try File.status(of: path, followsLinks: false) else {
            try Folder.make(Path.parent(of: path) ?? "/", permissions: 0o700)
            return []
        }
        // A link may lead to a file that must not be changed.
        guard status.kind == .file else { throw FileError(.read, path, code: status.kind == .folder ? EISDIR : ELOOP) }
        if status.permissions != 0o600 { try FileDescriptor(opening: path, .append).setPermissions(0o600) }
        var lines = try self.lines()
        if lines.count > Self.limit + Self.limit / 4, let lock = try FileLock(path + ".lock") {
            // Another prompt may have added a line before the lock was taken.
            lines = try self.lines()
            var shorter: [UInt8] = []
            for line in lines.suffix(Self.limit) { shorter += line + [UInt8(ascii: "\n")] }
            try File.write(shorter.span.bytes, to: path, permissions: 0o600, isSynced: false)
            withExtendedLifetime(lock) {}
        }
        return lines.suffix(Self.limit).map { Self.decode(String(decoding: $0, as: UTF8.self)) }
    }

    private func lines() throws(FileError) -> [ArraySlice<UInt8>] {
        try File.read(path, limit: 64 << 20).split(separator: UInt8(ascii: "\n"))
    }

    /// Whether a line is kept: one that begins with a space is private.
    static func keeps(_ line: String, after last: String?) -> Bool {
        !line.isEmpty && !line.hasPrefix(" ") && line != last && line.utf8.count <= longestLine
    }

    /// Adds a line. While another program shortens the file, the line waits for the next call.
    mutating func append(_ line: String) throws(FileError) {
        waiting.append(line)
        try flush()
    }

    mutating func flush() throws(FileError) {
        guard !waiting.isEmpty, let lock = try FileLock(path + ".lock") else { return }
        let text = waiting.map { Self.encode($0) + "\n" }.joined()
        waiting = []
        try File.append(text.utf8Span.span.bytes, to: path, permissions: 0o600)
        withExtendedLifetime(lock) {}
    }

    private static func encode(_ line: String) -> String {
        var text = ""
        for character in line {
            switch character {
            case "\\": text += #"\\"#
            case "\n": text += #"\n"#
            default: text.append(character)
            }
        }
        return text
    }

    private static func decode(_ line: String) -> String {
        var text = ""
        var isEscaped = false
        for character in line {
            if isEscaped {
                text.append(character == "n" ? "\n" : character)
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else {
                text.append(character)
            }
        }
        return text
    }
}
