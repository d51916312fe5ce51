internal import CLua

/// The name of an object's member, before it becomes a string. Valid until the reader moves to the member's value.
public struct JSONKey {
    let bytes: UnsafeBufferPointer<UInt8>

    /// Allows a switch over keys.
    public static func ~= (name: StaticString, key: JSONKey) -> Bool {
        key.bytes.elementsEqual(UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
    }

    public static func == (key: JSONKey, name: [UInt8]) -> Bool { key.bytes.elementsEqual(name) }
}

extension LuaStack {
    /// Pushes the key as a string. [+1]
    public func push(_ key: JSONKey) {
        key.bytes.withMemoryRebound(to: CChar.self) { _ = lua_pushlstring(state, $0.baseAddress, $0.count) }
    }
}
