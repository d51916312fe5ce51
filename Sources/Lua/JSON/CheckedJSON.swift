internal import CLua

/// A JSON text that was checked as a whole, with the bounds of its containers: a member is found without a look into its
/// neighbours.
///
/// It lies in a userdata of Lua's, so it lives as long as a deferred table refers to it. Valid only while that userdata is
/// on the stack.
struct CheckedJSON {
    private struct Header {
        let textCount: Int
        let containerCount: Int
        /// Bytes that were searched for single members.
        var searched = 0
    }

    private let header: UnsafeMutablePointer<Header>
    let containers: UnsafePointer<JSONOutline.Container>
    let text: UnsafeBufferPointer<UInt8>
    var containerCount: Int { header.pointee.containerCount }

    /// nil for anything but a userdata.
    init?(at index: Int, of stack: LuaStack) {
        guard let block = lua_touserdata(stack.state, Int32(index)) else { return nil }
        self.init(block: block)
    }

    private init(block: UnsafeMutableRawPointer) {
        header = block.assumingMemoryBound(to: Header.self)
        let list = UnsafeRawPointer(block + MemoryLayout<Header>.size)
        containers = list.assumingMemoryBound(to: JSONOutline.Container.self)
        let start = list + header.pointee.containerCount * MemoryLayout<JSONOutline.Container>.stride
        text = UnsafeBufferPointer(
            start: start.assumingMemoryBound(to: UInt8.self), count: header.pointee.textCount)
    }

    /// Pushes the userdata of a text that has just been checked. [+1]
    static func push(_ text: UnsafeBufferPointer<UInt8>, _ outline: JSONOutline, onto stack: LuaStack) {
        let list = outline.count * MemoryLayout<JSONOutline.Container>.stride
        let size = MemoryLayout<Header>.size + list + text.count
        guard let block = lua_newuserdatauv(stack.state, size, 0) else { return }
        block.initializeMemory(
            as: Header.self, to: Header(textCount: text.count, containerCount: outline.count))
        let places = block + MemoryLayout<Header>.size
        places.copyMemory(from: outline.list, byteCount: list)
        if let start = text.baseAddress { (places + list).copyMemory(from: start, byteCount: text.count) }
    }

    // MARK: Members

    enum Lookup {
        case missing
        case null
        /// The offset of a value that is no container.
        case scalar(Int)
        case container
        /// A name has escapes, or many members were looked up before: whoever wants more makes the whole level.
        case unclear
    }

    /// From this many bytes on, making the whole level is cheaper than searching it again and again.
    private static let mostSearched = 16 << 10

    /// Looks a member of the object with that place in the outline up. Of equal names, the last counts.
    func member(_ name: UnsafeBufferPointer<UInt8>, of place: Int) -> Lookup {
        guard header.pointee.searched < Self.mostSearched, var members = Members(self, of: place) else {
            return .unclear
        }
        header.pointee.searched += Int(containers[place].end - containers[place].start)
        var found = Lookup.missing
        while let member = members.next() {
            guard !member.hasEscapes else { return .unclear }
            guard member.name.count == name.count, Self.equal(member.name, name) else { continue }
            found =
                switch member.first {
                case UInt8(ascii: "{"), UInt8(ascii: "["): .container
                case UInt8(ascii: "n"): .null
                default: .scalar(member.offset)
                }
        }
        return found
    }

    struct Member {
        /// As it is written.
        let name: UnsafeBufferPointer<UInt8>
        let hasEscapes: Bool
        /// The first byte of the value, and its offset in the text.
        let first: UInt8
        let offset: Int
        /// The place in the outline of the next container from there on: of the value itself, if `isOutlined`.
        let next: Int
        let isOutlined: Bool
    }

    /// The members of an object, from the first to the last.
    struct Members {
        private let json: CheckedJSON
        private let start: UnsafePointer<UInt8>
        private let end: UnsafePointer<UInt8>
        private var cursor: UnsafePointer<UInt8>
        private var place: Int
        private var isAtEnd = false

        /// nil if the container with that place in the outline is no object.
        init?(_ json: CheckedJSON, of place: Int) {
            guard let start = json.text.baseAddress, place < json.containerCount else { return nil }
            cursor = start + Int(json.containers[place].start)
            guard cursor.pointee == UInt8(ascii: "{") else { return nil }
            self.json = json
            self.start = start
            end = start + json.text.count
            self.place = place + 1
        }

        @inline(__always)
        mutating func next() -> Member? {
            if isAtEnd { return nil }
            // Over the opening brace, or a comma.
            cursor += 1
            CheckedJSON.skipSpace(&cursor)
            let name = cursor + 1
            var hasEscapes = false
            while !CheckedJSON.skipString(&cursor, end) { hasEscapes = true }
            let count = cursor - 1 - name
            CheckedJSON.skipSpace(&cursor)
            cursor += 1
            CheckedJSON.skipSpace(&cursor)
            let first = cursor.pointee
            let offset = cursor - start
            let next = place
            var isOutlined = false
            switch first {
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                isOutlined = next < json.containerCount && Int(json.containers[next].start) == offset
                if isOutlined {
                    cursor = start + Int(json.containers[next].end)
                    place = Int(json.containers[next].next)
                } else {
                    // It is empty.
                    cursor += 1
                    CheckedJSON.skipSpace(&cursor)
                    cursor += 1
                }
            case UInt8(ascii: "\""): while !CheckedJSON.skipString(&cursor, end) {}
            default:
                while cursor.pointee != UInt8(ascii: ","), cursor.pointee != UInt8(ascii: "}"), cursor.pointee > 0x20 {
                    cursor += 1
                }
            }
            CheckedJSON.skipSpace(&cursor)
            isAtEnd = cursor.pointee != UInt8(ascii: ",")
            return Member(
                name: UnsafeBufferPointer(start: name, count: count), hasEscapes: hasEscapes, first: first,
                offset: offset, next: next, isOutlined: isOutlined)
        }
    }

    /// Pushes the string whose opening quote is at that offset. [+1]
    func pushString(at offset: Int, onto stack: LuaStack) {
        guard let start = text.baseAddress else { return stack.pushNil() }
        let first = start + offset + 1
        var cursor = first - 1
        var isPlain = true
        while !Self.skipString(&cursor, start + text.count) { isPlain = false }
        let inside = UnsafeBufferPointer(start: first, count: cursor - 1 - first)
        if isPlain { return JSONReader.push(inside, onto: stack) }
        withUnsafeTemporaryAllocation(byteCount: inside.count, alignment: 1) { raw in
            let output = raw.assumingMemoryBound(to: UInt8.self)
            guard let place = output.baseAddress, let count = JSONString.unescape(inside, to: place) else {
                return stack.pushNil()
            }
            JSONReader.push(UnsafeBufferPointer(start: place, count: count), onto: stack)
        }
    }

    @inline(__always)
    fileprivate static func skipSpace(_ cursor: inout UnsafePointer<UInt8>) {
        while cursor.pointee <= 0x20 { cursor += 1 }
    }

    /// Moves past the closing quote of a string and returns true, or to what its first escape escapes and returns false.
    /// The byte at the cursor belongs to the string already: its opening quote, or what an escape escapes.
    @inline(__always)
    fileprivate static func skipString(_ cursor: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> Bool {
        cursor += 1
        while true {
            while end - cursor >= 8 {
                let found = UTF8Check.special(UnsafeRawPointer(cursor).loadUnaligned(as: UInt64.self))
                if found != 0 {
                    cursor += found.trailingZeroBitCount >> 3
                    break
                }
                cursor += 8
            }
            let byte = cursor.pointee
            cursor += 1
            if byte == UInt8(ascii: "\"") { return true }
            if byte == UInt8(ascii: "\\") { return false }
        }
    }

    @inline(__always)
    private static func equal(_ bytes: UnsafeBufferPointer<UInt8>, _ name: UnsafeBufferPointer<UInt8>) -> Bool {
        for index in 0..<name.count where bytes[index] != name[index] { return false }
        return true
    }
}

/// A value in a checked text.
public struct CheckedValue {
    fileprivate let offset: Int
    fileprivate let next: Int
    fileprivate let first: UInt8
    fileprivate let isOutlined: Bool

    public var isObject: Bool { first == UInt8(ascii: "{") }
    public var isString: Bool { first == UInt8(ascii: "\"") }

    /// The place of an object or array that has members: for fillers, and for `forEachMember`.
    public var place: Int? { isOutlined ? next : nil }
}

/// Parts of a checked text, whose userdata is at `index`.
extension LuaStack {
    /// The whole text.
    public func checkedValue(at index: Int) -> CheckedValue? {
        guard let json = CheckedJSON(at: index, of: self) else { return nil }
        let offset = json.text.firstIndex { $0 > 0x20 } ?? 0
        let isOutlined = json.containerCount > 0 && Int(json.containers[0].start) == offset
        return CheckedValue(offset: offset, next: 0, first: json.text[offset], isOutlined: isOutlined)
    }

    /// Calls `body` with the name and value of each member of an object.
    ///
    /// - Parameter place: the object's place; nil for one without members.
    public func forEachMember<Failure: Error>(
        of place: Int?, inChecked index: Int, _ body: (JSONKey, CheckedValue) throws(Failure) -> Void
    ) throws(Failure) {
        guard let place, let json = CheckedJSON(at: index, of: self), var members = CheckedJSON.Members(json, of: place)
        else { return }
        while let member = members.next() {
            let value = CheckedValue(
                offset: member.offset, next: member.next, first: member.first, isOutlined: member.isOutlined)
            guard member.hasEscapes else {
                try body(JSONKey(bytes: member.name), value)
                continue
            }
            let name = [UInt8](unsafeUninitializedCapacity: member.name.count) { buffer, count in
                count = buffer.baseAddress.flatMap { JSONString.unescape(member.name, to: $0) } ?? 0
            }
            try name.withUnsafeBufferPointer { bytes throws(Failure) in try body(JSONKey(bytes: bytes), value) }
        }
    }

    /// Replaces the checked text on top by its value. A large object or array in it is filled on first access. [0]
    public func readChecked() throws(JSONError) {
        let source = count
        try JSONReader.read(checked: source, of: self, nulls: .sentinel) { reader throws(JSONError) in
            try reader.pushValue()
        }
        replace(at: source)
    }

    /// Lets `body` read a value, in which a null member of an object is absent.
    public func read(
        _ value: CheckedValue, inChecked index: Int, _ body: (inout JSONReader) throws(JSONError) -> Void
    ) throws(JSONError) {
        try JSONReader.read(checked: index, of: self, at: value.offset, next: value.next, body)
    }

    /// Why a value is not what was wanted.
    public func unexpected(_ value: CheckedValue, inChecked index: Int, wanted: String) -> JSONError {
        var scanner = JSONScanner(CheckedJSON(at: index, of: self)?.text ?? UnsafeBufferPointer(start: nil, count: 0))
        scanner.skip(to: value.offset)
        return scanner.unexpected(wanted)
    }
}
