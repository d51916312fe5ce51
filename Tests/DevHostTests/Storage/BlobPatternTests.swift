import FunctionsModel
import Testing

@testable import DevHost

struct BlobPatternTests {
    @Test(
        arguments: [
            ("uploads/{name}", "uploads/cat.png", ["name": "cat.png"]),
            ("uploads/{name}", "uploads/a/b.tar.gz", ["name": "a/b.tar.gz"]),
            ("uploads/{name}", "others/cat.png", nil),
            ("uploads/{name}", "uploads/uploads/x", ["name": "uploads/x"]),
            ("uploads/{name}.{ext}", "uploads/cat.png", ["name": "cat", "ext": "png"]),
            ("uploads/{name}.{ext}", "uploads/a/b.tar.gz", ["name": "a/b.tar", "ext": "gz"]),
            ("uploads/{name}.{ext}", "uploads/cat", nil),
            ("uploads/{name}.{ext}", "uploads/cat.", ["name": "cat", "ext": ""]),
            ("uploads/{name}.png", "uploads/cat.png", ["name": "cat"]),
            ("uploads/{name}.png", "uploads/cat.png.png", ["name": "cat.png"]),
            ("uploads/{name}.png", "uploads/.png", ["name": ""]),
            ("uploads/{name}.png", "uploads/cat.PNG", nil),
            ("uploads/{name}.png", "uploads/cat.png.txt", nil),
            ("uploads/original-{name}", "uploads/original-1.png", ["name": "1.png"]),
            ("uploads/original-{name}", "uploads/copy-1.png", nil),
            ("uploads/{folder}/{name}", "uploads/a/b/c.png", ["folder": "a/b", "name": "c.png"]),
            ("uploads/{folder}/{name}", "uploads/c.png", nil),
            ("uploads/{date}-{id}-{rest}", "uploads/2026-03-01-x", ["date": "2026-03", "id": "01", "rest": "x"]),
            ("uploads/{a}{b}", "uploads/xyz", ["a": "xyz", "b": ""]),
            ("uploads/{name}/x/{name}", "uploads/1/x/2", ["name": "2"]),
            ("uploads/{{20140101}}-{name}", "uploads/{20140101}-soundfile.mp3", ["name": "soundfile.mp3"]),
            ("uploads/{name}}}", "uploads/x}", ["name": "x"]),
            (
                "uploads/{name}.{extension}/foo/{part}", "uploads/foo.txt/foo/part",
                ["name": "foo", "extension": "txt", "part": "part"]
            ),
            (
                "uploads/{name}/foo/{skip}.{ext}", "uploads/name/foo/skip/bar.txt",
                ["name": "name", "skip": "skip/bar", "ext": "txt"]
            ),
            (
                "uploads/{name}.{ext}-/{other}", "uploads/foo.bar.txt-/asd-/ijij",
                ["name": "foo.bar", "ext": "txt-/asd", "other": "ijij"]
            ),
            ("uploads/{name}.-/{ext}", "uploads/foo.-/bar.txt", ["name": "foo", "ext": "bar.txt"]),
            ("uploads/{name}.-x", "uploads/foo.bar.-/txt", nil),
            ("uploads/{name:ignored}", "uploads/x", ["name": "x"]),
            ("uploads/{Name}", "uploads/ü/é", ["Name": "ü/é"]),
            ("uploads/fixed.txt", "uploads/fixed.txt", [:]),
            ("uploads/fixed.txt", "uploads/fixed.txt2", nil),
            ("uploads", "uploads/any/thing", [:]),
            ("uploads", "others/x", nil),
            ("$web/{name}", "$web/index.html", ["name": "index.html"]),
        ] as [(String, String, [String: String]?)])
    func `a pattern finds its parameters as the host does`(
        pattern: String, path: String, parameters: [String: String]?
    ) throws {
        #expect(try BlobPattern(pattern, binding: "blob").match(BlobPath(path: path)).map(\.dictionary) == parameters)
    }

    @Test(arguments: [
        ("", "is not container/name or container"),
        ("uploads/", "is not container/name or container"),
        ("/{name}", "is not container/name or container"),
        ("{where}/{name}", "has an expression in its container's name, where the host does not allow one"),
        ("uploads/{name", "has no } for the { at character 9; a brace itself is written {{"),
        ("uploads/name}", "has no { for the } at character 13; a brace itself is written }}"),
        ("uploads/{a{b}c}", "has no } for the { at character 9; a brace itself is written {{"),
        ("uploads/{}", "has empty braces; put a name in them"),
        (
            "uploads/{my-name}",
            "has 'my-name' in braces, which is not a name; use letters, digits and _, and dots before members"
        ),
        (
            "uploads/{1st}",
            "has '1st' in braces, which is not a name; use letters, digits and _, and dots before members"
        ),
        ("uploads/{a.b}", "cannot take {a.b} from a blob's name; use a plain name such as {name}"),
        ("uploads/{rand-guid}", "cannot take {rand-guid} from a blob's name; use a plain name such as {name}"),
        (
            "Uploads",
            "is not a valid path: 'Uploads' cannot be the name of a container; use 3 to 63 lower-case letters, digits and single "
                + "dashes, with a letter or digit at both ends, or $root or $web. In Azure a function may start with such a "
                + "name, and then fails each time it uses it"
        ),
        (
            "uploads/../x",
            "is not a valid path: '../x' cannot be the name of a blob: it has a part '.' or '..', which leads elsewhere; leave "
                + "that part out"
        ),
    ])
    func `a bad pattern is reported with its binding`(pattern: String, sentence: String) {
        let error = #expect(throws: BindingTemplateError.self) { try BlobPattern(pattern, binding: "blob") }
        #expect(error?.description == "the path '\(pattern)' of binding 'blob' \(sentence)")
    }

    @Test func `a long name is matched quickly against many parameters`() throws {
        let pattern = try BlobPattern("uploads/" + (0..<50).map { "{p\($0)}a" }.joined() + "b", binding: "blob")
        #expect(pattern.match(BlobPath(path: "uploads/" + String(repeating: "a", count: 1000))) == nil)
    }
}

extension CaselessDictionary {
    var dictionary: [String: Value] { Dictionary(entries.map { ($0.name, $0.value) }) { $1 } }
}

extension BlobPath {
    /// A path as the store finds it on disk. A name that ends with a dot can exist there.
    fileprivate init(path: String) {
        let parts = path.split(separator: "/", maxSplits: 1).map(String.init)
        self.init(container: parts[0], name: parts[1])
    }
}
