internal import CLua

/// Reads JSON text directly onto a Lua stack, without a tree in between.
///
/// Integers that fit 64 bits stay exact; the last of two equal keys wins; nesting is limited to 128 levels. A reader
/// exists only inside `read`, because it points into the text.
public struct JSONReader {
    /// The meaning of a null member of an object. In an array it is always `json.null`.
    public enum Nulls: Sendable {
        case sentinel
        case absent
    }

    private var scanner: JSONScanner
    public let stack: LuaStack
    private let nulls: Nulls
    private var depth = 0
    /// The text, if it was checked before, the stack index of its userdata, and the place in its outline of the next
    /// container.
    private var checked: (text: CheckedJSON, index: Int32, next: Int)?

    private init(_ scanner: JSONScanner, stack: LuaStack, nulls: Nulls, depth: Int = 0) {
        self.scanner = scanner
        self.stack = stack
        self.nulls = nulls
        self.depth = depth
    }

    /// Lets `body` read the value at `offset` of the checked text at `index`.
    ///
    /// - Parameter next: the place in the outline of the first container from there on.
    static func read(
        checked index: Int, of stack: LuaStack, at offset: Int = 0, next: Int = 0, nulls: Nulls = .absent,
        _ body: (inout JSONReader) throws(JSONError) -> Void
    ) throws(JSONError) {
        guard let text = CheckedJSON(at: index, of: stack) else { return }
        // Outside of a run, no code could end, so the values are for luafunc, which must get all of them.
        var scanner = JSONScanner(text.text, limits: stack.isInsideRun ? stack : nil)
        scanner.skip(to: offset)
        var reader = JSONReader(scanner, stack: stack, nulls: nulls)
        reader.checked = (text, Int32(stack.absolute(index)), next)
        try body(&reader)
    }

    /// Lets `body` read all of `text`; unread text is an error.
    ///
    /// - Parameter depth: the nesting levels around the text.
    public static func read(
        _ text: RawSpan, onto stack: LuaStack, nulls: Nulls = .sentinel, depth: Int = 0,
        _ body: (inout JSONReader) throws(JSONError) -> Void
    ) throws(JSONError) {
        // The pointers and the reader live only during the closure.
        try text.withUnsafeBytes { raw throws(JSONError) in
            var reader = JSONReader(
                JSONScanner(raw.assumingMemoryBound(to: UInt8.self), limits: stack), stack: stack, nulls: nulls,
                depth: depth)
            try body(&reader)
            try reader.scanner.expectEnd()
        }
    }

    // MARK: Steps for a caller that knows the shape

    /// The first byte of the next value: `{`, `[`, `"`, a digit, `-`, `t`, `f` or `n`.
    public mutating func peek() throws(JSONError) -> UInt8 { try scanner.peek() }

    /// Consumes an object and calls `body` at each member's value, which `body` must consume.
    public mutating func forEachMember(
        _ wanted: String, _ body: (JSONKey, inout JSONReader) throws(JSONError) -> Void
    ) throws(JSONError) {
        try scanner.expect(UInt8(ascii: "{"), wanted)
        if try scanner.closes(UInt8(ascii: "}")) { return }
        repeat {
            let key = JSONKey(bytes: try scanner.key())
            try body(key, &self)
        } while try scanner.another(before: UInt8(ascii: "}"))
    }

    public mutating func skip() throws(JSONError) { try scanner.skipValue(depth: depth) }

    /// Moves past the container at the cursor, which begins with that byte, if the outline tells where it ends.
    private mutating func moves(past bracket: UInt8) -> Bool {
        guard let (text, index, _) = checked, let container = container(bracket) else { return false }
        scanner.skip(to: Int(container.end))
        checked = (text, index, Int(container.next))
        return true
    }

    /// The container at the cursor, which begins with that byte; nil for an empty one, any other value, or a text that was
    /// not checked before.
    private func container(_ bracket: UInt8) -> JSONOutline.Container? {
        guard let (text, _, next) = checked, bracket == UInt8(ascii: "{") || bracket == UInt8(ascii: "["),
            next < text.containerCount, Int(text.containers[next].start) == scanner.cursor - scanner.start
        else { return nil }
        return text.containers[next]
    }

    /// The string at the cursor as text.
    public mutating func string() throws(JSONError) -> String {
        let first = try scanner.peek()
        guard first == UInt8(ascii: "\"") else { throw scanner.error(.unexpected(first, wanted: "a string")) }
        return String(decoding: try scanner.string(), as: UTF8.self)
    }

    // MARK: Values onto the stack

    /// Pushes the next value. [+1]
    public mutating func pushValue() throws(JSONError) {
        switch try scanner.peek() {
        case UInt8(ascii: "{"): try pushContainer(closing: UInt8(ascii: "}"))
        case UInt8(ascii: "["): try pushContainer(closing: UInt8(ascii: "]"))
        case let first: try Self.pushScalar(first, &scanner, stack)
        }
    }

    /// Pushes the next value, which begins with `first` and is no container. [+1]
    @inline(__always)
    static func pushScalar(
        _ first: UInt8, _ scanner: inout JSONScanner, _ stack: LuaStack
    ) throws(JSONError) {
        switch first {
        case UInt8(ascii: "\""): push(try scanner.string(), onto: stack)
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

    /// Pushes the next value; a string that is JSON text becomes the value in it, up to `levels` times. Any other
    /// string stays as it is, which is no error. [+1]
    public mutating func pushValue(unwrapping levels: Int) throws(JSONError) {
        guard levels > 0, try scanner.peek() == UInt8(ascii: "\"") else { return try pushValue() }
        let text = try scanner.string()
        guard let first = text.first, Self.mayBegin(first) else { return pushBytes(text) }
        let isWhole = levels == 1 && (first == UInt8(ascii: "{") || first == UInt8(ascii: "["))
        if isWhole, text.count > Self.eager, stack.pushDeferred(text) { return }
        let level = stack.count
        do throws(JSONError) {
            // `text` may lie in the scanner's scratch buffer, which stays: this scanner rests until the inner one is
            // done.
            var inner = JSONReader(JSONScanner(text, limits: stack), stack: stack, nulls: nulls, depth: depth)
            try inner.pushValue(unwrapping: levels - 1)
            try inner.scanner.expectEnd()
        } catch {
            if error.isLimit { throw error }
            stack.setCount(level)
            pushBytes(text)
        }
    }

    /// A container of a checked text with at most this many bytes is read at once, as a table of its own to be filled later
    /// would cost as much.
    private static let eager = 256

    /// Pushes a table that is filled on first access in place of the container at the cursor. Returns false, and pushes
    /// nothing, if there is an empty container or any other value, or the text was not checked before. [+1]
    mutating func pushesDeferred(_ filler: TableFiller) throws(JSONError) -> Bool {
        let first = try scanner.peek()
        guard let (_, index, next) = checked, container(first) != nil else { return false }
        stack.pushDeferred(filler, place: next, source: Int(index))
        return moves(past: first)
    }

    /// Whether JSON text may begin with that byte.
    public static func mayBegin(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: "-"), UInt8(ascii: "t"),
            UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }

    private func pushBytes(_ bytes: UnsafeBufferPointer<UInt8>) { Self.push(bytes, onto: stack) }

    @inline(__always)
    static func push(_ bytes: UnsafeBufferPointer<UInt8>, onto stack: LuaStack) {
        bytes.withMemoryRebound(to: CChar.self) { _ = lua_pushlstring(stack.state, $0.baseAddress, $0.count) }
    }

    // MARK: Containers

    /// How many members or elements are kept on the stack before their table is made, so that it gets its final size.
    private static let batch: Int32 = 16

    private mutating func pushContainer(closing bracket: UInt8) throws(JSONError) {
        if let (text, index, next) = checked, let container = container(scanner.cursor.pointee) {
            if container.end - container.start > Self.eager,
                try pushesDeferred(nulls == .sentinel ? .decoded : .members)
            {
                return
            }
            checked = (text, index, next + 1)
        }
        guard depth < JSONScanner.depthLimit, lua_checkstack(stack.state, 2 * Self.batch + 8) != 0 else {
            throw scanner.error(.tooDeep(limit: JSONScanner.depthLimit))
        }
        depth += 1
        scanner.cursor += 1
        if bracket == UInt8(ascii: "}") { try pushObject() } else { try pushArray() }
        depth -= 1
    }

    private mutating func pushObject() throws(JSONError) {
        let state = stack.state
        guard !(try scanner.closes(UInt8(ascii: "}"))) else { return clua_newtable(state, 0, 0) }
        let base = lua_gettop(state)
        var waiting: Int32 = 0
        var more = true
        while more, waiting < Self.batch {
            try pushMember()
            waiting += 1
            more = try scanner.another(before: UInt8(ascii: "}"))
        }
        clua_newtable(state, 0, waiting)
        let table = base + 2 * waiting + 1
        for index in 0..<waiting {
            lua_pushvalue(state, base + 2 * index + 1)
            lua_pushvalue(state, base + 2 * index + 2)
            lua_rawset(state, table)
        }
        clua_replace(state, base + 1)
        lua_settop(state, base + 1)
        if more { try fillObject(at: base + 1) }
    }

    /// Sets the members from the cursor on, including the closing brace.
    private mutating func fillObject(at table: Int32) throws(JSONError) {
        repeat {
            try pushMember()
            lua_rawset(stack.state, table)
        } while try scanner.another(before: UInt8(ascii: "}"))
    }

    /// Pushes key and value; the value is nil for a null to be left out, which removes an earlier member of that name.
    private mutating func pushMember() throws(JSONError) {
        pushBytes(try scanner.key())
        if nulls == .absent, try scanner.peek() == UInt8(ascii: "n") {
            try scanner.expectWord("null")
            lua_pushnil(stack.state)
        } else {
            try pushValue()
        }
    }

    private mutating func pushArray() throws(JSONError) {
        let state = stack.state
        let base = lua_gettop(state)
        var waiting: Int32 = 0
        var more = !(try scanner.closes(UInt8(ascii: "]")))
        while more, waiting < 2 * Self.batch {
            try pushValue()
            waiting += 1
            more = try scanner.another(before: UInt8(ascii: "]"))
        }
        clua_newtable(state, waiting, 0)
        clua_insert(state, base + 1)
        for index in stride(from: waiting, to: 0, by: -1) { lua_rawseti(state, base + 1, Int64(index)) }
        if more { try fillArray(at: base + 1, from: Int64(waiting)) }
        stack.markArray(at: -1)
    }

    private mutating func fillArray(at table: Int32, from count: Int64) throws(JSONError) {
        var count = count
        repeat {
            try pushValue()
            count += 1
            lua_rawseti(stack.state, table, count)
        } while try scanner.another(before: UInt8(ascii: "]"))
    }

    // MARK: Expanding

    /// Fills the table at `table` with the members of a container of the checked text on top. At a limit it stops: the
    /// accessing code ends before it sees the table. [0]
    static func fill(_ table: Int, _ filler: TableFiller, from place: Int, of stack: LuaStack) {
        guard lua_checkstack(stack.state, 2 * batch + 8) != 0,
            let container = CheckedJSON(at: -1, of: stack)?.containers[place]
        else { return }
        let level = stack.count
        do throws(JSONError) {
            try read(
                checked: -1, of: stack, at: Int(container.start), next: place + 1,
                nulls: filler == .decoded ? .sentinel : .absent
            ) { reader throws(JSONError) in try reader.fill(Int32(table), filler) }
        } catch {
            // The text was checked, so only a limit was reached.
            stack.endUnfilled(error.limit ?? .memoryLimit)
        }
        stack.setCount(level)
    }

    /// The container at the cursor has members.
    private mutating func fill(_ table: Int32, _ filler: TableFiller) throws(JSONError) {
        depth = 1
        let isObject = try scanner.peek() == UInt8(ascii: "{")
        scanner.cursor += 1
        if !isObject {
            try fillArray(at: table, from: 0)
            stack.markArray(at: Int(table))
        } else if filler == .unwrapped {
            try fillUnwrapped(at: table)
        } else {
            try fillObject(at: table)
        }
    }

    private mutating func fillUnwrapped(at table: Int32) throws(JSONError) {
        repeat {
            pushBytes(try scanner.key())
            try pushValue(unwrapping: 1)
            if stack.isNull(at: -1) {
                lua_pushnil(stack.state)
                clua_replace(stack.state, -2)
            }
            lua_rawset(stack.state, table)
        } while try scanner.another(before: UInt8(ascii: "}"))
    }
}
