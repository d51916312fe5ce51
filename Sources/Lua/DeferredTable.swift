internal import CLua

/// How tables of one kind get their members when a script first touches them.
public struct TableFiller {
    /// Told apart from the numbers of `JSONReader.Deferral`.
    fileprivate let kind: Int64

    fileprivate static let firstKind: Int64 = 16
}

/// Deferred tables: they hold a value that tells what their members will be, and a script cannot tell them from others.
extension LuaStack {
    /// Makes a filler, which lives as long as the VM. `body` gets the index of an empty table, and on top of the stack
    /// the value that `pushDeferred` took; it may leave more values there.
    public func makeFiller(_ body: @escaping (LuaStack, _ table: Int) -> Void) -> TableFiller {
        makeLongFiller { stack, table in
            body(stack, table)
            return nil
        }
    }

    /// Makes a filler that takes long: `body` answers the step that goes on until it has results, of which there are none.
    /// A step that throws ends the run, since the table is not whole.
    public func makeLongFiller(_ body: @escaping (LuaStack, _ table: Int) -> WorkStep?) -> TableFiller {
        guard let vm else { return TableFiller(kind: JSONReader.Deferral.plain.rawValue) }
        vm.fillers.append(body)
        return TableFiller(kind: TableFiller.firstKind + Int64(vm.fillers.count - 1))
    }

    /// Puts a table in place of the value on top, which is not nil; `filler` makes the table's members of that value. [0]
    public func pushDeferred(_ filler: TableFiller) { pushDeferred(kind: filler.kind) }

    func pushDeferred(kind: Int64) {
        clua_newtable(state, 0, 1)
        clua_insert(state, -2)
        lua_rawsetp(state, -2, deferredKey + Int(kind))
        setMetatable(at: -1, deferredMark)
    }

    private var deferredMark: LuaReference { LuaReference(slot: clua_host(state).pointee.deferred) }

    /// The key of the one thing that a deferred table holds is this address, which no script can come by, plus the kind.
    private var deferredKey: UnsafeRawPointer { UnsafeRawPointer(clua_host(state)) }

    /// Makes sure that the table at `index` holds its members. [0]
    public func expandDeferred(at index: Int) {
        if hasMetatable(at: index, deferredMark) { expand(at: index) }
    }

    /// Turns the deferred table at `index` into the real one, in place and in one go. [0]
    private func expand(at index: Int) {
        guard let step = beginExpanding(at: index) else { return }
        do throws(LuaError) {
            while case .more = try step(self) {}
        } catch {
            // The step has told the VM.
        }
    }

    /// Begins to turn the deferred table at `index` into the real one, in place; answers the step that goes on, if there is
    /// more to do. The stack is the same at its end.
    func beginExpanding(at index: Int) -> WorkStep? {
        let table = lua_absindex(state, Int32(index))
        guard reserve(8) else { return nil }
        pushNil()
        guard lua_next(state, table) != 0, let key = lua_touserdata(state, -2) else { return nil }
        let kind = Int64(UnsafeRawPointer(key) - deferredKey)
        pushNil()
        lua_rawsetp(state, table, key)
        // Over the key, on which nothing more depends.
        clua_replace(state, -2)
        pushNil()
        lua_setmetatable(state, table)
        let level = count
        var step: WorkStep?
        if let deferral = JSONReader.Deferral(rawValue: kind) {
            JSONReader.fill(Int(table), deferral, of: self)
        } else {
            step = vm?.fillers[Int(kind - TableFiller.firstKind)](self, Int(table))
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

    /// A limit was reached while a deferred table was filled. A script that catches the error must not go on with half a
    /// table.
    func endUnfilled(_ error: LuaError) {
        vm?.fault = error
        if case .timeLimit = error { clua_arm(state) } else { clua_exhaust(clua_host(state)) }
    }
}
