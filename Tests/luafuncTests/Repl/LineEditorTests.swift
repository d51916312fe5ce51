import Testing

@testable import luafunc

/// Keys go in as a terminal sends them, and the line comes out.
@Suite struct LineEditorTests {
    struct Row: CustomTestStringConvertible {
        let keys: String
        /// The line, with | for the cursor.
        let line: String
        var testDescription: String { keys.debugDescription }

        init(_ keys: String, _ line: String) { (self.keys, self.line) = (keys, line) }
    }

    static let rows = [
        Row("abc", "abc|"), Row("abc\u{1b}[D", "ab|c"), Row("abc\u{1b}OD\u{2}x", "ax|bc"),
        Row("abc\u{1}x", "x|abc"), Row("abc\u{1}\u{5}x", "abcx|"), Row("abc\u{1b}[Hx\u{1b}[Fy", "xabcy|"),
        Row("abc\u{1b}[1~\u{1b}[3~", "|bc"), Row("abc\u{1b}[4~\u{1b}[3~", "abc|"), Row("abc\u{7f}\u{8}", "a|"),
        Row("\u{7f}", "|"), Row("ab\u{1}\u{4}", "|b"), Row("abc\u{1}\u{6}\u{b}", "a|"),
        Row("abc\u{2}\u{15}", "|c"), Row("a b.c  \u{17}", "a |"), Row("a bc\u{17}\u{19}\u{19}", "a bcbc|"),
        Row("ab\u{14}", "ba|"), Row("abc\u{1}\u{6}\u{14}", "ba|c"), Row("a\u{14}", "a|"),
        Row("one two\u{1b}b", "one |two"), Row("one two\u{1b}b\u{1b}b\u{1b}f", "one| two"),
        Row("one two\u{1}\u{1b}d", "| two"), Row("one two\u{1b}[1;5D", "one |two"), Row("one two\u{1b}\u{7f}", "one |"),
        // Characters of several bytes and code points are one.
        Row("日本語\u{1b}[D\u{7f}", "日|語"), Row("e\u{301}x\u{1b}[D\u{7f}", "|x"), Row("👨‍👩‍👧a\u{2}\u{7f}", "|a"),
        Row("ae\u{1b}[D\u{301}", "a\u{301}|e"), Row("🇩🇪🇫🇷\u{7f}", "🇩🇪|"),
        // A pasted text is one piece, also with line breaks and control characters.
        Row("\u{1b}[200~a\rb\u{1b}[201~c", "a\nbc|"), Row("\u{1b}[200~a\nbc\u{1b}[201~\u{1b}[A", "a|\nbc"),
        Row("\u{1b}[200~abc\nd\u{1b}[201~\u{1b}[A\u{1b}[F\u{1b}[B", "abc\nd|"),
        Row("\u{1b}[200~a\nbc\u{1b}[201~\u{1}x", "a\nx|bc"), Row("\u{1b}[200~a\nbc\u{1b}[201~\u{15}\u{7f}", "a|"),
        // Sequences without a meaning.
        Row("a\u{1b}[99~\u{1b}[?1h\u{1b}x\u{1b}Ozb", "ab|"), Row("a\u{1b}\u{1b}[D", "|a"), Row("a\u{1c}\u{0}b", "ab|"),
        // History: the oldest line is "first", the latest "x = 2".
        Row("\u{1b}[A", "x = 2|"), Row("\u{10}\u{10}\u{10}\u{10}", "first|"), Row("new\u{1b}[A\u{1b}[B", "new|"),
        Row("\u{10}\u{10}\u{e}", "x = 2|"), Row("\u{12}x =", "x = 2|"), Row("\u{12}x =\u{12}", "x = 1|"),
        Row("ab\u{12}irs\u{7}", "ab|"), Row("\u{12}irs\u{1}", "|first"), Row("\u{12}none", "|"),
        Row("\u{12}x = 1\u{7f}2", "x = 2|"),
    ]

    private static let history = ["first", "x = 1", "y", "x = 2"]

    @Test(arguments: rows)
    func `keys change the line and the cursor`(_ row: Row) {
        // Whether the bytes come at once or one by one makes no difference.
        for size in [1, 1000] {
            var (reader, editor) = (KeyReader(), LineEditor())
            editor.history = Self.history
            for start in stride(from: 0, to: row.keys.utf8.count, by: size) {
                reader.add(Array(row.keys.utf8.dropFirst(start).prefix(size)))
                while let key = reader.next() { #expect(editor.handle(key) == .redraw) }
            }
            let place = editor.textBeforeCursor
            #expect(place + "|" + editor.text.dropFirst(place.count) == row.line)
        }
    }

    @Test(arguments: [
        ("\r", LineEditor.Action.submit("ab")), ("\n", .submit("ab")), ("\t", .complete), ("\u{c}", .clearScreen),
        ("\u{3}", .interrupt), ("\u{15}\u{4}", .endOfInput), ("\u{1a}", .suspend), ("\u{12}irs\r", .submit("first")),
    ])
    func `keys do what they are for`(keys: String, action: LineEditor.Action) {
        var (reader, editor) = (KeyReader(), LineEditor())
        editor.history = Self.history
        editor.insert("ab")
        reader.add(Array(keys.utf8))
        var last: LineEditor.Action?
        while let key = reader.next() { last = editor.handle(key) }
        #expect(last == action)
    }

    @Test func `an interrupt gets through although a paste or a sequence does not end`() {
        for begun in ["\u{1b}[200~abc", "\u{1b}", "\u{1b}[12"] {
            var reader = KeyReader()
            reader.add(Array(begun.utf8))
            #expect(reader.next() == nil)
            reader.add([3])
            #expect(reader.next() == .interrupt)
        }
    }

    @Test func `bytes that are no UTF-8 and endless sequences do no harm`() {
        var reader = KeyReader()
        reader.add([0xff, 0xc3, 0x28, 0xf0] + Array("\u{1b}[\(String(repeating: "1", count: 5000))".utf8))
        #expect(reader.next() == .text("\u{fffd}\u{fffd}(\u{fffd}"))
        #expect(reader.next() == .unknown)
        reader.add([0x61])
        #expect(reader.next() == .text("a"))
    }

    @Test func `what is typed while code runs waits, but an interrupt does not`() {
        var reader = KeyReader()
        reader.add(Array("ab".utf8))
        #expect(reader.takeSignal() == nil)
        reader.add(Array("c\u{3}d".utf8))
        #expect(reader.takeSignal() == .interrupt)
        #expect(reader.next() == .text("d"))
    }

    @Test(arguments: [
        ("a", 1), ("\u{e9}", 1), ("e\u{301}", 1), ("\u{301}", 0), ("日", 2), ("ｱ", 1), ("Ａ", 2), ("👍", 2), ("👨‍👩‍👧", 2),
        ("🇩🇪", 2), ("❤\u{fe0f}", 2), ("❤", 1), ("한", 2), ("\u{200b}", 0), ("→", 1), ("𠀀", 2),
    ])
    func `a character has its number of columns`(text: String, columns: Int) {
        #expect(text.first?.columns == columns && text.count == 1)
    }
}
