import JSON
import TestSupport
import Testing

@testable import Lua

/// Tests that strings and names are read and written by the fast code as by the slow code.
@Suite struct JSONExactnessTests {
    @Test func `the first byte that is not UTF-8 is found, wherever it is`() throws {
        let wrong: [[UInt8]] = [
            [0x80], [0xc1, 0xbf], [0xc3], [0xe0, 0x9f, 0xbf], [0xed, 0xa0, 0x80], [0xe2, 0x82],
            [0xf0, 0x8f, 0xbf, 0xbf], [0xf4, 0x90, 0x80, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xf0, 0x9f, 0x98], [0xff],
        ]
        let lua = try TestVM()
        for bytes in wrong {
            for before in 0..<20 {
                for after in [0, 1, 7, 8, 20] {
                    let text =
                        Array("é".utf8) + [UInt8](repeating: 0x78, count: before) + bytes
                        + [UInt8](repeating: 0x78, count: after)
                    lua.vm.stack.push(bytes: text)
                    let error = #expect(throws: JSONError.self) { try lua.vm.writer.append(at: -1, of: lua.vm.stack) }
                    #expect(error == .unwritable(.invalidUTF8(byte: before + 3), path: ""))
                    lua.vm.stack.pop()
                    #expect(lua.readError([0x22] + text + [0x22])?.hasSuffix("bytes that are not UTF-8") == true)
                }
            }
        }
    }

    @Test(arguments: [
        (#""\"[1,2]\"""#, "v[2] == 2"), (#""\"[1,\"""#, "v == '[1,'"), (#""\"\\\"x\\\"\"""#, "v == 'x'"),
        (#""\"\\u005b1,\"""#, "v == '[1,'"), (#""[1,""#, "v == '[1,'"), (#""""#, "v == ''"),
    ])
    func `a JSON text inside a string becomes its value, and any other string stays`(
        _ text: String, _ expression: String
    ) throws {
        let lua = try TestVM()
        try JSONReader.read(text.utf8Span.span.bytes, onto: lua.vm.stack) { reader throws(JSONError) in
            try reader.pushValue(unwrapping: 2)
        }
        #expect(try lua.evaluate("local v = ... return \(expression)"))
    }

    @Test func `different names are distinguished, however often they occur`() throws {
        let lua = try TestVM()
        var numbers = Numbers(state: 21)
        for _ in 0..<40 {
            let names = (0..<60).map { _ in
                String(repeating: "n", count: Int.random(in: 0...45, using: &numbers))
                    + String(Int.random(in: 0..<12, using: &numbers))
                    + String(repeating: "m", count: Int.random(in: 0...12, using: &numbers))
            }
            let members = Set(names).map { "\"\($0)\":\"\($0)\"" }.joined(separator: ",")
            // Names are remembered only if the text is not short.
            try lua.read("[" + String(repeating: "{\(members)},", count: 8) + "{}]")
            #expect(
                try lua.evaluate(
                    """
                    local list = ...
                    for _, object in ipairs(list) do
                        local count = 0
                        for name, value in pairs(object) do
                            if name ~= value or object[name] ~= name then return false end
                            count = count + 1
                        end
                        if count ~= \(Set(names).count) and next(object) then return false end
                    end
                    return #list == 9
                    """))
        }
    }
}
