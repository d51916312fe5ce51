internal import CLua
import JSON

extension JSONOutline {
    /// The text that was checked. It is valid until the next text is checked.
    var checked: CheckedJSON { CheckedJSON(start, length, parts: list, count) }
}

/// A JSON text that was checked as a whole, with the bounds of its parts. With these, code can find a member without
/// reading its neighbours. `JSONOutline.padding` zero bytes follow the text.
///
/// Usually the text lies in a Lua userdata, so it lives as long as a deferred table refers to it. It is valid only
/// while that userdata is on the stack.
struct CheckedJSON {
    private struct Header {
        let count: Int
        let partCount: Int
        /// The number of bytes that lookups of single members have searched.
        var searched = 0
    }

    let start: UnsafePointer<UInt8>
    let count: Int
    let parts: UnsafePointer<JSONOutline.Part>
    let partCount: Int
    /// nil for a text that does not lie in a userdata.
    private let header: UnsafeMutablePointer<Header>?

    init(_ start: UnsafePointer<UInt8>, _ count: Int, parts: UnsafePointer<JSONOutline.Part>, _ partCount: Int) {
        self.start = start
        self.count = count
        self.parts = parts
        self.partCount = partCount
        header = nil
    }

    /// Returns nil for anything but a userdata.
    init?(at index: Int, of stack: LuaStack) {
        guard let block = lua_touserdata(stack.state, Int32(index)) else { return nil }
        let header = block.assumingMemoryBound(to: Header.self)
        self.header = header
        count = header.pointee.count
        partCount = header.pointee.partCount
        let list = UnsafeRawPointer(block + MemoryLayout<Header>.stride)
        parts = list.assumingMemoryBound(to: JSONOutline.Part.self)
        // The text follows the list and its end mark, a part without a position.
        start = (list + (partCount + 1) * MemoryLayout<JSONOutline.Part>.stride).assumingMemoryBound(to: UInt8.self)
    }

    var text: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: start, count: count) }

    // MARK: Userdata

    /// Pushes a userdata with the text that the outline has checked. [+1]
    static func push(_ outline: JSONOutline, onto stack: LuaStack) {
        let text = outline.checked
        // The header is followed by the list, and the list by the text.
        let list = (text.partCount + 1) * MemoryLayout<JSONOutline.Part>.stride
        let size = MemoryLayout<Header>.stride + list + text.count + JSONOutline.padding
        guard let block = lua_newuserdatauv(stack.state, size, 0) else { return }
        block.initializeMemory(as: Header.self, to: Header(count: text.count, partCount: text.partCount))
        let parts = block + MemoryLayout<Header>.stride
        parts.copyMemory(from: text.parts, byteCount: list)
        (parts + list).copyMemory(from: text.start, byteCount: text.count + JSONOutline.padding)
    }

    // MARK: Members

    enum Lookup {
        case missing
        case null
        /// The offset of a value that is not a container, and the outline position of the next part at or after it.
        case scalar(Int, next: Int)
        case container
        /// A name has escapes, or many members were looked up before. The caller must read the whole object.
        case unclear
    }

    /// When lookups have searched this many bytes, reading the whole object is cheaper than further searches.
    private static let mostSearched = 16 << 10

    /// Looks up a member of the object at `place` in the outline. If names are equal, the last one counts.
    func member(_ name: UnsafeBufferPointer<UInt8>, of place: Int) -> Lookup {
        guard let header, header.pointee.searched < Self.mostSearched, var members = Members(self, of: place) else {
            return .unclear
        }
        var found = Lookup.missing
        while let member = members.next() {
            guard !member.hasEscapes else { return .unclear }
            guard member.name.count == name.count, Self.equal(member.name, name) else { continue }
            found =
                switch member.first {
                case UInt8(ascii: "{"), UInt8(ascii: "["): .container
                case UInt8(ascii: "n"): .null
                default: .scalar(member.offset, next: member.next)
                }
        }
        header.pointee.searched += Int(parts[place].end - parts[place].start) - members.jumped
        return found
    }

    struct Member {
        /// The name as it is written, with its escapes.
        let name: UnsafeBufferPointer<UInt8>
        let hasEscapes: Bool
        /// The first byte of the value, and its offset in the text.
        let first: UInt8
        let offset: Int
        /// The outline position of the next part at or after the value. If `isPart` is true, that part is the value
        /// itself.
        let next: Int
        let isPart: Bool
    }

    /// The members of an object in their order.
    struct Members {
        private let json: CheckedJSON
        private var cursor: UnsafePointer<UInt8>
        private var place: Int
        private var isAtEnd = false
        /// The number of bytes in the parts that were skipped.
        private(set) var jumped = 0

        /// Returns nil if the part at `place` is not an object.
        init?(_ json: CheckedJSON, of place: Int) {
            guard place < json.partCount else { return nil }
            cursor = json.start + Int(json.parts[place].start)
            guard cursor.pointee == UInt8(ascii: "{") else { return nil }
            self.json = json
            self.place = place + 1
        }

        @inline(__always)
        mutating func next() -> Member? {
            if isAtEnd { return nil }
            // Skips the opening brace or a comma.
            cursor += 1
            CheckedJSON.skipSpace(&cursor)
            let name = cursor + 1
            let hasEscapes = skipString()
            let count = cursor - 1 - name
            CheckedJSON.skipSpace(&cursor)
            cursor += 1
            CheckedJSON.skipSpace(&cursor)
            let first = cursor.pointee
            let offset = cursor - json.start
            let next = place
            let isPart = isAtPart
            switch first {
            case UInt8(ascii: "\""): _ = skipString()
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                if isPart {
                    jump()
                } else {
                    // The container is empty.
                    cursor += 1
                    CheckedJSON.skipSpace(&cursor)
                    cursor += 1
                }
            default:
                while cursor.pointee != UInt8(ascii: ","), cursor.pointee != UInt8(ascii: "}"), cursor.pointee > 0x20 {
                    cursor += 1
                }
            }
            CheckedJSON.skipSpace(&cursor)
            isAtEnd = cursor.pointee != UInt8(ascii: ",")
            return Member(
                name: UnsafeBufferPointer(start: name, count: count), hasEscapes: hasEscapes, first: first,
                offset: offset, next: next, isPart: isPart)
        }

        /// Whether the value at the cursor is the next part.
        private var isAtPart: Bool {
            Int(json.parts[place].start) == cursor - json.start
        }

        /// Moves past the part at the cursor.
        private mutating func jump() {
            let part = json.parts[place]
            jumped += Int(part.end - part.start)
            cursor = json.start + Int(part.end)
            place = Int(part.next)
        }

        /// Moves past a string. Returns whether it has escapes.
        @inline(__always)
        private mutating func skipString() -> Bool {
            if isAtPart {
                let hasEscapes = json.parts[place].count > 0
                jump()
                return hasEscapes
            }
            cursor += 1
            defer { cursor += 1 }
            return CheckedJSON.skipString(&cursor)
        }
    }

    @inline(__always)
    static func skipSpace(_ cursor: inout UnsafePointer<UInt8>) {
        while cursor.pointee <= 0x20 {
            cursor += 1
            var word = EightBytes.load(cursor)
            while word == EightBytes.allSpaces {
                cursor += 8
                word = EightBytes.load(cursor)
            }
            cursor += EightBytes.spaces(word)
        }
    }

    /// Moves from any position in a string to its closing quote. Returns whether there was an escape.
    @inline(__always)
    static func skipString(_ cursor: inout UnsafePointer<UInt8>) -> Bool {
        var hasEscapes = false
        while true {
            JSONString.skipPlain(&cursor)
            if cursor.pointee == UInt8(ascii: "\"") { return hasEscapes }
            hasEscapes = true
            cursor += 2
        }
    }

    @inline(__always)
    private static func equal(_ bytes: UnsafeBufferPointer<UInt8>, _ name: UnsafeBufferPointer<UInt8>) -> Bool {
        for index in 0..<name.count where bytes[index] != name[index] { return false }
        return true
    }
}
