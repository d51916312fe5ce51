/// Writes a JSON text again, with the members of each object in the order of their names, on lines of its own, or both.
///
/// The text must be one that `JSONText` has written: valid, and without white space between its tokens. The work is cut
/// into steps, so that other work can run in between. It is apart from the writer, which thus pays nothing for it.
public struct JSONLayout {
    private let isPretty: Bool
    private var index: JSONMemberIndex?
    /// The next byte of the text to write.
    private var cursor = 0
    private var expects = Expects.value
    /// The open containers, outermost first.
    private var levels: [Level] = []

    private enum Expects {
        case value, name
        /// The cursor is inside a string.
        case restOfName, restOfValue
        /// The cursor is behind a value.
        case comma
    }

    private struct Level {
        let isObject: Bool
        /// If the members have to be sorted: the positions in the index of those that follow the current one, and the
        /// offset of the byte after the object.
        var sorted: (members: Range<Int>, end: Int)?
    }

    /// - Parameters:
    ///   - pretty: whether each member and each element gets a line, indented by two spaces a level.
    ///   - sorted: whether members are written in the order of their names' bytes.
    public init(pretty: Bool, sorted: Bool) {
        isPretty = pretty
        index = sorted ? JSONMemberIndex() : nil
    }

    /// The bytes that this object holds.
    public var size: Int { index?.size ?? 0 }

    /// Appends about `bytes` more bytes of the text to `output`. Returns false if there are more.
    public mutating func advance(_ text: RawSpan, by bytes: Int, into output: JSONText) -> Bool {
        guard index?.advance(text, by: bytes) != false else { return false }
        // The pointer is used only inside the closure.
        return text.withUnsafeBytes { raw in
            let text = raw.assumingMemoryBound(to: UInt8.self)
            let enough = output.count + bytes
            while output.count < enough {
                switch expects {
                case .value: beginValue(text, output)
                case .name:
                    output.append(UInt8(ascii: "\""))
                    cursor += 1
                    expects = .restOfName
                case .restOfName, .restOfValue: copyString(text, output)
                case .comma:
                    guard let level = levels.last else { return true }
                    go(on: level, text, output)
                }
            }
            return false
        }
    }

    private mutating func beginValue(_ text: UnsafeBufferPointer<UInt8>, _ output: JSONText) {
        let byte = text[cursor]
        switch byte {
        case UInt8(ascii: "\""):
            output.append(byte)
            cursor += 1
            expects = .restOfValue
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            output.append(byte)
            let isObject = byte == UInt8(ascii: "{")
            if text[cursor + 1] == byte + 2 {  // `}` and `]` come two places after `{` and `[`
                output.append(byte + 2)
                cursor += 2
                return expects = .comma
            }
            var level = Level(isObject: isObject, sorted: isObject ? index?.object(at: cursor) : nil)
            cursor += 1
            if let first = level.sorted?.members.first {
                level.sorted?.members.removeFirst()
                cursor = index?.members[first] ?? cursor
            }
            levels.append(level)
            expects = isObject ? .name : .value
            beginLine(output)
        default:
            let start = cursor
            while cursor < text.count, text[cursor] != UInt8(ascii: ","), text[cursor] != UInt8(ascii: "}"),
                text[cursor] != UInt8(ascii: "]")
            {
                output.append(text[cursor])
                cursor += 1
            }
            assert(cursor > start)
            expects = .comma
        }
    }

    /// Copies the rest of a string, or a piece of it.
    private mutating func copyString(_ text: UnsafeBufferPointer<UInt8>, _ output: JSONText) {
        let (end, isWhole) = JSONMemberIndex.endOfString(text, from: cursor)
        if let start = text.baseAddress { output.append(start + cursor, end - cursor) }
        cursor = end
        guard isWhole else { return }
        guard expects == .restOfName else { return expects = .comma }
        output.append(UInt8(ascii: ":"))
        if isPretty { output.append(UInt8(ascii: " ")) }
        cursor += 1
        expects = .value
    }

    /// Continues a container after one of its values.
    private mutating func go(on level: Level, _ text: UnsafeBufferPointer<UInt8>, _ output: JSONText) {
        var next: Int?
        if var sorted = level.sorted {
            if let member = sorted.members.popFirst() {
                levels[levels.count - 1].sorted = sorted
                next = index?.members[member]
            } else {
                cursor = sorted.end - 1
            }
        } else if text[cursor] == UInt8(ascii: ",") {
            next = cursor + 1
        }
        if let next {
            output.append(UInt8(ascii: ","))
            cursor = next
            expects = level.isObject ? .name : .value
            return beginLine(output)
        }
        levels.removeLast()
        beginLine(output)
        output.append(level.isObject ? UInt8(ascii: "}") : UInt8(ascii: "]"))
        cursor += 1
    }

    private func beginLine(_ output: JSONText) {
        guard isPretty else { return }
        output.append(UInt8(ascii: "\n"))
        for _ in levels { output.append(raw: "  ") }
    }
}
