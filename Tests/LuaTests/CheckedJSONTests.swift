import JSON
import TestSupport
import Testing

@testable import Lua

/// Tests members that are found in a payload without reading the rest.
@Suite struct CheckedJSONTests {
    /// Each expression over the deferred table `t` of that text must be true.
    @Test(arguments: [
        "t.a == 2 and t.a == 2", "t[''] == 3", "t.missing == nil and t.missing == nil",
        #"t.text == 'a"b\\c\n€'"#, "t.number == -1.5 and t.int == 9007199254740993", "t.yes == true and t.no == false",
        "t.gone == nil and t.back == 1", "t.list[2][1] == 3 and t.list == t.list", "t.object.x.y == 1",
        "t.empty and next(t.empty) == nil and t.empty == t.empty",
        "(function() local o = t.object t.object = nil return o.x.y == 1 and t.object == nil end)()",
        "(function() local a = t.a t.a = nil return a == 2 and t.a == nil end)()",
        "(function() local n = 0 for i = 1, 10000 do n = n + t.a + #t.text end return n == 10000 * 11 end)()",
        "(function() local n, a = 0, t.a for _ in pairs(t) do n = n + 1 end return n == 12 and a == 2 end)()",
        "t.escaped == 5",
    ])
    func `a member read alone equals the one in the whole table`(_ expression: String) throws {
        let lua = try TestVM()
        try lua.pushDeferred(
            #"""
            {"a":1, "a":2 ,"":3,"text":"a\"b\\c\n€","number":-15e-1,"int":9007199254740993,"yes":true,"no":false,
             "gone":1,"gone":null,"back":null,"back":1,"list":[1,[3]],"object":{"x":{"y":1}},"empty":{ },"\u0065scaped":5}
            """#)
        #expect(try lua.evaluate("local t = ... return \(expression)"))
        #expect(lua.vm.stack.count == 0)
    }

    @Test func `large containers are filled on first access and stay the same`() throws {
        let lua = try TestVM()
        let inner = "{" + (1...60).map { "\"key\($0)\":[\($0),{\"n\":\($0)}]" }.joined(separator: ",") + "}"
        try lua.pushDeferred("{\"first\":\(inner),\"list\":[\(inner),\(inner)],\"last\":\(inner)}")
        #expect(
            try lua.evaluate(
                """
                local t = ...
                local first, list = t.first, t.list
                local sum = 0
                for _, part in ipairs { first, list[1], list[2], t.last } do
                    for i = 1, 60 do sum = sum + part["key" .. i][1] + part["key" .. i][2].n end
                end
                return sum == 4 * 2 * 1830 and first == t.first and list[2] == t.list[2] and #list == 2
                """))
    }
}
