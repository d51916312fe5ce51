internal import CLua
import JSON

/// The type of a Lua value, under Lua's own names.
public enum LuaType: Int32, Sendable {
    case none = -1
    case `nil`, boolean, lightUserdata, number, string, table, function, userdata, thread

    /// The result of Lua's `type`.
    public var name: String {
        switch self {
        case .none: "no value"
        case .lightUserdata: "userdata"
        default: "\(self)"
        }
    }
}

/// The stack of one Lua thread.
///
/// Indices are Lua's: from 1 up, or from -1 down. A number in brackets at the end of a comment is the change of the
/// stack's height. Nothing here can raise a Lua error: functions that run metamethods are left out, and pushes from
/// Swift always get memory. Access to tables is raw. A stack is valid only while its VM lives.
public struct LuaStack {
    let state: OpaquePointer

    // MARK: Shape

    public var count: Int { Int(lua_gettop(state)) }

    /// Makes room for `count` more values. Returns false if the stack would exceed Lua's own limit. A function that
    /// pushes more than a few values must call this: only 20 places are free at first, and Lua does not check.
    public func reserve(_ count: Int) -> Bool { lua_checkstack(state, Int32(clamping: count)) != 0 }

    public func pop(_ count: Int = 1) { clua_pop(state, Int32(count)) }

    /// Truncates the stack, or fills it with nil, to exactly `count` values.
    public func setCount(_ count: Int) { lua_settop(state, Int32(count)) }

    public func absolute(_ index: Int) -> Int { Int(lua_absindex(state, Int32(index))) }

    /// Moves the top value to `index`, and shifts the values above up by one. [0]
    public func insert(at index: Int) { clua_insert(state, Int32(index)) }

    /// Removes the value at `index`, and shifts the values above down by one. [-1]
    public func remove(at index: Int) {
        lua_rotate(state, Int32(index), -1)
        pop()
    }

    /// Moves the top value over the one at `index`. [-1]
    public func replace(at index: Int) { clua_replace(state, Int32(index)) }

    // MARK: Push [+1]

    public func pushNil() { lua_pushnil(state) }
    public func push(_ value: Bool) { lua_pushboolean(state, value ? 1 : 0) }
    public func push(_ value: Int64) { lua_pushinteger(state, value) }
    public func push(_ value: Double) { lua_pushnumber(state, value) }
    public func pushValue(at index: Int) { lua_pushvalue(state, Int32(index)) }

    public func push(_ text: String) {
        var text = text
        // The pointer lives as long as the closure; Lua copies the bytes.
        text.withUTF8 { utf8 in
            utf8.withMemoryRebound(to: CChar.self) { _ = lua_pushlstring(state, $0.baseAddress, $0.count) }
        }
    }

    public func push(_ text: StaticString) {
        let start = UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self)
        _ = lua_pushlstring(state, start, text.utf8CodeUnitCount)
    }

    public func push(bytes: RawSpan) {
        // The pointer is used only inside the closure; Lua copies the bytes.
        bytes.withUnsafeBytes { raw in
            _ = lua_pushlstring(state, raw.baseAddress?.assumingMemoryBound(to: CChar.self), raw.count)
        }
    }

    public func push(bytes: [UInt8]) { push(bytes: bytes.span.bytes) }

    /// Pushes a copy of a value of another thread of the same VM. [+1]
    public func copyValue(at index: Int, of other: LuaStack) {
        // Lua keeps room for a few more values even on a full stack.
        lua_checkstack(other.state, 1)
        lua_pushvalue(other.state, Int32(index))
        lua_xmove(other.state, state, 1)
    }

    /// Moves the top `count` values to another thread of the same VM. [-count]
    public func move(_ count: Int, to other: LuaStack) { lua_xmove(state, other.state, Int32(count)) }

    /// Pushes JSON's null, for places where nil cannot be used.
    public func pushNull() { lua_pushlightuserdata(state, nil) }

    public func pushTable(array: Int = 0, hash: Int = 0) { clua_newtable(state, Int32(array), Int32(hash)) }

    // MARK: Read [0]

    public func type(at index: Int) -> LuaType { LuaType(rawValue: lua_type(state, Int32(index))) ?? .none }

    public func isNil(at index: Int) -> Bool { lua_type(state, Int32(index)) <= LuaType.nil.rawValue }

    public func isNull(at index: Int) -> Bool {
        lua_type(state, Int32(index)) == LuaType.lightUserdata.rawValue && lua_touserdata(state, Int32(index)) == nil
    }

    public func boolean(at index: Int) -> Bool { lua_toboolean(state, Int32(index)) != 0 }

    /// The number as an integer; nil if it has no exact integer value. Strings are not converted.
    public func integer(at index: Int) -> Int64? {
        guard type(at: index) == .number else { return nil }
        var exact: Int32 = 0
        let value = lua_tointegerx(state, Int32(index), &exact)
        return exact != 0 ? value : nil
    }

    /// The number; nil for anything else. Strings are not converted.
    public func number(at index: Int) -> Double? {
        type(at: index) == .number ? lua_tonumberx(state, Int32(index), nil) : nil
    }

    /// The text; nil for anything but a string. Invalid UTF-8 becomes U+FFFD.
    public func string(at index: Int) -> String? {
        withBytes(at: index) { span in
            span.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
        }
    }

    /// A copy of the bytes of a string; nil for anything but a string.
    public func bytes(at index: Int) -> [UInt8]? {
        withBytes(at: index) { span in span.withUnsafeBytes { [UInt8]($0) } }
    }

    /// The number as people write it, which for an integer is without a fraction; nil for anything but a number.
    public func numberText(at index: Int) -> String? {
        integer(at: index).map { String($0) } ?? number(at: index).map { "\($0)" }
    }

    /// Passes the bytes of the string to `body`. They are valid only during the call. Returns nil for anything but a
    /// string.
    public func withBytes<Result, Failure: Error>(
        at index: Int, _ body: (RawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result? {
        guard type(at: index) == .string else { return nil }
        var length = 0
        guard let start = lua_tolstring(state, Int32(index), &length) else { return nil }
        // Lua does not move strings, and this one stays on the stack while `body` runs.
        return try body(RawSpan(_unsafeStart: UnsafeRawPointer(start), byteCount: length))
    }

    /// Whether the value is this string.
    public func isString(at index: Int, _ text: StaticString) -> Bool {
        isString(at: index, text.utf8Start, text.utf8CodeUnitCount)
    }

    public func isString(at index: Int, _ text: [UInt8]) -> Bool {
        text.withUnsafeBufferPointer { bytes in
            bytes.baseAddress.map { isString(at: index, $0, bytes.count) } ?? isString(at: index, "")
        }
    }

    private func isString(at index: Int, _ text: UnsafePointer<UInt8>, _ count: Int) -> Bool {
        var length = 0
        guard lua_type(state, Int32(index)) == LuaType.string.rawValue,
            let start = lua_tolstring(state, Int32(index), &length), length == count
        else { return false }
        // Lua does not move strings.
        let bytes = UnsafeRawPointer(start).assumingMemoryBound(to: UInt8.self)
        for offset in 0..<count where bytes[offset] != text[offset] { return false }
        return true
    }

    /// Whether the bytes of a string are UTF-8; true for anything but a string.
    public func isUTF8(at index: Int) -> Bool {
        withBytes(at: index) { span in
            span.withUnsafeBytes { UTF8Check.firstInvalid(in: $0.assumingMemoryBound(to: UInt8.self)) == nil }
        } ?? true
    }

    /// The number of parameters of the function at `index`; `Int.max` if it takes any number. [0]
    public func parameters(at index: Int) -> Int {
        lua_pushvalue(state, Int32(index))
        let count = clua_parameters(state)
        return count < 0 ? .max : Int(count)
    }

    // MARK: Tables, always raw

    /// The identity of the table at `index`; nil for anything but a table.
    public func identity(at index: Int) -> TableIdentity? {
        guard type(at: index) == .table, let address = lua_topointer(state, Int32(index)) else { return nil }
        return TableIdentity(address: UInt(bitPattern: address))
    }

    /// Whether the value has this metatable. [0]
    public func hasMetatable(at index: Int, _ metatable: LuaReference) -> Bool {
        guard lua_getmetatable(state, Int32(index)) != 0 else { return false }
        lua_rawgeti(state, clua_registry(), Int64(metatable.slot))
        defer { pop(2) }
        return lua_rawequal(state, -1, -2) != 0
    }

    /// Pushes the metatable of the value at `index`. Returns false, and pushes nothing, if it has none. [+1 or 0]
    public func pushMetatable(at index: Int) -> Bool { lua_getmetatable(state, Int32(index)) != 0 }

    /// Sets the metatable of the table at `index`. [0]
    public func setMetatable(at index: Int, _ metatable: LuaReference) {
        let index = lua_absindex(state, Int32(index))
        lua_rawgeti(state, clua_registry(), Int64(metatable.slot))
        lua_setmetatable(state, index)
    }

    /// Makes the top value the metatable of the table below it. [-1]
    public func setMetatable() { lua_setmetatable(state, -2) }

    /// Pushes the field `name` of the table at `index`, or nil. [+1]
    @discardableResult
    public func pushField(_ name: StaticString, of index: Int) -> LuaType {
        let index = absolute(index)
        push(name)
        return LuaType(rawValue: lua_rawget(state, Int32(index))) ?? .none
    }

    @discardableResult
    public func pushField(_ name: [UInt8], of index: Int) -> LuaType {
        let index = absolute(index)
        push(bytes: name)
        return LuaType(rawValue: lua_rawget(state, Int32(index))) ?? .none
    }

    @discardableResult
    public func pushField(_ name: String, of index: Int) -> LuaType {
        let index = absolute(index)
        push(name)
        return LuaType(rawValue: lua_rawget(state, Int32(index))) ?? .none
    }

    /// The same for a name that was stored as a Lua value, which is faster.
    @discardableResult
    public func pushField(_ name: LuaReference, of index: Int) -> LuaType {
        let index = absolute(index)
        push(name)
        return LuaType(rawValue: lua_rawget(state, Int32(index))) ?? .none
    }

    /// Pushes element `position` (from 1) of the table at `index`, or nil. [+1]
    @discardableResult
    public func pushElement(_ position: Int, of index: Int) -> LuaType {
        LuaType(rawValue: lua_rawgeti(state, Int32(index), Int64(position))) ?? .none
    }

    /// Replaces the key on top by its value in the table at `index`, or nil. [0]
    @discardableResult
    public func replaceKey(of index: Int) -> LuaType { LuaType(rawValue: lua_rawget(state, Int32(index))) ?? .none }

    /// Sets the field `name` of the table at `index` to the top value. [-1]
    public func setField(_ name: StaticString, of index: Int) {
        let index = absolute(index)
        push(name)
        clua_insert(state, -2)
        lua_rawset(state, Int32(index))
    }

    public func setField(_ name: [UInt8], of index: Int) {
        let index = absolute(index)
        push(bytes: name)
        clua_insert(state, -2)
        lua_rawset(state, Int32(index))
    }

    public func setField(_ name: String, of index: Int) {
        let index = absolute(index)
        push(name)
        clua_insert(state, -2)
        lua_rawset(state, Int32(index))
    }

    /// Sets a field of the table at `index`: the key is below the top, the value on top. [-2]
    public func setPair(of index: Int) { lua_rawset(state, Int32(index)) }

    /// Sets element `position` (from 1) of the table at `index` to the top value. [-1]
    public func setElement(_ position: Int, of index: Int) { lua_rawseti(state, Int32(index), Int64(position)) }

    /// The length that Lua's `#` gives without metamethods.
    public func length(at index: Int) -> Int { Int(lua_rawlen(state, Int32(index))) }

    /// Replaces the key on top by the next pair of the table at `index`; nil on top stands for the beginning. Returns
    /// false after the last pair. Until then, only the values of existing keys may change. [+1, -1 at the end]
    public func next(of index: Int) -> Bool { lua_next(state, Int32(index)) != 0 }

    /// The number of pairs of the table at `index`, or `most` if there are more. [0]
    public func countPairs(at index: Int, upTo most: Int) -> Int {
        let index = absolute(index)
        var count = 0
        pushNil()
        while lua_next(state, Int32(index)) != 0 {
            pop()
            count += 1
            guard count < most else {
                pop()
                break
            }
        }
        return count
    }

    /// Calls `body` for each pair, with the key at -2 and the value at -1. `body` must leave both there. It may change
    /// only the values of existing keys.
    public func forEachPair<Failure: Error>(at index: Int, _ body: () throws(Failure) -> Void) throws(Failure) {
        let index = absolute(index)
        pushNil()
        while lua_next(state, Int32(index)) != 0 {
            try body()
            pop()
        }
    }
}
