internal import CLua
public import JSON

/// Reading step by step, for a caller that knows the structure of the text.
extension JSONReader {
    /// Checks the text and calls `body` with a reader of it.
    ///
    /// - Parameter depth: the number of nesting levels around the text.
    public static func read(
        _ text: RawSpan, onto stack: LuaStack, nulls: Nulls = .sentinel, depth: Int = 0,
        _ body: (inout JSONReader) throws(JSONError) -> Void
    ) throws(JSONError) {
        guard let outline = stack.vm?.outline else { return }
        // The pointers and the reader live only during the closure.
        try text.withUnsafeBytes { raw throws(JSONError) in
            defer { outline.trim() }
            let text = raw.assumingMemoryBound(to: UInt8.self)
            do throws(JSONError) {
                try outline.check(text, depth: depth, limits: stack)
            } catch {
                // A text with a byte order mark is not JSON, so other texts need not be searched for one.
                guard text.hasByteOrderMark else { throw error }
                try outline.check(text.withoutByteOrderMark, depth: depth, limits: stack)
            }
            var reader = JSONReader(outline.checked, stack: stack, limits: stack, nulls: nulls)
            try body(&reader)
        }
    }

    /// Calls `body` with a reader of the value at `offset` in the checked text at `index`.
    ///
    /// - Parameter next: the outline position of the first part at or after `offset`.
    static func read(
        checked index: Int, of stack: LuaStack, at offset: Int = 0, next: Int = 0, nulls: Nulls = .absent,
        _ body: (inout JSONReader) throws(JSONError) -> Void
    ) throws(JSONError) {
        guard let text = CheckedJSON(at: index, of: stack) else { return }
        // Outside of a run there is no code that a limit could end. The values are then for luafunc itself, which must
        // get all of them.
        var reader = JSONReader(
            text, source: stack.absolute(index), at: offset, next: next, stack: stack,
            limits: stack.isInsideRun ? stack : nil, nulls: nulls)
        try body(&reader)
    }

    /// The first byte of the next value: `{`, `[`, `"`, a digit, `-`, `t`, `f` or `n`.
    public mutating func peek() -> UInt8 {
        skipSpace()
        return cursor.pointee
    }

    /// Reads an object and calls `body` for each member. `body` must read the member's value.
    public mutating func forEachMember(
        _ wanted: String, _ body: (JSONKey, inout JSONReader) throws(JSONError) -> Void
    ) throws(JSONError) {
        guard peek() == UInt8(ascii: "{") else { throw error(.unexpected(cursor.pointee, wanted: wanted)) }
        let hasMembers = isAtPart
        cursor += 1
        if hasMembers { next += 1 } else { skipSpace() }
        while hasMembers {
            skipSpace()
            let name = withString { Array($0) }
            skipSpace()
            cursor += 1
            try name.withUnsafeBufferPointer { bytes throws(JSONError) in try body(JSONKey(bytes: bytes), &self) }
            skipSpace()
            guard cursor.pointee == UInt8(ascii: ",") else { break }
            cursor += 1
        }
        cursor += 1
    }

    /// Moves past the next value.
    public mutating func skip() throws(JSONError) {
        switch peek() {
        case UInt8(ascii: "\""): withString { _ in }
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            if isAtPart { return jump(counting: 0) }
            cursor += 1
            skipSpace()
            cursor += 1
        case UInt8(ascii: "t"), UInt8(ascii: "n"): cursor += 4
        case UInt8(ascii: "f"): cursor += 5
        default: _ = JSONNumber.read(&cursor)
        }
    }

    /// Whether a JSON text may begin with this byte.
    public static func mayBegin(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: "-"), UInt8(ascii: "t"),
            UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }

    /// Pushes the next value. If the value is a string that holds JSON text, it pushes the value of that text, and
    /// repeats this up to `levels` times. A string that is not JSON stays as it is. [+1]
    public mutating func pushValue(unwrapping levels: Int) throws(JSONError) {
        guard levels > 0, peek() == UInt8(ascii: "\"") else { return try pushValue() }
        let (stack, nulls, limits) = (stack, nulls, limits)
        // A text without a userdata may lie in the VM's outline, so another outline is used then.
        let outline = source > 0 ? stack.vm?.outline ?? JSONOutline() : JSONOutline()
        try withString { text throws(JSONError) in
            guard let first = text.first, Self.mayBegin(first) else { return Self.push(text, onto: stack) }
            let isWhole = levels == 1 && (first == UInt8(ascii: "{") || first == UInt8(ascii: "["))
            if isWhole, text.count > Self.eager, stack.pushDeferred(text) { return }
            defer { outline.trim() }
            do throws(JSONError) {
                try outline.check(text, limits: limits)
            } catch {
                if error.isLimit { throw error }
                return Self.push(text, onto: stack)
            }
            var inner = JSONReader(outline.checked, stack: stack, limits: limits, nulls: nulls)
            try inner.pushValue(unwrapping: levels - 1)
        }
    }

    /// Fills the table at `table` with the members of a container in the checked text on top. If a limit is reached, it
    /// stops; the code that accessed the table then ends before it sees it. [0]
    static func fill(_ table: Int, _ filler: TableFiller, from place: Int, of stack: LuaStack) {
        guard lua_checkstack(stack.state, 16) != 0, let json = CheckedJSON(at: -1, of: stack) else { return }
        let level = stack.count
        let start = Int(json.parts[place].start)
        do throws(JSONError) {
            try read(
                checked: -1, of: stack, at: start, next: place, nulls: filler == .decoded ? .sentinel : .absent
            ) { reader throws(JSONError) in
                if filler == .unwrapped {
                    try reader.forEachMember("an object") { name, reader throws(JSONError) in
                        stack.push(name)
                        try reader.pushValue(unwrapping: 1)
                        if stack.isNull(at: -1) {
                            lua_pushnil(stack.state)
                            clua_replace(stack.state, -2)
                        }
                        lua_rawset(stack.state, Int32(table))
                    }
                } else {
                    lua_pushvalue(stack.state, Int32(table))
                    try reader.pushMembers()
                }
            }
        } catch {
            // The text was checked before, so the only possible error is a limit.
            stack.endUnfilled(error.limit ?? .memoryLimit)
        }
        stack.setCount(level)
    }

    /// Adds the members of the container at the cursor to the table on top. [0]
    private mutating func pushMembers() throws(JSONError) {
        position = cursor.pointee == UInt8(ascii: "{") ? Self.object : 0
        cursor += 1
        next += 1
        try pushValue()
    }
}
