import Testing

@testable import FunctionsModel

/// What the rows of golden/dotnet/routes do not show.
@Suite struct DotNetPatternTests {
    @Test(
        arguments: [
            ("^[a-z-[b-y-[c]]]+$", ["a", "c", "z"], ["b", "y"]),
            ("^[^a-[b]]$", ["c"], ["a", "b"]),
            (#"^\P{IsGreek}$"#, ["a", "\u{ff}"], ["α"]),
            (#"^[\P{IsGreek}5]$"#, ["a", "5"], ["α"]),
            (#"^\v\e\a$"#, ["\u{b}\u{1b}\u{7}"], ["vea"]),
            (#"^\cA\060$"#, ["\u{1}0"], ["A0"]),
            (#"^\uD83D\uDE00$"#, ["😀"], ["😁"]),
            ("^..$", ["😀", "ab"], ["a", "😀b"]),
            ("^[s-t]$", ["S"], ["ſ"]),
            (#"^\w$"#, ["ſ", "\u{300}", "_"], ["-"]),
            ("(?x)^ a b # no\n c $", ["abc"], ["a b c"]),
            (#"(?-i)^\p{Lu}$"#, ["A"], ["a"]),
            ("^(?i:a)(?-i:b)$", ["Ab", "ab"], ["aB"]),
            ("^a(?#note)*$", ["", "aa"], ["b"]),
            ("^{a}$", ["{a}"], ["a"]),
        ] as [(String, [String], [String])])
    func `a pattern is matched as .NET matches it`(_ text: String, _ good: [String], _ bad: [String]) throws {
        let pattern = try RoutePattern(text)
        let found = try (good + bad).filter { try pattern.accepts($0.utf8Span.span) }
        #expect(found == good)
    }

    @Test(arguments: [
        ("a**", "a repetition follows the repetition '*'"), ("a{2}{3}", "a repetition follows the repetition '{2}'"),
        ("(?x)a+ +", "a repetition follows the repetition '+'"), ("(*a)", "'*' follows nothing that it can repeat"),
        ("|?", "'?' follows nothing that it can repeat"), ("(a", "a '(' is never closed"),
        ("a)", "a ')' closes nothing"),
        ("[a", "a '[' is never closed"), ("[z-a]", "a range such as 'z-a' runs backwards"),
        (#"[a-\d]"#, #"a range ends with a class such as '\d'"#),
        ("[a-[b]c]", "a class that another subtracts from ends with the subtraction"),
        ("a\\", #"nothing follows the last '\'"#), (#"\y"#, #"'\y' is no escape that .NET knows"#),
        (#"[\B]"#, #"'\B' is no escape that .NET knows"#), (#"\x4"#, #"'\x' needs 2 hexadecimal digits"#),
        (#"\pL"#, #"'\p' needs a name such as '\p{L}'"#),
        (#"\p{Greek}"#, "'Greek' is no category or block that .NET knows"),
        ("(?P<n>a)", "'(?P' begins no group that .NET knows"), ("(?#a", "the comment '(?#' is never closed"),
        (#"(a)\2"#, "reference to non-existent subpattern"),
    ])
    func `what .NET cannot read is refused with a reason`(_ text: String, _ reason: String) throws {
        #expect(try RoutePattern(text).refusal?.reason == reason)
    }
}
