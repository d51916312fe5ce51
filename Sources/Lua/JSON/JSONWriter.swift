internal import CLua
public import JSON

/// Writes JSON text directly from a Lua stack into a reusable buffer.
///
/// A table is a list if its keys are 1 to n or it is marked as one; otherwise it is an object. The writer reads tables
/// raw, so no metamethod runs. A value without a JSON form is an error that names the value's place; the text that was
/// written of the value is removed.
public final class JSONWriter: JSONText {
    /// The maximum size of the text in bytes. Tables that contain the same tables several times could produce an
    /// endless text.
    public var limit = Int.max
    /// The size at which the limits are checked next.
    var checkpoint = Int.max
    /// Counts the buffer against the memory limit of a VM.
    var held: HeldBytes?

    /// A value whose text is larger than this is refused as `long`. Code that cannot pause then has another writer
    /// write the value in slices, and passes the result as `prepared`.
    public var patience = Int.max
    /// Tables that were written before, or that could not be written.
    public var prepared: [TableIdentity: PreparedJSON] = [:]
    /// The table that was refused as `long`. The code that takes it must release it.
    public var longTable: LuaReference?

    // The state of the Lua value that is being written: the innermost table, if one is open; the tables around it,
    // outermost first; where its text begins and where its part of the stack begins; whether a value is on top; and how
    // much of a long string has been written.
    var isOpen = false
    var level = Level(index: 0, identity: nil, shape: .array, start: 0)
    var levels: [Level] = []
    var start = 0
    var base: Int32 = 0
    var needsValue = false
    var longOffset: Int?
    var names = WrittenNames()

    /// `append(at:of:)` sets this if a string in the value is exactly an ISO date-time, which the host would rewrite
    /// (host-contract §9.3 b).
    public var sawDateTime = false

    /// A writer for the values of a VM. It has the VM's memory limit.
    public convenience init(for vm: LuaVM?) {
        self.init()
        held = HeldBytes(vm)
        limit = vm?.memoryLimit ?? .max
    }

    deinit { names.deallocate() }

    override public func takes(_ bytes: Int) { held?.set(bytes) }

    /// Turns the JSON text written since `start` into a JSON string that holds that text.
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

/// Identifies a table for as long as the table exists.
public struct TableIdentity: Hashable, Sendable {
    let address: UInt
}

/// The result of writing a table in advance, in slices.
public enum PreparedJSON {
    case text(JSONWriter)
    case failed(JSONError)
}
