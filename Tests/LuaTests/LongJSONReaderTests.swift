import CLua
import JSON
import TestSupport
import Testing

@testable import Lua

/// Tests that long JSON texts are read in steps, with the same values and errors as without pauses.
@Suite struct LongJSONReaderTests {
    @Test(arguments: [JSONReader.Nulls.sentinel, .absent])
    func `reading with a pause at every check gives the same values as reading without`(_ nulls: JSONReader.Nulls)
        throws
    {
        let lua = try TestVM()
        var numbers = Numbers(state: 7)
        for round in 0..<16 {
            let text = Self.text(&numbers, padding: round * 1033)
            for isSparing in [false, true] {
                try JSONReader.read(text.utf8Span.span.bytes, onto: lua.vm.stack, nulls: nulls) {
                    reader throws(JSONError) in
                    try reader.pushValue()
                }
                let pauses = try Self.readWithPauses(text, nulls, isSparing: isSparing, in: lua)
                #expect(pauses >= text.utf8.count / (4 * JSONScanner.stretch), "round \(round)")
                #expect(try lua.evaluate(Self.equality), "round \(round)")
            }
            lua.vm.stack.setCount(0)
        }
    }

    @Test(arguments: [
        "", " ", "[", "{", "]", "[1", "[1,", "[1,]", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}",
        "{1:2}", "[}", "{]",
        "[1] x", "nul", "[nul]", "\"a", "[\"\\x\"]", "[1e999]", "[01]", "[\"\u{1}\"]", "[1 2]", "{\"a\" 1}",
        "[[[[[[1]]]]]", "{} {}",
        String(repeating: "[", count: 129), String(repeating: "{\"a\":", count: 129),
    ])
    func `an error is the same as when reading without pauses`(_ text: String) throws {
        let lua = try TestVM()
        for padding in [0, 40_000] {
            let text = String(repeating: " ", count: padding) + text
            let reader = LongJSONReader()
            let error = #expect(throws: JSONError.self) {
                while !(try reader.advance(text.utf8Span.span.bytes, onto: lua.vm.stack)) {}
            }
            lua.vm.stack.setCount(0)
            #expect(error?.description == lua.readError(Array(text.utf8)))
        }
    }

    @Test func `the nesting limit is the same as when reading without pauses`() throws {
        let lua = try TestVM()
        let text = String(repeating: "[", count: 128) + String(repeating: "]", count: 128)
        let reader = LongJSONReader()
        #expect(try reader.advance(text.utf8Span.span.bytes, onto: lua.vm.stack))
        #expect(lua.vm.stack.count == 1)
        lua.vm.stack.pop()
        let inner = LongJSONReader(depth: 2)
        #expect(throws: JSONError.self) { try inner.advance(text.utf8Span.span.bytes, onto: lua.vm.stack) }
        lua.vm.stack.setCount(0)
    }

    @Test func `of equal keys the last one counts, even if it is null`() throws {
        let lua = try TestVM()
        let text = "{\"a\":1,\"b\":2,\"a\":null,\"b\":3}"
        try JSONReader.read(text.utf8Span.span.bytes, onto: lua.vm.stack, nulls: .absent) { reader throws(JSONError) in
            try reader.pushValue()
        }
        let reader = LongJSONReader(nulls: .absent)
        #expect(try reader.advance(text.utf8Span.span.bytes, onto: lua.vm.stack))
        #expect(
            try lua.evaluate(
                "for _, t in ipairs { ... } do if t.a ~= nil or t.b ~= 3 then return false end end return true"))
        lua.vm.stack.setCount(0)
    }

    // MARK: -

    /// Pushes the value. A thread reads it with a slice that is always over. Returns the number of pauses.
    private static func readWithPauses(
        _ text: String, _ nulls: JSONReader.Nulls, isSparing: Bool, in lua: TestVM
    ) throws -> Int {
        var pauses = 0
        lua.vm.stack.push(function: "read") { stack throws(LuaError) in
            let reader = LongJSONReader(nulls: nulls)
            var sparing = SparingJSONReader(nulls: nulls, depth: 0)
            stack.push(text)
            do throws(JSONError) {
                clua_vm(stack.state).pointee.ticks = 1
                if isSparing {
                    while !(try sparing.advance(text.utf8Span.span.bytes, onto: stack)) { pauses += 1 }
                } else {
                    while !(try reader.advance(at: 1, of: stack)) { pauses += 1 }
                }
                clua_vm(stack.state).pointee.ticks = 0
            } catch {
                throw .message("\(error)")
            }
            return 1
        }
        let thread = lua.vm.makeThread()
        lua.vm.stack.move(1, to: thread.stack)
        guard case .finished(1) = thread.resume() else { throw thread.failure() }
        thread.stack.move(1, to: lua.vm.stack)
        return pauses
    }

    private static let equality = """
        local function equal(a, b)
            if type(a) ~= "table" or type(b) ~= "table" then return a == b and math.type(a) == math.type(b) end
            for key, value in pairs(a) do if not equal(value, b[key]) then return false end end
            for key in pairs(b) do if a[key] == nil then return false end end
            return #a == #b
        end
        return equal(...)
        """

    /// A JSON text of some 100 KB, with white space before it, so that the checks come at different positions each
    /// time.
    private static func text(_ numbers: inout Numbers, padding: Int) -> String {
        func value(_ depth: Int) -> String {
            switch Int.random(in: 0..<(depth < 6 ? 12 : 7), using: &numbers) {
            case 0: "null"
            case 1: "true"
            case 2: "false"
            case 3: "\(Int.random(in: -1000...1000, using: &numbers))"
            case 4: "\(Double.random(in: -1...1, using: &numbers))"
            case 5:
                "\"\(String(repeating: ["a", "é", "\\n", "\\u20ac"].randomElement(using: &numbers) ?? "", count: Int.random(in: 0..<(depth == 1 ? 9000 : 40), using: &numbers)))\""
            case 6: ["{}", "[]", "{ }", "[ ]", "\"\""].randomElement(using: &numbers) ?? ""
            case 7, 8, 9:
                "[" + (0..<Int.random(in: 1..<20, using: &numbers)).map { _ in value(depth + 1) }.joined(separator: ",")
                    + "]"
            default:
                "{"
                    + (0..<Int.random(in: 1..<20, using: &numbers)).map { _ in
                        "\"k\(Int.random(in: 0..<30, using: &numbers))\" : \(value(depth + 1))"
                    }.joined(separator: " , ") + "}"
            }
        }
        var elements: [String] = []
        var count = 0
        while count < 100_000 {
            elements.append(value(1))
            count += elements[elements.count - 1].utf8.count
        }
        return String(repeating: " ", count: padding) + "[" + elements.joined(separator: ",") + "]"
    }
}
