internal import CLua

/// Writes JSON text straight from a Lua stack, into a buffer that is used again and again.
///
/// A table is a list if its keys are 1 to n, or if it is marked as one; else an object. Reads tables raw: no
/// metamethod runs. A value that has no JSON form is an error that names its place; what was written of it is taken
/// back.
public final class JSONWriter {
    /// Grown by doubling; owned by this object alone.
    private var buffer: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    public private(set) var count = 0
    /// Bytes of text beyond which a value is refused: tables that share others can be written endlessly long.
    public var limit = Int.max
    /// The size at which the limits are looked at next.
    private var checkpoint = Int.max

    /// Set by `append(at:of:)` if a string in the value is exactly an ISO date-time, which the host would rewrite
    /// (host-contract §9.3 b).
    public var sawDateTime = false

    public init() {
        capacity = 512
        buffer = .allocate(capacity: capacity)
    }

    deinit { buffer.deallocate() }

    // MARK: The buffer

    /// What is written; valid until the next append.
    public func withSpan<Result>(from start: Int = 0, _ body: (RawSpan) -> Result) -> Result {
        body(RawSpan(_unsafeStart: UnsafeRawPointer(buffer + start), byteCount: count - start))
    }

    public var text: String { withSpan { $0.withUnsafeBytes { String(decoding: $0, as: UTF8.self) } } }

    /// A copy of what was written since `start`.
    public func bytes(from start: Int) -> [UInt8] {
        withSpan(from: start) { span in span.withUnsafeBytes { [UInt8]($0) } }
    }

    /// Takes back all after the first `count` bytes. A buffer that grew past a megabyte is given back to the system.
    public func truncate(to count: Int = 0) {
        self.count = count
        guard count == 0, capacity > 1 << 20 else { return }
        buffer.deallocate()
        capacity = 512
        buffer = .allocate(capacity: capacity)
    }

    @inline(__always)
    private func reserve(_ more: Int) {
        if capacity - count < more { grow(more) }
    }

    private func grow(_ more: Int) {
        capacity = max(2 * capacity, count + more)
        let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
        larger.update(from: buffer, count: count)
        buffer.deallocate()
        buffer = larger
    }

    @inline(__always)
    private func append(_ byte: UInt8) {
        reserve(1)
        buffer[count] = byte
        count += 1
    }

    @inline(__always)
    private func append(_ bytes: UnsafePointer<UInt8>, _ length: Int) {
        reserve(length)
        (buffer + count).update(from: bytes, count: length)
        count += length
    }

    // MARK: Text that is JSON already, and strings from Swift

    public func append(raw text: StaticString) { append(text.utf8Start, text.utf8CodeUnitCount) }

    public func append(raw text: String) {
        var text = text
        text.withUTF8 { utf8 in
            if let start = utf8.baseAddress { append(start, utf8.count) }
        }
    }

    public func append(string text: String) {
        var text = text
        text.withUTF8 { appendQuoted($0) }
    }

    public func append(list texts: [String]) {
        append(raw: "[")
        for (position, text) in texts.enumerated() {
            if position > 0 { append(raw: ",") }
            append(string: text)
        }
        append(raw: "]")
    }

    /// Puts what was written since `start`, a whole JSON text, into quotes: a JSON string that holds JSON.
    public func quote(from start: Int) {
        let length = count - start
        let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: length)
        defer { copy.deallocate() }
        _ = copy.update(fromContentsOf: UnsafeBufferPointer(start: buffer + start, count: length))
        count = start
        appendQuoted(UnsafeBufferPointer(copy))
    }

    // MARK: Lua values

    /// Appends the value at `index`. [0]
    public func append(at index: Int, of stack: LuaStack) throws(JSONError) {
        let start = count
        checkpoint = min(limit, count + Self.stretch)
        var path = Path()
        guard lua_checkstack(stack.state, 8) != 0 else {
            throw .unwritable(.tooDeep(limit: JSONScanner.depthLimit), path: "")
        }
        let level = lua_gettop(stack.state)
        do throws(Obstructed) {
            try appendValue(lua_absindex(stack.state, Int32(index)), stack, &path)
        } catch {
            lua_settop(stack.state, level)
            count = start
            // Round and round a cycle, a path says nothing after its first steps.
            let path = error.obstacle == .cycle ? String(error.path.prefix(40)) : error.path
            throw .unwritable(error.obstacle, path: path)
        }
    }

    /// The tables being written, outermost first: a table that turns up again inside itself is a cycle.
    private struct Path {
        var tables: [UnsafeRawPointer?] = []
    }

    /// An obstacle on its way up; each level puts its own step before `path`.
    private struct Obstructed: Error {
        let obstacle: JSONError.Obstacle
        var path = ""

        init(_ obstacle: JSONError.Obstacle) { self.obstacle = obstacle }

        func under(_ step: String) -> Obstructed {
            var copy = self
            copy.path = step + path
            return copy
        }
    }

    private func appendValue(_ index: Int32, _ stack: LuaStack, _ path: inout Path) throws(Obstructed) {
        let state = stack.state
        if count > checkpoint { try checkLimits(stack) }
        switch lua_type(state, index) {
        case LUA_TSTRING:
            var length = 0
            guard let start = lua_tolstring(state, index, &length) else { return }
            // Lua does not move strings, and this one is on the stack.
            try start.withMemoryRebound(to: UInt8.self, capacity: length) { pointer throws(Obstructed) in
                let bytes = UnsafeBufferPointer(start: pointer, count: length)
                if let offset = UTF8Check.firstInvalid(in: bytes) { throw Obstructed(.invalidUTF8(byte: offset + 1)) }
                if DateTimeText.matches(bytes) { sawDateTime = true }
                appendQuoted(bytes)
            }
        case LUA_TNUMBER:
            if lua_isinteger(state, index) != 0 {
                append(integer: lua_tointegerx(state, index, nil))
            } else {
                let value = lua_tonumberx(state, index, nil)
                guard value.isFinite else { throw Obstructed(.notFinite(value)) }
                append(raw: value.description)
            }
        case LUA_TBOOLEAN: append(raw: lua_toboolean(state, index) != 0 ? "true" : "false")
        case LUA_TTABLE: try appendTable(index, stack, &path)
        case LUA_TNIL: append(raw: "null")
        case LUA_TLIGHTUSERDATA where stack.isNull(at: Int(index)): append(raw: "null")
        default: throw Obstructed(.type(stack.type(at: Int(index)).name))
        }
    }

    /// How much is written without a look at the clock.
    private static let stretch = 1 << 20

    /// No hook can stop Swift code, so it looks itself whether the invocation may go on.
    private func checkLimits(_ stack: LuaStack) throws(Obstructed) {
        guard count <= limit else { throw Obstructed(.tooLarge(limit: limit)) }
        guard !stack.isPastDeadline else { throw Obstructed(.timeLimit) }
        checkpoint = min(limit, count + Self.stretch)
    }

    private func append(integer: Int64) {
        reserve(20)
        var magnitude = integer.magnitude
        if integer < 0 { append(UInt8(ascii: "-")) }
        var end = count + 1
        var rest = magnitude / 10
        while rest > 0 {
            end += 1
            rest /= 10
        }
        var place = end
        repeat {
            place -= 1
            buffer[place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: magnitude % 10)
            magnitude /= 10
        } while magnitude > 0
        count = end
    }

    private func appendTable(_ index: Int32, _ stack: LuaStack, _ path: inout Path) throws(Obstructed) {
        let state = stack.state
        let identity = lua_topointer(state, index)
        guard path.tables.count < JSONScanner.depthLimit, lua_checkstack(state, 8) != 0 else {
            throw Obstructed(path.tables.contains(identity) ? .cycle : .tooDeep(limit: JSONScanner.depthLimit))
        }
        path.tables.append(identity)
        defer { path.tables.removeLast() }
        var shape = Shape.unknown
        var marked = false
        if lua_getmetatable(state, index) != 0 {
            stack.pop()
            stack.expandDeferred(at: Int(index))
            if stack.isMarkedArray(at: Int(index)) { shape = .array }
            marked = stack.isMarkedObject(at: Int(index))
            if marked { shape = .object }
        }
        if shape == .unknown {
            lua_pushnil(state)
            if lua_next(state, index) == 0 { return append(raw: "{}") }
            // Any integer key means a list is wanted; anything else, an object.
            shape = lua_isinteger(state, -2) != 0 ? .array : .object
            stack.pop(2)
        }
        if shape == .array {
            try appendArray(index, stack, &path)
        } else {
            try appendObject(index, stack, &path, marked: marked)
        }
    }

    private enum Shape { case unknown, array, object }

    private func appendArray(_ index: Int32, _ stack: LuaStack, _ path: inout Path) throws(Obstructed) {
        let state = stack.state
        let start = count
        append(UInt8(ascii: "["))
        // Lua walks the list part in order, so one pass both writes the elements and finds a key that is out of place.
        var expected: Int64 = 1
        lua_pushnil(state)
        while lua_next(state, index) != 0 {
            guard lua_isinteger(state, -2) != 0, lua_tointegerx(state, -2, nil) == expected else {
                stack.pop(2)
                count = start
                return try appendScatteredArray(index, stack, &path)
            }
            if expected > 1 { append(UInt8(ascii: ",")) }
            do throws(Obstructed) {
                try appendValue(lua_gettop(state), stack, &path)
            } catch {
                throw error.under("[\(expected)]")
            }
            stack.pop()
            expected += 1
        }
        append(UInt8(ascii: "]"))
    }

    /// A list whose elements lie in the hash part, so that Lua walks them in any order.
    private func appendScatteredArray(_ index: Int32, _ stack: LuaStack, _ path: inout Path) throws(Obstructed) {
        let state = stack.state
        var elements: Int64 = 0
        lua_pushnil(state)
        while lua_next(state, index) != 0 {
            guard lua_isinteger(state, -2) != 0, lua_tointegerx(state, -2, nil) > 0 else {
                throw Obstructed(.mixedKeys)
            }
            elements += 1
            stack.pop()
        }
        append(UInt8(ascii: "["))
        for position in 1...max(elements, 1) {
            if position > 1 { append(UInt8(ascii: ",")) }
            guard lua_rawgeti(state, index, position) != LUA_TNIL else { throw Obstructed(.hole(index: Int(position))) }
            do throws(Obstructed) {
                try appendValue(lua_gettop(state), stack, &path)
            } catch {
                throw error.under("[\(position)]")
            }
            stack.pop()
        }
        append(UInt8(ascii: "]"))
    }

    private func appendObject(
        _ index: Int32, _ stack: LuaStack, _ path: inout Path, marked: Bool
    ) throws(Obstructed) {
        let state = stack.state
        append(UInt8(ascii: "{"))
        var first = true
        lua_pushnil(state)
        let key = Int(lua_gettop(state))
        while lua_next(state, index) != 0 {
            if !first { append(UInt8(ascii: ",")) }
            first = false
            try appendKey(stack, ofMarked: marked)
            append(UInt8(ascii: ":"))
            do throws(Obstructed) {
                try appendValue(lua_gettop(state), stack, &path)
            } catch {
                throw error.under(".\(stack.string(at: key) ?? "?")")
            }
            stack.pop()
        }
        append(UInt8(ascii: "}"))
    }

    /// The key at -2. It is never converted in place: that would break `lua_next`.
    private func appendKey(_ stack: LuaStack, ofMarked marked: Bool) throws(Obstructed) {
        let state = stack.state
        if lua_type(state, -2) == LUA_TSTRING {
            let sawBefore = sawDateTime
            var path = Path()
            try appendValue(lua_gettop(state) - 1, stack, &path)
            sawDateTime = sawBefore  // the host leaves keys alone
        } else if lua_isinteger(state, -2) != 0 {
            guard marked else { throw Obstructed(.mixedKeys) }
            append(UInt8(ascii: "\""))
            append(integer: lua_tointegerx(state, -2, nil))
            append(UInt8(ascii: "\""))
        } else {
            throw Obstructed(.key(stack.type(at: -2).name))
        }
    }

    // MARK: Quoting

    private func appendQuoted(_ bytes: UnsafeBufferPointer<UInt8>) {
        append(UInt8(ascii: "\""))
        if let start = bytes.baseAddress {
            var pointer = start
            let end = start + bytes.count
            while pointer < end {
                let plain = pointer
                while pointer < end, escapes[Int(pointer.pointee)] == 0 { pointer += 1 }
                append(plain, pointer - plain)
                if pointer < end {
                    appendEscape(pointer.pointee)
                    pointer += 1
                }
            }
        }
        append(UInt8(ascii: "\""))
    }

    private func appendEscape(_ byte: UInt8) {
        append(UInt8(ascii: "\\"))
        let letter = escapes[Int(byte)]
        append(letter)
        guard letter == UInt8(ascii: "u") else { return }
        append(UInt8(ascii: "0"))
        append(UInt8(ascii: "0"))
        append(hexadecimal[Int(byte >> 4)])
        append(hexadecimal[Int(byte & 15)])
    }
}

/// The letter after the backslash for each byte that needs an escape, else 0.
private let escapes: [UInt8] = {
    var table = [UInt8](repeating: 0, count: 256)
    for byte in 0..<0x20 { table[byte] = UInt8(ascii: "u") }
    table[0x08] = UInt8(ascii: "b")
    table[0x09] = UInt8(ascii: "t")
    table[0x0a] = UInt8(ascii: "n")
    table[0x0c] = UInt8(ascii: "f")
    table[0x0d] = UInt8(ascii: "r")
    table[0x22] = UInt8(ascii: "\"")
    table[0x5c] = UInt8(ascii: "\\")
    table[0x7f] = UInt8(ascii: "u")
    return table
}()

private let hexadecimal = Array("0123456789abcdef".utf8)
