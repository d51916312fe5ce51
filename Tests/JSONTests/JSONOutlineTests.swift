import TestSupport
import Testing

@testable import JSON

/// Tests that the fast check of a text agrees with the slow one, wherever it stops.
@Suite struct JSONOutlineTests {
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

    @Test func `a check with pauses has the same result as one without`() {
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
}
