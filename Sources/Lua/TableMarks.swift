internal import CLua

/// The metatables that mark tables for JSON. The C structure of the VM holds their slots.
extension LuaStack {
    private var arrayMark: LuaReference { LuaReference(slot: clua_vm(state).pointee.array) }
    private var objectMark: LuaReference { LuaReference(slot: clua_vm(state).pointee.object) }

    /// Marks the table at `index` as a JSON array, so that it is written as an array even if it is empty. [0]
    public func markArray(at index: Int) { setMetatable(at: index, arrayMark) }

    /// Marks the table at `index` as a JSON object, so that it is written as an object even if it looks like a list.
    /// [0]
    public func markObject(at index: Int) { setMetatable(at: index, objectMark) }

    public func isMarkedArray(at index: Int) -> Bool { hasMetatable(at: index, arrayMark) }
    public func isMarkedObject(at index: Int) -> Bool { hasMetatable(at: index, objectMark) }
}
