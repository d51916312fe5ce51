/// What a person at a terminal has pressed.
enum Key: Equatable {
    case text(String)
    /// A pasted text, which may have line breaks.
    case paste(String)
    case enter, tab, backspace, delete
    case left, right, up, down, home, end, wordLeft, wordRight
    case killToEnd, killToStart, killWord, killNextWord, yank, transpose
    case clearScreen, search, cancel, interrupt, endOfInput, suspend
    /// A key without a meaning here.
    case unknown
}

/// Decodes the bytes that a terminal sends. A key may arrive in several pieces.
struct KeyReader {
    private var bytes: [UInt8] = []
    /// The number of bytes that are decoded.
    private var taken = 0
    private static let pasteEnd = Array("\u{1b}[201~".utf8)
    /// The most bytes of an escape sequence; a longer one is none.
    private static let longestSequence = 32
    private static let escape: UInt8 = 0x1b

    mutating func add(_ more: [UInt8]) {
        // A single Ctrl-C was pressed, even if a sequence or a paste has begun and its end has been lost.
        bytes = more == [0x03] ? [] : Array(bytes[taken...])
        taken = 0
        bytes += more
    }

    /// Ctrl-C or Ctrl-Z, if it is among the waiting bytes. They are dropped up to there.
    mutating func takeSignal() -> Key? {
        guard let place = bytes[taken...].lastIndex(where: { $0 == 0x03 || $0 == 0x1a }) else { return nil }
        taken = place + 1
        return Self.control(bytes[place])
    }

    /// The next key; nil if there is none, or only a part of one.
    mutating func next() -> Key? {
        guard taken < bytes.count else { return nil }
        let first = bytes[taken]
        if first == Self.escape { return sequence() }
        if first < 0x20 || first == 0x7f {
            taken += 1
            return Self.control(first)
        }
        return text()
    }

    private static func control(_ byte: UInt8) -> Key {
        switch byte {
        case 0x01: .home
        case 0x02: .left
        case 0x03: .interrupt
        case 0x04: .endOfInput
        case 0x05: .end
        case 0x06: .right
        case 0x07: .cancel
        case 0x08, 0x7f: .backspace
        case 0x09: .tab
        case 0x0a, 0x0d: .enter
        case 0x0b: .killToEnd
        case 0x0c: .clearScreen
        case 0x0e: .down
        case 0x10: .up
        case 0x12: .search
        case 0x14: .transpose
        case 0x15: .killToStart
        case 0x17: .killWord
        case 0x19: .yank
        case 0x1a: .suspend
        default: .unknown
        }
    }

    // MARK: Text

    /// The characters up to the next control character.
    private mutating func text() -> Key? {
        var end = taken
        while end < bytes.count, bytes[end] >= 0x20, bytes[end] != 0x7f { end += 1 }
        if end == bytes.count { end -= unfinished }
        guard end > taken else { return nil }
        defer { taken = end }
        return .text(String(decoding: bytes[taken..<end], as: UTF8.self))
    }

    /// The number of bytes at the end that begin a character whose other bytes have not arrived.
    private var unfinished: Int {
        for count in 1...3 where count <= bytes.count - taken {
            let byte = bytes[bytes.count - count]
            if byte & 0xc0 == 0x80 { continue }
            let length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1
            return length > count ? count : 0
        }
        return 0
    }

    // MARK: Sequences

    private mutating func sequence() -> Key? {
        guard taken + 1 < bytes.count else { return nil }
        switch bytes[taken + 1] {
        case UInt8(ascii: "["): return controlSequence()
        case UInt8(ascii: "O"):
            guard taken + 2 < bytes.count else { return nil }
            defer { taken += 3 }
            return Self.arrow(bytes[taken + 2], isModified: false)
        case Self.escape:
            taken += 1
            return .unknown
        case let byte:
            taken += 2
            switch byte {
            case UInt8(ascii: "b"), UInt8(ascii: "B"): return .wordLeft
            case UInt8(ascii: "f"), UInt8(ascii: "F"): return .wordRight
            case UInt8(ascii: "d"), UInt8(ascii: "D"): return .killNextWord
            case 0x7f, 0x08: return .killWord
            default: return .unknown
            }
        }
    }

    /// ESC [, parameters, and a last byte from @ to ~.
    private mutating func controlSequence() -> Key? {
        let start = taken + 2
        guard let end = bytes[start...].firstIndex(where: { $0 >= 0x40 && $0 <= 0x7e || $0 < 0x20 }) else {
            guard bytes.count - taken > Self.longestSequence else { return nil }
            taken = bytes.count
            return .unknown
        }
        let parameters = bytes[start..<end].split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false)
        let isModified = parameters.count > 1
        guard bytes[end] == UInt8(ascii: "~") else {
            // A control character ends a broken sequence, and stays a key of its own.
            taken = bytes[end] < 0x20 ? end : end + 1
            return Self.arrow(bytes[end], isModified: isModified)
        }
        switch parameters.first.map({ String(decoding: $0, as: UTF8.self) }) {
        case "200": return paste(from: end + 1)
        case "1", "7": taken = end + 1; return .home
        case "4", "8": taken = end + 1; return .end
        case "3": taken = end + 1; return isModified ? .killNextWord : .delete
        default: taken = end + 1; return .unknown
        }
    }

    private static func arrow(_ byte: UInt8, isModified: Bool) -> Key {
        switch byte {
        case UInt8(ascii: "A"): .up
        case UInt8(ascii: "B"): .down
        case UInt8(ascii: "C"): isModified ? .wordRight : .right
        case UInt8(ascii: "D"): isModified ? .wordLeft : .left
        case UInt8(ascii: "F"): .end
        case UInt8(ascii: "H"): .home
        default: .unknown
        }
    }

    /// A text in brackets, which the terminal marks as pasted.
    private mutating func paste(from start: Int) -> Key? {
        var end = start
        while let place = bytes[end...].firstIndex(of: Self.escape) {
            if bytes[place...].starts(with: Self.pasteEnd) {
                taken = place + Self.pasteEnd.count
                let text = String(decoding: bytes[start..<place], as: UTF8.self)
                // Terminals send CR for a line break.
                return .paste(text.split(omittingEmptySubsequences: false) { $0.isNewline }.joined(separator: "\n"))
            }
            end = place + 1
        }
        return nil
    }
}
