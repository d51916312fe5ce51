import Testing

@testable import Lua

/// The fast check of a payload, and members that are found in it without reading the rest.
@Suite struct CheckedJSONTests {
    private static let texts = [
        #"{"Data":{"req":{"Url":"http://x/a?b=c","Query":{},"Headers":{"Accept":["*/*"]},"Body":"{\"id\":1}"}},"Metadata":{}}"#,
        #" { "a" : [ 1 , -2.5e+3 , 0 , [ ] , { } ] , "b" : { "c" : null , "d" : true , "e" : false } } "#,
        #"["plain","é€😀","\u00e9\ud83d\ude00\"\\\/\b\f\n\r\t",12345678901234567890,1e-400,0.1]"#,
        #"{"\u0061":1,"a":2,"":3,"long enough for two words":"and its value, too, with é"}"#,
        "[[[[]],[{}]],{\"a\":{\"b\":{\"c\":[1,2,{\"d\":[]}]}}}]",
        "\"text\"", "17", "null", "[]", "{}",
    ]

    @Test func `the fast check and the slow one agree on texts with random mistakes`() {
        let outline = JSONOutline()
        var numbers = Numbers(state: 11)
        let alphabet =
            Array("{}[]:,\"\\ \n0123456789.-+eEtruefalsnu/x\0\u{1}\u{7f}".utf8) + [0x80, 0xc3, 0xa9, 0xed, 0xff]
        var accepted = 0
        for round in 0..<40_000 {
            var text = Array(Self.texts[round % Self.texts.count].utf8)
            for _ in 0..<Int(numbers.next() % 4) {
                let place = Int(numbers.next() % UInt64(text.count))
                let byte = alphabet[Int(numbers.next() % UInt64(alphabet.count))]
                switch numbers.next() % 3 {
                case 0: text[place] = byte
                case 1: text.insert(byte, at: place)
                default: if text.count > 1 { text.remove(at: place) }
                }
            }
            let isJSON = text.withUnsafeBufferPointer { outline.check($0) }
            accepted += isJSON ? 1 : 0
            if isJSON != Self.isJSON(text) { Issue.record("\(String(decoding: text, as: UTF8.self))") }
        }
        #expect((1_000...39_000).contains(accepted))
    }

    private static func isJSON(_ text: [UInt8]) -> Bool {
        text.withUnsafeBufferPointer { bytes in
            var scanner = JSONScanner(bytes)
            do throws(JSONError) {
                try scanner.skipValue()
                try scanner.expectEnd()
                return true
            } catch {
                return false
            }
        }
    }

    @Test func `numbers and depth have the limits of reading`() {
        let outline = JSONOutline()
        for text in [
            "1e999", "-1e999", "1e308", "[1e-999]", String(repeating: "9", count: 400),
            String(repeating: "[", count: 128) + String(repeating: "]", count: 128),
            String(repeating: "[", count: 129) + String(repeating: "]", count: 129),
            String(repeating: "{\"a\":", count: 128) + "1" + String(repeating: "}", count: 128),
            String(repeating: "{\"a\":", count: 129) + "1" + String(repeating: "}", count: 129),
        ] {
            let bytes = Array(text.utf8)
            #expect(bytes.withUnsafeBufferPointer { outline.check($0) } == Self.isJSON(bytes), "\(text.prefix(20))")
        }
    }

    /// Each line over the deferred table `t` of that text must be true.
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
    func `a member is what it is in the whole table`(_ expression: String) throws {
        let lua = try TestVM()
        try lua.pushDeferred(
            #"""
            {"a":1, "a":2 ,"":3,"text":"a\"b\\c\n€","number":-15e-1,"int":9007199254740993,"yes":true,"no":false,
             "gone":1,"gone":null,"back":null,"back":1,"list":[1,[3]],"object":{"x":{"y":1}},"empty":{ },"\u0065scaped":5}
            """#)
        #expect(try lua.evaluate("local t = ... return \(expression)"))
        #expect(lua.vm.stack.count == 0)
    }

    @Test func `large containers are filled when they are touched, and are the same at each access`() throws {
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
