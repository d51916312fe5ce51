/// A line of an ignore file as git reads it, except for named classes such as `[[:digit:]]`.
struct IgnorePattern: Sendable {
    /// Whether the pattern begins with `!`.
    let takesBack: Bool
    private let isForFolders: Bool
    private let segments: [Segment]

    private enum Segment: Sendable {
        /// `**`: any number of folders; at the end everything inside.
        case folders
        case name([Piece])
    }

    fileprivate enum Piece: Sendable {
        case byte(UInt8)
        case any
        /// Any number of bytes.
        case run
        case oneOf([ClosedRange<UInt8>], isNegated: Bool)
    }

    /// Returns nil for a comment, an empty line, or a pattern that never matches.
    init?(line: ArraySlice<UInt8>) {
        var line = Self.trimmed(line)
        guard line.first != UInt8(ascii: "#") else { return nil }
        takesBack = line.first == UInt8(ascii: "!")
        if takesBack { line = line.dropFirst() }
        isForFolders = line.last == UInt8(ascii: "/")
        if isForFolders { line = line.dropLast() }
        let isAnchored = line.contains(UInt8(ascii: "/"))
        if line.first == UInt8(ascii: "/") { line = line.dropFirst() }
        guard !line.isEmpty else { return nil }
        var segments: [Segment] = isAnchored ? [] : [.folders]
        for part in line.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            if part.elementsEqual("**".utf8) {
                segments.append(.folders)
            } else if let pieces = Self.pieces(part) {
                segments.append(.name(pieces))
            } else {
                return nil
            }
        }
        self.segments = segments
    }

    /// - Parameter path: the names in the path, relative to the ignore file's folder.
    func matches(_ path: ArraySlice<[UInt8]>, isFolder: Bool) -> Bool {
        (isFolder || !isForFolders) && Self.matches(segments, path)
    }

    /// As in the matching of a name, only the last `**` is retried, so the time is bounded.
    private static func matches(_ segments: [Segment], _ path: ArraySlice<[UInt8]>) -> Bool {
        var (segment, rest) = (0, path)
        var retry: (segment: Int, rest: ArraySlice<[UInt8]>)?
        while true {
            if segment == segments.count {
                if rest.isEmpty { return true }
            } else {
                switch segments[segment] {
                case .folders where segment == segments.count - 1: return !rest.isEmpty
                case .folders:
                    segment += 1
                    retry = (segment, rest)
                    continue
                case .name(let pieces):
                    if let name = rest.first, matches(pieces, name) {
                        segment += 1
                        rest = rest.dropFirst()
                        continue
                    }
                }
            }
            guard let run = retry, !run.rest.isEmpty else { return false }
            (segment, rest) = (run.segment, run.rest.dropFirst())
            retry = (segment, rest)
        }
    }

    private static func matches(_ pieces: [Piece], _ name: [UInt8]) -> Bool {
        var (piece, byte) = (0, 0)
        /// Where to continue if the text after the last `*` does not match: the `*` then takes one more byte.
        var retry: (piece: Int, byte: Int)?
        while byte < name.count {
            if piece < pieces.count, case .run = pieces[piece] {
                piece += 1
                retry = (piece, byte)
            } else if piece < pieces.count, pieces[piece].matches(name[byte]) {
                piece += 1
                byte += 1
            } else if let run = retry {
                (piece, byte) = (run.piece, run.byte + 1)
                retry = (piece, byte)
            } else {
                return false
            }
        }
        return pieces[piece...].allSatisfy { if case .run = $0 { true } else { false } }
    }

    // MARK: Reading a line

    /// The line without trailing spaces, except one after a backslash.
    private static func trimmed(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var line = line
        if line.last == UInt8(ascii: "\r") { line = line.dropLast() }
        while line.last == UInt8(ascii: " "), line.dropLast().last != UInt8(ascii: "\\") { line = line.dropLast() }
        return line
    }

    private static func pieces(_ text: ArraySlice<UInt8>) -> [Piece]? {
        var text = text
        var pieces: [Piece] = []
        while let byte = text.popFirst() {
            switch byte {
            case UInt8(ascii: "*"): pieces.append(.run)
            case UInt8(ascii: "?"): pieces.append(.any)
            case UInt8(ascii: "["):
                guard let piece = oneOf(&text) else { return nil }
                pieces.append(piece)
            case UInt8(ascii: "\\"):
                guard let escaped = text.popFirst() else { return nil }
                pieces.append(.byte(escaped))
            default: pieces.append(.byte(byte))
            }
        }
        return pieces
    }

    /// Reads `[a-z]`, `[!a-z]` or `[^a-z]` after the opening bracket. A `]` at the beginning stands for itself.
    private static func oneOf(_ text: inout ArraySlice<UInt8>) -> Piece? {
        let isNegated = text.first == UInt8(ascii: "!") || text.first == UInt8(ascii: "^")
        if isNegated { text = text.dropFirst() }
        var ranges: [ClosedRange<UInt8>] = []
        var isFirst = true
        while let byte = text.popFirst() {
            if byte == UInt8(ascii: "]"), !isFirst { return .oneOf(ranges, isNegated: isNegated) }
            isFirst = false
            guard let low = byte == UInt8(ascii: "\\") ? text.popFirst() : byte else { return nil }
            var high = low
            if text.first == UInt8(ascii: "-"), let end = text.dropFirst().first, end != UInt8(ascii: "]") {
                text = text.dropFirst(2)
                guard let last = end == UInt8(ascii: "\\") ? text.popFirst() : end else { return nil }
                high = last
            }
            if low <= high { ranges.append(low...high) }
        }
        return nil
    }
}

extension IgnorePattern.Piece {
    fileprivate func matches(_ byte: UInt8) -> Bool {
        switch self {
        case .byte(let own): own == byte
        case .any: true
        case .run: false
        case .oneOf(let ranges, let isNegated): ranges.contains { $0.contains(byte) } != isNegated
        }
    }
}
