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
        guard header.pointee.searched < Self.mostSearched, let start = text.baseAddress else { return .unclear }
        header.pointee.searched += Int(containers[place].end - containers[place].start)
        let end = start + text.count
        var cursor = start + Int(containers[place].start)
        guard cursor.pointee == UInt8(ascii: "{") else { return .unclear }
        var next = place + 1
        var found = Lookup.missing
        repeat {
            cursor += 1
            Self.skipSpace(&cursor)
            let key = cursor + 1
            guard Self.skipString(&cursor, end) else { return .unclear }
            let isWanted = cursor - 1 - key == name.count && Self.equal(key, name)
            Self.skipSpace(&cursor)
            cursor += 1
            Self.skipSpace(&cursor)
            let first = cursor.pointee
            switch first {
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                if isWanted { found = .container }
                if next < containerCount, Int(containers[next].start) == cursor - start {
                    cursor = start + Int(containers[next].end)
                    next = Int(containers[next].next)
                } else {
                    // It is empty.
                    cursor += 1
                    Self.skipSpace(&cursor)
                    cursor += 1
                }
            case UInt8(ascii: "\""):
                if isWanted { found = .scalar(cursor - start) }
                while !Self.skipString(&cursor, end) {}
            default:
                if isWanted { found = first == UInt8(ascii: "n") ? .missing : .scalar(cursor - start) }
                while cursor.pointee != UInt8(ascii: ","), cursor.pointee != UInt8(ascii: "}"), cursor.pointee > 0x20 {
                    cursor += 1
                }
            }
            Self.skipSpace(&cursor)
        } while cursor.pointee == UInt8(ascii: ",")
        return found
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
    private static func skipSpace(_ cursor: inout UnsafePointer<UInt8>) {
        while cursor.pointee <= 0x20 { cursor += 1 }
    }

    /// Moves past the closing quote of a string and returns true, or to what its first escape escapes and returns false.
    /// The byte at the cursor belongs to the string already: its opening quote, or what an escape escapes.
    @inline(__always)
    private static func skipString(_ cursor: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> Bool {
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
    private static func equal(_ bytes: UnsafePointer<UInt8>, _ name: UnsafeBufferPointer<UInt8>) -> Bool {
        for index in 0..<name.count where bytes[index] != name[index] { return false }
        return true
    }
}
