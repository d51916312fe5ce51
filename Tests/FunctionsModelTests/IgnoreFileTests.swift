import Testing

@testable import FunctionsModel

@Suite struct IgnoreFileTests {
    /// A .gitignore, a path below it (with `/` at its end for a folder), and whether git ignores that.
    private static let rows: [(text: String, path: String, isIgnored: Bool)] = [
        ("a.txt", "a.txt", true),
        ("a.txt", "x/y/a.txt", true),
        ("a.txt", "a.txt.lua", false),
        ("a.txt", "a.txt/b", true),
        ("# a.txt", "a.txt", false),
        ("\\#a", "#a", true),
        ("\\!a", "!a", true),
        ("\n\n  \na", "a", true),
        ("a  ", "a", true),
        ("a\\ ", "a ", true),
        ("a\\ ", "a", false),
        (" a", " a", true),
        ("a\r\nb\r\n", "b", true),
        ("\u{feff}a", "a", true),
        ("/a", "a", true),
        ("/a", "x/a", false),
        ("x/a", "x/a", true),
        ("x/a", "y/x/a", false),
        ("x/a", "x/a/b", true),
        ("a/", "a/", true),
        ("a/", "a", false),
        ("a/", "x/a/", true),
        ("a/", "x/a/b", true),
        ("x/a/", "x/a/b", true),
        ("x/a/", "y/x/a/b", false),
        ("*.txt", "x/a.txt", true),
        ("*.txt", ".txt", true),
        ("*", "x/y", true),
        ("x/*", "x/a", true),
        ("x/*", "x/a/b", true),
        ("x/*.txt", "x/a/b.txt", false),
        ("a*b*c", "aXbYbZc", true),
        ("a*b*c", "aXbY", false),
        ("*a*a*a*a*a*a*a*ab", "aaaaaaaaaaaaaaaaaaaaaaaaaaaa", false),
        ("a?c", "abc", true),
        ("a?c", "ac", false),
        ("x?a", "x/a", false),
        ("[a-c]x", "bx", true),
        ("[a-c]x", "dx", false),
        ("[!a-c]x", "dx", true),
        ("[^a-c]x", "bx", false),
        ("[]x]y", "]y", true),
        ("[a-]y", "-y", true),
        ("[\\]]y", "]y", true),
        ("[b-a]y", "ay", false),
        ("[a", "[a", false),
        ("a\\*", "a*", true),
        ("a\\*", "ab", false),
        ("a\\", "a", false),
        ("**/a", "a", true),
        ("**/a", "x/y/a", true),
        ("**/x/a", "y/x/a", true),
        ("x/**", "x/a", true),
        ("x/**", "x/y/a", true),
        ("x/**", "x/", false),
        ("x/**/a", "x/a", true),
        ("x/**/a", "x/y/z/a", true),
        ("x/**/a", "y/x/a", false),
        ("x/**/", "x/y/a", true),
        ("x/**/", "x/a", false),
        ("**", "a", true),
        ("/**", "a", true),
        ("**/", "x/a", true),
        ("**/", "a", false),
        ("a**b", "aXb", true),
        ("x/a**", "x/ab/c", true),
        ("x**/a", "xy/a", true),
        ("*.txt\n!a.txt", "a.txt", false),
        ("*.txt\n!a.txt", "b.txt", true),
        ("!a.txt\n*.txt", "a.txt", true),
        ("x/\n!x/a", "x/a", true),
        ("x/*\n!x/a", "x/a", false),
        ("/*\n!/x/", "x/a", false),
        ("!", "!", false),
        ("/", "a", false),
        ("é", "é", true),
        ("a", "A", false),
    ]

    @Test(arguments: rows)
    func `a line means the same as in git`(text: String, path: String, isIgnored: Bool) {
        let file = IgnoreFile(folder: "/app", text: Array(text.utf8))
        let isFolder = path.hasSuffix("/")
        let names = path.split(separator: "/")
        // As when the app is packed, the content of an ignored folder is not asked about.
        let verdicts = (1...names.count).map { count in
            file.verdict(
                on: "/app/" + names.prefix(count).joined(separator: "/"), isFolder: isFolder || count < names.count)
        }
        #expect(verdicts.contains(true) == isIgnored)
    }
}
