import Lua

/// What a test changes of the world in which its functions run.
extension TestScript {
    var time: Double { bench.clock.time }

    func setTime(_ stack: LuaStack) throws(LuaError) {
        if let number = stack.number(at: 1), stack.type(at: 1) == .number {
            guard CivilTime(number) != nil else {
                throw .message("clock:set takes seconds between the years 0000 and 9999")
            }
            return bench.clock.set(number)
        }
        guard let text = stack.bytes(at: 1), text.count <= 100 else {
            throw .message("clock:set takes a number of seconds since 1970, or a text such as \"2026-01-15T12:00:00Z\"")
        }
        do throws(RFC3339.Mistake) {
            let time = try RFC3339.parse(text)
            bench.clock.set(Double(time.seconds) + time.fraction)
        } catch {
            throw .message("clock:set: \(error.description)")
        }
    }

    func setEnvironment(_ stack: LuaStack) throws(LuaError) {
        guard let name = stack.string(at: 1), !name.isEmpty, stack.type(at: 1) == .string else {
            throw .message("stub.env takes the name of a setting and its value: stub.env(\"NAME\", \"value\")")
        }
        let value = stack.isNil(at: 2) ? nil : stack.numberText(at: 2) ?? stack.string(at: 2)
        guard value != nil || stack.isNil(at: 2) else {
            throw .message("stub.env: the value must be text, or nil for a setting that does not exist")
        }
        let held = heldEnvironment ?? HeldBytes(vm?.lua)
        heldEnvironment = held
        let others = held.count - size(of: name, bench.environment[name])
        guard held.hold(others + size(of: name, value)) else { throw .memoryLimit }
        bench.environment[name] = value
    }

    /// What a setting takes of the memory of the test file. The settings that the file has found cost it nothing.
    private func size(of name: String, _ value: String?) -> Int {
        guard let value, value != environment[name] else { return 0 }
        return name.utf8.count + value.utf8.count + 64
    }
}
