internal import CLua
import JSON

/// Remembers the member names that were read last as Lua strings. Most names recur, and Lua does not have to hash a
/// remembered name. The VM owns the memory.
struct JSONNames {
    private struct Name {
        /// The first eight bytes. A shorter name is filled up with zeros.
        var beginning: UInt64 = 0
        var count = 0
        /// The bytes of Lua's own copy, which does not move.
        var text: UnsafePointer<UInt8>?
        /// The registry slot that holds the string; 0 if this place has not held a name yet.
        var slot: Int32 = 0
    }

    /// Longer names are not remembered: Lua hashes and compares longer strings only when it has to.
    private static let longest = 40
    private static let bits: UInt64 = 8
    /// A hash table in which each name has one possible place.
    private let names: UnsafeMutablePointer<Name>

    init() {
        names = .allocate(capacity: 1 << Self.bits)
        names.initialize(repeating: Name(), count: 1 << Self.bits)
    }

    func deallocate() { names.deallocate() }

    /// Pushes a name as a string. Eight more bytes must follow it in memory. [+1]
    @inline(__always)
    func push(_ text: UnsafePointer<UInt8>, _ count: Int, onto stack: LuaStack) {
        var beginning = EightBytes.load(text)
        var end = beginning
        if count >= 8 {
            end = EightBytes.load(text + count - 8)
        } else {
            beginning &= (1 &<< UInt64(truncatingIfNeeded: 8 &* count)) &- 1
            end = beginning
        }
        let hash = (beginning ^ end &>> 7 ^ UInt64(truncatingIfNeeded: count)) &* 0x9e37_79b9_7f4a_7c15
        let place = names + Int(truncatingIfNeeded: hash &>> (64 - Self.bits))
        if place.pointee.beginning == beginning, place.pointee.count == count, let known = place.pointee.text,
            count <= 8 || Self.equal(text, known, count)
        {
            lua_rawgeti(stack.state, clua_registry(), Int64(place.pointee.slot))
        } else {
            add(text, count, beginning, at: place, onto: stack)
        }
    }

    /// Whether two names of more than eight bytes are equal. Their first eight bytes are equal.
    @inline(__always)
    private static func equal(_ one: UnsafePointer<UInt8>, _ other: UnsafePointer<UInt8>, _ count: Int) -> Bool {
        var index = 8
        while index < count - 8 {
            if EightBytes.load(one + index) != EightBytes.load(other + index) { return false }
            index += 8
        }
        return EightBytes.load(one + count - 8) == EightBytes.load(other + count - 8)
    }

    @inline(never)
    private func add(
        _ text: UnsafePointer<UInt8>, _ count: Int, _ beginning: UInt64, at place: UnsafeMutablePointer<Name>,
        onto stack: LuaStack
    ) {
        JSONReader.push(UnsafeBufferPointer(start: text, count: count), onto: stack)
        guard count <= Self.longest, let known = lua_tolstring(stack.state, -1, nil) else { return }
        lua_pushvalue(stack.state, -1)
        if place.pointee.slot == 0 {
            place.pointee.slot = luaL_ref(stack.state, clua_registry())
        } else {
            lua_rawseti(stack.state, clua_registry(), Int64(place.pointee.slot))
        }
        place.pointee.beginning = beginning
        place.pointee.count = count
        place.pointee.text = UnsafeRawPointer(known).assumingMemoryBound(to: UInt8.self)
    }
}
