import Files

/// The settings in an app's file `.env`: lines `NAME=VALUE`, as many tools read them.
///
/// A value without quotes ends at the line's end or at ` #`. In single quotes everything is literal; in double quotes
/// `\n`, `\r`, `\t`, `\"`, `\$` and `\\` are escapes. Both may have several lines. `${NAME}` stays as it is, as with
/// Node's `--env-file`. Outside single quotes that is a warning, because other tools replace it.
struct DotEnv {
    /// The last value of each name.
    private(set) var values: [String: String] = [:]
    /// What other tools read in another way.
    private(set) var warnings: [Problem] = []

    static let file = ".env"

    private var bytes: ArraySlice<UInt8>
    private var line = 1

    /// Reads an app's file. A missing file is not an error, nor is a folder, which may be an environment of Python.
    ///
    /// Errors never contain values, which may be secrets.
    init(root: String) throws(Problem) {
        let path = "\(root)/\(Self.file)"
        let kind = File.kind(of: path)
        // A link whose target is missing is an error.
        if kind == .folder || kind == nil && File.kind(of: path, followsLinks: false) == nil {
            try self.init([])
            return
        }
        let text: [UInt8]
        do throws(FileError) {
            text = try File.read(path, limit: LocalSettings.sizeLimit)
        } catch {
            throw Problem(
                Self.file,
                "cannot be read (\(error.reason)); it must be a file of at most "
                    + ByteCount.text(LocalSettings.sizeLimit))
        }
        try self.init(text)
    }

    init(_ text: [UInt8]) throws(Problem) {
        bytes = text.starts(with: [0xef, 0xbb, 0xbf]) ? text.dropFirst(3) : text[...]
        guard !text.contains(0), String(validating: bytes, as: UTF8.self) != nil else {
            throw Problem(Self.file, "is not text in UTF-8; save it as UTF-8")
        }
        while !bytes.isEmpty { try readLine() }
    }

    private func problem(_ what: String, line: Int) -> Problem { Problem(Self.file, line: line, what) }

    private mutating func readLine() throws(Problem) {
        skipBlanks()
        guard let first = bytes.first, !Self.isEnd(first), first != UInt8(ascii: "#") else { return skipLine() }
        var name = takeName()
        skipBlanks()
        // A setting may be called `export`.
        if name == "export", bytes.first != UInt8(ascii: "=") {
            name = takeName()
            skipBlanks()
        }
        guard !name.isEmpty, bytes.first == UInt8(ascii: "=") else {
            throw problem(
                "must be NAME=VALUE, with letters, digits and _ . : - in the name; a comment begins with #", line: line)
        }
        bytes.removeFirst()
        skipBlanks()
        switch bytes.first {
        case UInt8(ascii: "\""), UInt8(ascii: "'"): values[name] = try takeQuoted()
        default: values[name] = takePlain()
        }
    }

    private static func isEnd(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") }
    private static func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

    private mutating func skipBlanks() { bytes = bytes.drop(while: Self.isBlank) }

    /// Skips the rest of the line with its end, which is LF, CR LF or, as on old machines, CR.
    private mutating func skipLine() {
        bytes = bytes.drop { !Self.isEnd($0) }
        if bytes.starts(with: [13, 10]) { bytes.removeFirst() }
        if bytes.popFirst() != nil { line += 1 }
    }

    private mutating func takeName() -> String {
        let name = bytes.prefix { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: [UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: ":"), UInt8(ascii: "-")].contains(byte)
            }
        }
        bytes = bytes[name.endIndex...]
        return String(decoding: name, as: UTF8.self)
    }

    private mutating func takePlain() -> String {
        var value = bytes.prefix { !Self.isEnd($0) }
        let hash = UInt8(ascii: "#")
        let comment = value.indices.first { index in
            value[index] == hash && (index == value.startIndex || Self.isBlank(value[index - 1]))
        }
        if let comment { value = value[..<comment] }
        while let last = value.last, Self.isBlank(last) { value.removeLast() }
        warnOfReference(in: value)
        skipLine()
        return String(decoding: value, as: UTF8.self)
    }

    private mutating func takeQuoted() throws(Problem) -> String {
        let (first, start) = (bytes.removeFirst(), line)
        let isDouble = first == UInt8(ascii: "\"")
        var value: [UInt8] = []
        while let byte = bytes.popFirst() {
            if byte == first {
                skipBlanks()
                guard bytes.first.map({ Self.isEnd($0) || $0 == UInt8(ascii: "#") }) ?? true else {
                    throw problem("after the closing quote, only a comment that begins with # may follow", line: line)
                }
                skipLine()
                return String(decoding: value, as: UTF8.self)
            }
            if byte == UInt8(ascii: "\n") { line += 1 }
            if isDouble, byte == UInt8(ascii: "\\"), let letter = bytes.first, let meant = Self.escapes[letter] {
                bytes.removeFirst()
                value.append(meant)
            } else {
                if isDouble, byte == UInt8(ascii: "$") { warnOfReference(in: [byte] + bytes.prefix(1)) }
                // A file with the line ends of Windows has the same values as any other.
                if byte != UInt8(ascii: "\r") || bytes.first != UInt8(ascii: "\n") { value.append(byte) }
            }
        }
        throw problem("the quote that begins here is not closed", line: start)
    }

    private static let escapes: [UInt8: UInt8] = [
        UInt8(ascii: "n"): 10, UInt8(ascii: "r"): 13, UInt8(ascii: "t"): 9, UInt8(ascii: "\""): 34,
        UInt8(ascii: "\\"): 92, UInt8(ascii: "$"): 36,
    ]

    /// Warns, once for each line, if a reference such as `${NAME}` begins in the text.
    private mutating func warnOfReference(in text: some Collection<UInt8>) {
        let isReference = text.indices.contains { index in
            text[index] == UInt8(ascii: "$") && text[index...].dropFirst().first == UInt8(ascii: "{")
        }
        guard isReference, warnings.last?.line != line else { return }
        warnings.append(
            problem(
                "${…} is not replaced in .env and stays as it is; write the value itself, or put it in single quotes if "
                    + "the text is meant", line: line))
    }
}
