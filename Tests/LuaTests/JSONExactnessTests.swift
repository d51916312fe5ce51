import Testing

@testable import Lua

/// What the fast ways through numbers, strings and names give is what the slow ones give.
@Suite struct JSONExactnessTests {
    @Test func `a number is the double nearest to its text`() {
        var numbers = Numbers(state: 5)
        for round in 0..<60_000 {
            let text = Self.number(&numbers, round % 6)
            guard let wanted = Double(text), wanted.isFinite else { continue }
            let bytes = Array(text.utf8) + [UInt8](repeating: 0, count: JSONOutline.padding)
            let found: JSONNumber? = bytes.withUnsafeBufferPointer { bytes in
                guard var cursor = bytes.baseAddress else { return nil }
                return JSONNumber.read(&cursor)
            }
            let value: Double? =
                switch found {
                case .double(let value): value
                case .integer(let value) where Int64(text) == value: wanted
                default: nil
                }
            if value?.bitPattern != wanted.bitPattern { Issue.record("\(text): \(String(describing: value))") }
        }
    }

    /// Random digits; what lies half-way between two doubles, or next to that; and the shortest text of a random double.
    private static func number(_ numbers: inout Numbers, _ kind: Int) -> String {
        let sign = Bool.random(using: &numbers) ? "-" : ""
        let exponent = Int.random(in: -30...30, using: &numbers)
        switch kind {
        case 0:
            let digits = String(numbers.next() >> UInt64.random(in: 0..<64, using: &numbers))
            return "\(sign)\(digits).\(numbers.next() >> UInt64.random(in: 0..<64, using: &numbers))"
        case 1: return "\(sign)\(numbers.next() >> UInt64.random(in: 0..<64, using: &numbers))e\(exponent)"
        case 2:
            // 54 bits, the last of which is half of a double's last.
            let half = (1 << 53 | numbers.next() >> 11) << 1 | 1
            return "\(sign)\(half >> 1 + UInt64.random(in: 0...2, using: &numbers)).0e0"
        case 3:
            // A double's digits to the half of its last bit, as a multiple of 1/2^n is a multiple of 5^n/10^n.
            let bits = Int.random(in: 1...4, using: &numbers)
            let odd = (1 << 53 | numbers.next() >> 11) | 1
            let five = [1, 5, 25, 125, 625][bits] as UInt64
            let (product, isLarge) = odd.multipliedReportingOverflow(by: five)
            return "\(sign)\(isLarge ? odd : product)e-\(bits)"
        case 4: return "\(sign)0.\(String(repeating: "0", count: abs(exponent)))\(numbers.next() >> 8)"
        default:
            let value = Double(bitPattern: numbers.next())
            return value.isFinite ? "\(value)" : "0.5"
        }
    }

    @Test func `a check that stops anywhere finds what one in one go finds`() {
        let (whole, inPieces) = (JSONOutline(), JSONOutline())
        var numbers = Numbers(state: 3)
        let texts = [
            #" { "name" : [ 1 , -2.5e+3 , true , null , "é\n\u20ac€" , { } , [ ] , [ [ ] , "x" ] ] , "b":{"c" :"😀"} } "#,
            "[" + String(repeating: " ", count: 50) + "\"" + String(repeating: "plain é", count: 3000) + "\"]",
            #"{"a":1,}"#, #"{"a" 1}"#, "[1 2]", "\"a\u{1}\"", "[[[", "\"\\x\"", "[] x", "",
        ]
        for round in 0..<2000 {
            let text = Array(texts[round % texts.count].utf8)
            text.withUnsafeBufferPointer { bytes in
                let isJSON = whole.check(bytes)
                inPieces.begin(copying: bytes)
                var verdict = JSONOutline.Verdict.unfinished
                while verdict == .unfinished {
                    verdict = inPieces.proceed(by: Int.random(in: 1...40, using: &numbers))
                }
                #expect((verdict == .json) == isJSON)
                guard isJSON else { return #expect(inPieces.mistake == whole.mistake) }
                #expect(whole.count == inPieces.count)
                for index in 0..<whole.count {
                    let (one, other) = (whole.list[index], inPieces.list[index])
                    #expect(one.start == other.start && one.end == other.end)
                    #expect(one.next == other.next && one.count == other.count)
                }
            }
        }
    }

    @Test func `a string is written with its escapes, of any length and at any place`() {
        var numbers = Numbers(state: 9)
        let odd: [String] = ["\"", "\\", "\n", "\u{1}", "\u{7f}", "é", "€", "😀", "\u{80}", "/"]
        let writer = JSONWriter()
        for round in 0..<4000 {
            var text = ""
            for _ in 0..<round % 41 {
                text += Int.random(in: 0..<6, using: &numbers) == 0 ? odd.randomElement(using: &numbers) ?? "" : "x"
            }
            writer.truncate()
            writer.append(string: text)
            #expect(writer.text == Self.quoted(text))
        }
    }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\\(scalar)"
            case "\n": quoted += "\\n"
            case "\u{1}": quoted += "\\u0001"
            case "\u{7f}": quoted += "\\u007f"
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }

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
    func `a text in a text becomes the value in it, or stays`(_ text: String, _ expression: String) throws {
        let lua = try TestVM()
        try JSONReader.read(text.utf8Span.span.bytes, onto: lua.vm.stack) { reader throws(JSONError) in
            try reader.pushValue(unwrapping: 2)
        }
        #expect(try lua.evaluate("local v = ... return \(expression)"))
    }

    @Test func `names are told apart, however often they come`() throws {
        let lua = try TestVM()
        var numbers = Numbers(state: 21)
        for _ in 0..<40 {
            let names = (0..<60).map { _ in
                String(repeating: "n", count: Int.random(in: 0...45, using: &numbers))
                    + String(Int.random(in: 0..<12, using: &numbers))
                    + String(repeating: "m", count: Int.random(in: 0...12, using: &numbers))
            }
            let members = Set(names).map { "\"\($0)\":\"\($0)\"" }.joined(separator: ",")
            // Names are only kept of texts that are not short.
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
