import Testing

@testable import Patterns

struct PatternTests {
    /// A pattern, texts it matches and texts it does not, as .NET has them.
    @Test(
        arguments: [
            ("b", ["abc", "B"], ["ac", ""]),
            ("a|b", ["xa", "xb"], ["x"]),
            ("^$", [""], ["x"]),
            ("x*", ["", "y"], []),
            ("^[a-c]+$", ["abc", "ABC"], ["abd", ""]),
            ("^a$", ["a", "a\n"], ["a\n\n", "\na"]),
            (#"^a\z"#, ["a"], ["a\n"]),
            (#"^a\Z"#, ["a", "a\n"], ["a\n\n"]),
            (#"^\d$"#, ["5", "٣"], ["a"]),
            (#"^\s$"#, [" ", "\u{a0}"], ["a"]),
            (#"^\w+$"#, ["aé_1"], ["-"]),
            (#"\bfoo\b"#, ["foo", "a-foo"], ["afoo", "éfoo"]),
            ("^é$", ["é", "É"], ["e"]),
            ("k", ["K", "\u{212a}"], ["x"]),
            ("^(?-i)a$", ["a"], ["A"]),
            (#"^(?<x>a)\k<x>$"#, ["aa"], ["a"]),
            (#"^(?'n'a)\k'n'$"#, ["aa"], ["a"]),
            ("^(?<n>a)|(?<n>b)$", ["a", "b"], ["c"]),
            (#"^\u0041\x42$"#, ["AB"], ["A"]),
            ("^(a)?(?(1)b|c)$", ["ab", "c"], ["b"]),
            ("^a{,2}$", ["a{,2}"], ["a", "aa"]),
            ("^(?>a+)b$", ["aab"], ["aaa"]),
            ("(?<=x)y", ["xy"], ["y"]),
            ("^[]a]$", ["]", "a"], ["b"]),
        ] as [(String, [String], [String])])
    func `a pattern matches what .NET matches`(_ text: String, _ good: [String], _ bad: [String]) throws {
        let pattern = try Pattern(text)
        let found = (good + bad).filter { pattern.match($0.utf8Span.span) == .found }
        #expect(found == good)
    }

    @Test(
        arguments: [
            ("^(a+)+$", String(repeating: "a", count: 40) + "!"),
            ("(a+)+$", String(repeating: "a", count: 40) + "!"),
            ("^(a|aa)+$", String(repeating: "a", count: 60) + "!"),
            (#"^(\w+\s?)*$"#, String(repeating: "é", count: 60) + "!"),
            (#"^(a*)*\1$"#, String(repeating: "a", count: 60) + "!"),
            // Each starting position takes little time, but there are many.
            ("(?:a|b){0,50}c?(?=y)", String(repeating: "a", count: 1000)),
            // Each step scans the whole rest of the text.
            ("[^x]*+y", String(repeating: "a", count: 60_000)),
            (#"\X*+!"#, String(repeating: "á", count: 30_000)),
        ])
    func `a match that takes too many steps is abandoned`(_ pattern: String, _ text: String) throws {
        #expect(try Pattern(pattern).match(text.utf8Span.span) == .tooHard)
    }

    @Test func `the memory of a match is limited, however many groups it has`() throws {
        let pattern = try Pattern("^" + String(repeating: "()", count: 1000) + "(a|b)+$")
        let text = String(repeating: "a", count: 400)
        #expect(pattern.match(text.utf8Span.span) == .tooHard)
    }

    @Test(arguments: [("^([a-z]|-)+$", 180), ("^[a-z-]+$", 60_000), ("b$", 900)])
    func `a pattern that goes through the text once has the steps it needs`(_ pattern: String, _ count: Int) throws {
        let text = String(repeating: "a-", count: count / 2) + "b"
        #expect(try Pattern(pattern).match(text.utf8Span.span) == .found)
    }

    @Test func `all texts have about the same work at most`() {
        #expect(Pattern.steps(for: 0) == 20_000)
        #expect(Pattern.steps(for: 50) == 20_000)
        #expect(Pattern.steps(for: 1000) == 1000)
        #expect(Pattern.steps(for: 65_536) == 15)
    }

    @Test(arguments: [[0xff], [0x61, 0xc3], [0xc3, 0x28], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80]] as [[UInt8]])
    func `a text that is not UTF-8 does not match`(_ text: [UInt8]) throws {
        #expect(try Pattern("").match(text.span) == .none)
        #expect(try Pattern("^.*$").match(text.span) == .none)
    }

    @Test func `threads match one pattern at the same time`() async throws {
        let pattern = try Pattern(#"^(?<word>[a-z]+)-\k<word>$"#)
        let count = await withTaskGroup(of: Int.self) { group in
            for thread in 0..<8 {
                group.addTask {
                    let word = String(repeating: ["ab", "cd", "ef", "gh"][thread % 4], count: 10)
                    let (same, other) = ("\(word)-\(word.uppercased())", "\(word)-x\(word)")
                    return (0..<500).count { _ in
                        pattern.match(same.utf8Span.span) == .found && pattern.match(other.utf8Span.span) == .none
                    }
                }
            }
            return await group.reduce(0, +)
        }
        #expect(count == 8 * 500)
    }

    @Test(
        arguments: [
            ("(", 1, "missing closing parenthesis"),
            ("a)b(", 2, "unmatched closing parenthesis"),
            ("é[", 2, "missing terminating ] for character class"),
            ("*a", 1, "quantifier does not follow a repeatable item"),
            ("(?<=a+)b", 1, "lookbehind assertion is not fixed length"),
            (#"\p{IsGreek}"#, 11, #"unknown property after \P or \p"#),
            ("((a{1,9999}){1,9999}){1,9999}", 29, "regular expression is too large"),
        ])
    func `an invalid pattern is reported with its position`(_ text: String, _ position: Int, _ reason: String) {
        #expect(throws: PatternError(reason: reason, position: position)) { try Pattern(text) }
    }
}
