internal import CLua

/// Blocks: userdata that hold bytes from Swift and some Lua values. Lua frees them, and no script sees them.
extension LuaStack {
    /// Pushes a block that holds the bytes and the top `count` values, in the order of the stack. [+1 - count]
    public func pushBlock(_ bytes: RawSpan, values count: Int) {
        guard let block = lua_newuserdatauv(state, bytes.byteCount, Int32(count)) else { return pushNil() }
        bytes.withUnsafeBytes { raw in
            if let start = raw.baseAddress { block.copyMemory(from: start, byteCount: raw.count) }
        }
        guard count > 0 else { return }
        clua_insert(state, Int32(-count - 1))
        for position in stride(from: count, to: 0, by: -1) {
            lua_setiuservalue(state, Int32(-position - 1), Int32(position))
        }
    }

    /// Passes the bytes of the block at `index` to `body`. They are valid only during the call. Returns nil for
    /// anything but a block.
    public func withBlock<Result>(at index: Int, _ body: (RawSpan) -> Result) -> Result? {
        guard let block = lua_touserdata(state, Int32(index)) else { return nil }
        return body(RawSpan(_unsafeStart: UnsafeRawPointer(block), byteCount: length(at: index)))
    }

    /// Pushes value `position` (from 1) of the block at `index`. [+1]
    @discardableResult
    public func pushBlockValue(_ position: Int, of index: Int) -> LuaType {
        LuaType(rawValue: lua_getiuservalue(state, Int32(index), Int32(position))) ?? .none
    }
}
