internal import CLua
public import JSON

/// How deferred tables of one kind get their members when a script first accesses them.
public struct TableFiller: Equatable, Sendable {
    fileprivate let kind: Int

    /// Fills a table with the members of a container in a checked JSON text.
    public static let members = TableFiller(kind: 1)
    /// The same as `members`, but a string that holds JSON text becomes the value of that text (host-contract §6.2).
    public static let unwrapped = TableFiller(kind: 2)
    /// The same as `members`, but a null becomes `json.null`.
    public static let decoded = TableFiller(kind: 3)

    fileprivate static let firstKind = 4
    fileprivate static let kinds = 0x100

    /// Looks up a single member without filling the table. The table is at index 1, the member's name, a string, at
    /// index 2, and the table's source on top. The function leaves the result on top.
    public typealias Finder = (LuaStack, _ place: Int) -> Field

    /// The functions of a kind whose members do not come directly from JSON.
    struct Functions {
        let find: Finder?
        let fill: (LuaStack, _ table: Int, _ place: Int) -> WorkStep?
    }
}

/// The result of looking up one member of a deferred table.
public enum Field {
    /// The member's value is on top of the stack. The table need not store it.
    case value
    /// There is no such member.
    case missing
    /// The script may not access this member. The text on top says why.
    case refused
    /// The table must be filled first.
    case unclear
}

/// Deferred tables. A deferred table holds a source from which its members are made later. A script cannot tell it from
/// other tables.
extension LuaStack {
    /// Makes a filler, which lives as long as the VM. `fill` gets the index of an empty table. On top of the stack it
    /// finds the source that was passed to `pushDeferred`; it may leave more values there.
    public func makeFiller(
        find: TableFiller.Finder? = nil, _ fill: @escaping (LuaStack, _ table: Int, _ place: Int) -> Void
    ) -> TableFiller {
        makeLongFiller(find: find) { stack, table, place in
            fill(stack, table, place)
            return nil
        }
    }

    /// Makes a filler for work that takes long. `fill` returns a step that is called until it reports results, of which
    /// there must be none. If a step throws, the run ends, because the table is incomplete.
    public func makeLongFiller(
        find: TableFiller.Finder? = nil, _ fill: @escaping (LuaStack, _ table: Int, _ place: Int) -> WorkStep?
    ) -> TableFiller {
        guard let vm else { return .members }
        precondition(vm.fillers.count < TableFiller.kinds - TableFiller.firstKind)
        vm.fillers.append(TableFiller.Functions(find: find, fill: fill))
        return TableFiller(kind: TableFiller.firstKind + vm.fillers.count - 1)
    }

    /// Replaces the value on top, which must not be nil, by a deferred table. `filler` makes the table's members from
    /// that value. [0]
    public func pushDeferred(_ filler: TableFiller) {
        clua_pushdeferred(state, key(of: filler, place: 0), -1, 0, 1)
        clua_replace(state, -2)
    }

    /// Pushes a deferred table. `filler` makes its members from the value at `source`. [+1]
    ///
    /// - Parameter place: tells the filler which part of the value it is.
    public func pushDeferred(_ filler: TableFiller, place: Int, source: Int) {
        clua_pushdeferred(state, key(of: filler, place: place), Int32(source), 0, 1)
    }

    /// The same for a container in the checked text at `source`. The table has room for the container's members.
    func pushDeferred(_ filler: TableFiller, place: Int, source: Int, of json: CheckedJSON) {
        let count = Int32(clamping: json.parts[place].count)
        let isObject = json.start[Int(json.parts[place].start)] == UInt8(ascii: "{")
        // One more slot is needed for the key that the table holds until it is filled.
        clua_pushdeferred(
            state, key(of: filler, place: place), Int32(source), isObject ? 0 : count, isObject ? count + 1 : 1)
    }

    /// Checks a JSON text and pushes a copy of it, from which `JSONReader` reads single parts. The time slice cannot
    /// end meanwhile, so the text must be shorter than `LongJSONReader.shortest`. [+1]
    public func pushChecked(_ text: RawSpan) throws(JSONError) {
        guard let outline = vm?.outline else { return }
        defer { outline.trim() }
        // The pointers live only during the closure.
        try text.withUnsafeBytes { raw throws(JSONError) in
            let text = raw.assumingMemoryBound(to: UInt8.self)
            // A text with a byte order mark is not JSON, so other texts need not be searched for one.
            guard outline.check(text) || text.hasByteOrderMark && outline.check(text.withoutByteOrderMark) else {
                throw outline.mistake
            }
            CheckedJSON.push(outline, onto: self)
        }
    }

    /// Pushes a table that is filled on first access from the object or array in `text`. Returns false, and pushes
    /// nothing, if the text is not JSON, has no members, or takes long to check. [+1]
    func pushDeferred(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        guard text.count < LongJSONReader.shortest, let outline = vm?.outline else { return false }
        defer { outline.trim() }
        guard outline.check(text), outline.count > 0 else { return false }
        CheckedJSON.push(outline, onto: self)
        pushDeferred(.members)
        return true
    }

    private var deferredMark: LuaReference { LuaReference(slot: clua_vm(state).pointee.deferred) }

    /// The key under which a deferred table stores its source. It is light userdata that is not null, which no script
    /// can obtain.
    private func key(of filler: TableFiller, place: Int) -> UnsafeMutableRawPointer? {
        UnsafeMutableRawPointer(bitPattern: place * TableFiller.kinds + filler.kind)
    }

    // MARK: One member

    /// Looks up the member named at index 2 in the deferred table at index 1. Returns the verdict for C and leaves only
    /// the result on the stack.
    func findField() -> Int32 {
        guard lua_type(state, 2) == LuaType.string.rawValue, let (kind, place) = pushSource(of: 1) else {
            return CLUA_UNCLEAR
        }
        let field: Field
        switch kind {
        case TableFiller.members.kind: field = pushMember(of: place)
        case TableFiller.decoded.kind: field = withName { pushMember($0, of: place, nulls: .sentinel) { _ in true } }
        case TableFiller.unwrapped.kind: field = pushUnwrapped(of: place)
        default: field = vm?.fillers[kind - TableFiller.firstKind].find?(self, place) ?? .unclear
        }
        switch field {
        case .value: return CLUA_FOUND
        case .missing:
            pushNil()
            return CLUA_FOUND
        case .refused: return CLUA_RAISE
        case .unclear:
            setCount(2)
            return CLUA_UNCLEAR
        }
    }

    /// Pushes the source of the table at `index` and returns its place. Pushes nothing and returns nil if the table is
    /// filled already or another filler makes its members. [+1]
    public func pushSource(of index: Int, madeBy filler: TableFiller) -> Int? {
        guard hasMetatable(at: index, deferredMark), let (kind, place) = pushSource(of: absolute(index)) else {
            return nil
        }
        if kind == filler.kind { return place }
        pop()
        return nil
    }

    /// Pushes the source of a deferred table and returns its kind and place. [+1]
    private func pushSource(of table: Int) -> (kind: Int, place: Int)? {
        pushNil()
        guard lua_next(state, Int32(table)) != 0 else { return nil }
        guard let key = lua_touserdata(state, -2) else {
            pop(2)
            return nil
        }
        // Removes the key.
        clua_replace(state, -2)
        let word = Int(bitPattern: key)
        return (word % TableFiller.kinds, word / TableFiller.kinds)
    }

    /// Pushes the member that is named at index 2, if it is not a container. It belongs to an object in the checked
    /// text on top. [+1 if there is a value]
    public func pushMember(of place: Int) -> Field { withName { pushMember($0, of: place) { _ in true } } }

    /// The same for a given name.
    public func pushMember(_ name: StaticString, of place: Int) -> Field {
        pushMember(UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount), of: place) { _ in true }
    }

    private func pushUnwrapped(of place: Int) -> Field {
        // A string may hold JSON text whose value is a table. That table must be the same at each access, so it is not
        // made here.
        withName { name in
            pushMember(name, of: place) { text in
                text.pointee != UInt8(ascii: "\"") || text[1] != UInt8(ascii: "\\") && !JSONReader.mayBegin(text[1])
            }
        }
    }

    private func withName(_ body: (UnsafeBufferPointer<UInt8>) -> Field) -> Field {
        var length = 0
        guard let name = lua_tolstring(state, 2, &length) else { return .unclear }
        // Lua does not move strings, and this one stays on the stack while `body` runs.
        return name.withMemoryRebound(to: UInt8.self, capacity: length) {
            body(UnsafeBufferPointer(start: $0, count: length))
        }
    }

    private func pushMember(
        _ name: UnsafeBufferPointer<UInt8>, of place: Int, nulls: JSONReader.Nulls = .absent,
        _ isPlain: (UnsafePointer<UInt8>) -> Bool
    ) -> Field {
        guard let checked = CheckedJSON(at: -1, of: self) else { return .unclear }
        switch checked.member(name, of: place) {
        case .null where nulls == .sentinel:
            pushNull()
            return .value
        case .missing, .null: return .missing
        case .container, .unclear: return .unclear
        case .scalar(let offset, let next):
            guard isPlain(checked.start + offset) else { return .unclear }
            var reader = JSONReader(checked, at: offset, next: next, stack: self, limits: nil, nulls: nulls)
            do throws(JSONError) {
                try reader.pushValue()
            } catch {
                return .unclear
            }
            return .value
        }
    }

    // MARK: The whole table

    /// Fills the table at `table` with the members of a container in the checked text on top. [0]
    public func fillMembers(of place: Int, into table: Int) { JSONReader.fill(table, .members, from: place, of: self) }

    /// Fills the table at `index` if it is a deferred table. [0]
    public func expandDeferred(at index: Int) {
        if hasMetatable(at: index, deferredMark) { expand(at: index) }
    }

    /// Turns the deferred table at `index` into an ordinary table, in place and without a pause. [0]
    private func expand(at index: Int) {
        guard let step = beginExpanding(at: index) else { return }
        do throws(LuaError) {
            while case .more = try step(self) {}
        } catch {
            // The step has already recorded the error in the VM.
        }
    }

    /// Begins to turn the deferred table at `index` into an ordinary one, in place. If there is more to do, it returns
    /// the step that continues. At the end of that step, the stack has the same height as before.
    func beginExpanding(at index: Int) -> WorkStep? {
        let table = absolute(index)
        guard reserve(8), let (kind, place) = pushSource(of: table) else { return nil }
        pushNil()
        lua_rawsetp(state, Int32(table), key(of: TableFiller(kind: kind), place: place))
        pushNil()
        lua_setmetatable(state, Int32(table))
        let level = count
        var step: WorkStep?
        if kind < TableFiller.firstKind {
            JSONReader.fill(table, TableFiller(kind: kind), from: place, of: self)
        } else {
            step = vm?.fillers[kind - TableFiller.firstKind].fill(self, table, place)
        }
        guard let step else {
            setCount(level - 1)
            return nil
        }
        return { stack throws(LuaError) in
            do throws(LuaError) {
                if case .more(let bytes) = try step(stack) { return .more(after: bytes) }
            } catch {
                stack.setCount(level - 1)
                stack.endUnfilled(error)
                throw error
            }
            stack.setCount(level - 1)
            return .results(0)
        }
    }

    /// Called when a limit was reached while a deferred table was filled. It ends the code even if the script catches
    /// the error, because the table is incomplete.
    func endUnfilled(_ error: LuaError) {
        vm?.fault = error
        if case .timeLimit = error { clua_arm(state) } else { clua_exhaust(clua_vm(state)) }
    }
}
