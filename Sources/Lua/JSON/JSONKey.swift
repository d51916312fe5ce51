internal import CLua

/// The name of an object's member before it becomes a string. It is valid until the reader moves to the member's value.
public struct JSONKey {
    let bytes: UnsafeBufferPointer<UInt8>

    /// Lets code `switch` over keys.
    public static func ~= (name: StaticString, key: JSONKey) -> Bool {
        let count = name.utf8CodeUnitCount
        guard key.bytes.count == count else { return false }
        for index in 0..<count where key.bytes[index] != name.utf8Start[index] { return false }
        return true
    }

    public static func == (key: JSONKey, name: [UInt8]) -> Bool {
        guard key.bytes.count == name.count else { return false }
        for index in name.indices where key.bytes[index] != name[index] { return false }
        return true
    }
}

extension LuaStack {
    /// Pushes the key as a string. [+1]
    public func push(_ key: JSONKey) {
        key.bytes.withMemoryRebound(to: CChar.self) { _ = lua_pushlstring(state, $0.baseAddress, $0.count) }
    }
}
