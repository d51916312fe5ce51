internal import CLua
import JSON

/// Reads a long JSON text onto a Lua stack in pieces, without copying it. It is meant for a text that is large relative
/// to the VM's memory. It makes the same values as `JSONReader`.
struct SparingJSONReader {
    private let nulls: JSONReader.Nulls
    /// The open containers, outermost first. Their tables lie on the stack; above the table of an object lies the key
    /// of the current member.
    private var levels: [Level] = []
    /// The number of nesting levels around the text.
    private let depth: Int
    /// The member count of the last object at each depth. The next object at that depth usually has as many members.
    private var sizes = [Int32](repeating: 0, count: JSONScanner.depthLimit)
    private var offset = 0
    /// Whether the cursor is inside a string, and the part of that string that has been read.
    private var isInString = false
    private var part: [UInt8] = []

    private struct Level {
        let isObject: Bool
        /// The number of members or elements read so far.
        var count: Int64 = 0
        var bracket: UInt8 { isObject ? UInt8(ascii: "}") : UInt8(ascii: "]") }
    }

    init(nulls: JSONReader.Nulls, depth: Int) {
        self.nulls = nulls
        self.depth = depth
    }

    /// Returns true when the text is read and its value is on top of the stack, or false if the time slice ended before
    /// that. Until it returns true, the stack holds unfinished values, and `text` must not change. [+1 at the end]
    mutating func advance(_ text: RawSpan, onto stack: LuaStack) throws(JSONError) -> Bool {
        // The pointers and the scanner live only during the closure.
        try text.withUnsafeBytes { raw throws(JSONError) in
            var scanner = JSONScanner(raw.assumingMemoryBound(to: UInt8.self), limits: stack)
            scanner.skip(to: offset)
            let isDone = try proceed(&scanner, stack)
            offset = scanner.cursor - scanner.start
            if isDone { try scanner.expectEnd() }
            return isDone
        }
    }

    private mutating func proceed(_ scanner: inout JSONScanner, _ stack: LuaStack) throws(JSONError) -> Bool {
        let state = stack.state
        while true {
            if isInString {
                isInString = false
                let bytes = try scanner.longString(after: &part)
                part = []
                guard pushString(bytes, &scanner, stack) else { return false }
            } else {
                // A value begins here, or a member of the innermost object.
                if levels.last?.isObject == true { JSONReader.push(try scanner.key(), onto: stack) }
                switch try scanner.peek() {
                case UInt8(ascii: "{"): if try open(isObject: true, &scanner, stack) { continue }
                case UInt8(ascii: "["): if try open(isObject: false, &scanner, stack) { continue }
                case UInt8(ascii: "\""):
                    guard try pushString(scanner.longString(), &scanner, stack) else { return false }
                case let first: try pushScalar(first, &scanner, stack)
                }
            }
            // A value is now on top of the stack.
            while let last = levels.indices.last {
                if levels[last].isObject {
                    if nulls == .absent, stack.isNull(at: -1) {
                        lua_pushnil(state)
                        clua_replace(state, -2)
                    }
                    lua_rawset(state, -3)
                } else {
                    lua_rawseti(state, -2, levels[last].count + 1)
                }
                levels[last].count += 1
                try expectRoom(levels[last], scanner, stack)
                if try scanner.another(before: levels[last].bracket) {
                    guard !scanner.isSliceOver else { return false }
                    break
                }
                close(stack)
            }
            if levels.isEmpty { return true }
        }
    }

    /// Pushes the next value, which begins with `first` and is neither a string nor a container.
    private func pushScalar(_ first: UInt8, _ scanner: inout JSONScanner, _ stack: LuaStack) throws(JSONError) {
        switch first {
        case UInt8(ascii: "t"):
            try scanner.expectWord("true")
            lua_pushboolean(stack.state, 1)
        case UInt8(ascii: "f"):
            try scanner.expectWord("false")
            lua_pushboolean(stack.state, 0)
        case UInt8(ascii: "n"):
            try scanner.expectWord("null")
            stack.pushNull()
        default:
            switch try scanner.number() {
            case .integer(let value): lua_pushinteger(stack.state, value)
            case .double(let value): lua_pushnumber(stack.state, value)
            }
        }
    }

    /// Throws if the VM has no room for a table that is about to grow. A large table whose size is a power of two
    /// doubles with the next member, and Lua does that in one step regardless of the memory limit.
    @inline(__always)
    private func expectRoom(_ level: Level, _ scanner: JSONScanner, _ stack: LuaStack) throws(JSONError) {
        guard level.count >= 4096, level.count & (level.count - 1) == 0 else { return }
        // An entry of Lua's hash part takes 24 bytes, one of its array part 16.
        guard stack.hasRoom(for: 2 * Int(level.count) * (level.isObject ? 24 : 16)) else {
            throw scanner.error(.memoryLimit(stack.memoryLimit))
        }
    }

    /// Pushes a string. If the string is unfinished, it keeps the part that was read and returns false.
    private mutating func pushString(
        _ bytes: UnsafeBufferPointer<UInt8>?, _ scanner: inout JSONScanner, _ stack: LuaStack
    ) -> Bool {
        guard let bytes else {
            isInString = true
            scanner.movePart(to: &part)
            return false
        }
        JSONReader.push(bytes, onto: stack)
        return true
    }

    /// Pushes the table of a container. Returns false if the container is empty and therefore complete.
    private mutating func open(
        isObject: Bool, _ scanner: inout JSONScanner, _ stack: LuaStack
    ) throws(JSONError) -> Bool {
        let depth = depth + levels.count
        guard depth < JSONScanner.depthLimit, lua_checkstack(stack.state, 8) != 0 else {
            throw scanner.error(.tooDeep(limit: JSONScanner.depthLimit))
        }
        scanner.cursor += 1
        let level = Level(isObject: isObject)
        let isEmpty = try scanner.closes(level.bracket)
        clua_newtable(stack.state, 0, isObject && !isEmpty ? sizes[depth] : 0)
        if isEmpty {
            if !isObject { stack.markArray(at: -1) }
        } else {
            levels.append(level)
        }
        return !isEmpty
    }

    /// Completes the table of the innermost container, which is on top.
    private mutating func close(_ stack: LuaStack) {
        let level = levels.removeLast()
        if level.isObject {
            // A larger size would waste memory if the next object is small.
            sizes[depth + levels.count] = Int32(min(level.count, 16))
        } else {
            stack.markArray(at: -1)
        }
    }
}
