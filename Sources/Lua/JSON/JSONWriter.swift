internal import CLua
public import JSON

/// Writes JSON text directly from a Lua stack, into a reused buffer.
///
/// A table is a list if its keys are 1 to n or it is marked as one; otherwise it is an object. Reads tables raw: no
/// metamethod runs. A value without a JSON form is an error that names its place; the text written of it is removed.
public final class JSONWriter: JSONText {
    /// The greatest size of a value in bytes: tables that share others can produce an endless text.
    public var limit = Int.max
    /// The size at which the limits are checked next.
    var checkpoint = Int.max
    /// Counts the buffer as memory of a VM.
    var held: HeldBytes?

    /// The size at which a value is refused as `long`: code that cannot pause has another writer write it in slices,
    /// and passes the result as `prepared`.
    public var patience = Int.max
    /// Tables that were already written, or could not be.
    public var prepared: [TableIdentity: PreparedJSON] = [:]
    /// The table that was refused as `long`. Whoever takes it must release it.
    public var longTable: LuaReference?

    // The Lua value being written: the innermost table, if one is open, and those around it, outermost first; where its text
    // and its part of the stack began; whether a value is on top; and how much of a long string there is written.
    var isOpen = false
    var level = Level(index: 0, identity: nil, shape: .array, start: 0)
    var levels: [Level] = []
    var start = 0
    var base: Int32 = 0
    var needsValue = false
    var longOffset: Int?
    var names = WrittenNames()

    /// Set by `append(at:of:)` if a string in the value is exactly an ISO date-time, which the host would rewrite
    /// (host-contract §9.3 b).
    public var sawDateTime = false

    /// A writer for the values of a VM, with its memory limit.
    public convenience init(for vm: LuaVM?) {
        self.init()
        held = HeldBytes(vm)
        limit = vm?.memoryLimit ?? .max
    }

    deinit { names.deallocate() }

    override public func takes(_ bytes: Int) { held?.set(bytes) }

    /// Quotes the JSON text written since `start`: a JSON string that holds JSON.
    public func quote(from start: Int, of stack: LuaStack) throws(JSONError) {
        let length = count - start
        if length > Stretch.bytes { return try quoteLong(from: start, of: stack) }
        let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: length)
        defer { copy.deallocate() }
        _ = copy.update(fromContentsOf: UnsafeBufferPointer(start: buffer + start, count: length))
        count = start
        appendQuoted(UnsafeBufferPointer(copy))
    }
}

/// Identifies a table as long as it lives.
public struct TableIdentity: Hashable, Sendable {
    let address: UInt
}

/// The result of writing a table ahead, in slices.
public enum PreparedJSON {
    case text(JSONWriter)
    case failed(JSONError)
}
