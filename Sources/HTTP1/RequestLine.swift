/// Parses `METHOD target HTTP/1.1`, with exactly one space between the parts (RFC 9112 §3).
///
/// Unsafe: the ranges must lie in `bytes`, with a carriage return and a line feed after the line. The line must have no
/// control characters except tabs.
enum RequestLine {
    @inline(__always)
    static func read(
        _ bytes: UnsafeRawPointer, _ line: Range<Int>, into head: inout RequestHead
    ) -> RequestError? {
        let table = ByteClass.table
        var position = line.lowerBound
        // The last eight bytes of the method. The last byte is the lowest.
        var word: UInt64 = 0
        while true {
            let byte = bytes.byte(at: position)
            guard table[Int(byte)] & ByteClass.token != 0 else { break }
            word = word &<< 8 | UInt64(byte)
            position &+= 1
        }
        guard position > line.lowerBound, bytes.byte(at: position) == 0x20 else { return .requestLine }
        head.method = method(bytes, line.lowerBound..<position, word)

        let start = position &+ 1
        var query: Int?
        position = start
        scan: while true {
            switch bytes.byte(at: position) {
            case 0...0x20: break scan
            case UInt8(ascii: "#"): return .target
            case UInt8(ascii: "?"): if query == nil { query = position }
            default: break
            }
            position &+= 1
        }
        guard position > start else { return .requestLine }
        head.target = start..<position
        head.path = start..<(query ?? position)
        head.query = query.map { $0 &+ 1..<position }
        if let error = readTarget(bytes, &head) { return error }
        return readVersion(bytes, position..<line.upperBound, &head)
    }

    @inline(__always)
    private static func method(_ bytes: UnsafeRawPointer, _ range: Range<Int>, _ word: UInt64) -> HTTPMethod {
        switch (range.count, word) {
        case (3, 0x47_4554): .get
        case (4, 0x4845_4144): .head
        case (4, 0x504f_5354): .post
        case (3, 0x50_5554): .put
        case (5, 0x50_4154_4348): .patch
        case (6, 0x4445_4c45_5445): .delete
        case (7, 0x4f_5054_494f_4e53): .options
        case (7, 0x43_4f4e_4e45_4354): .connect
        case (5, 0x54_5241_4345): .trace
        default:
            .other(
                String(
                    decoding: UnsafeRawBufferPointer(start: bytes + range.lowerBound, count: range.count),
                    as: UTF8.self))
        }
    }

    // MARK: Target

    @inline(__always)
    private static func readTarget(_ bytes: UnsafeRawPointer, _ head: inout RequestHead) -> RequestError? {
        head.authority = nil
        head.form = .origin
        if bytes.byte(at: head.target.lowerBound) == UInt8(ascii: "/"), head.method != .connect { return nil }
        return readOtherTarget(bytes, &head)
    }

    private static func readOtherTarget(_ bytes: UnsafeRawPointer, _ head: inout RequestHead) -> RequestError? {
        func part(_ range: Range<Int>) -> UnsafeRawBufferPointer {
            UnsafeRawBufferPointer(start: bytes + range.lowerBound, count: range.count)
        }
        let target = head.target
        if head.method == .connect {
            guard HostSyntax.isValid(part(target), needsPort: true) else { return .target }
            (head.form, head.authority, head.path) = (.authority, target, target.upperBound..<target.upperBound)
            return nil
        }
        if part(target).elementsEqual([UInt8(ascii: "*")]) {
            guard head.method == .options else { return .target }
            head.form = .asterisk
            return nil
        }
        for scheme in ["http://", "https://"] {
            let start = target.lowerBound + scheme.utf8.count
            guard start <= target.upperBound, part(target.lowerBound..<start).equalsIgnoringCase(scheme) else {
                continue
            }
            var end = start
            while end < head.path.upperBound, bytes.byte(at: end) != UInt8(ascii: "/") { end += 1 }
            guard HostSyntax.isValid(part(start..<end)) else { return .host }
            (head.form, head.authority, head.path) = (.absolute, start..<end, end..<head.path.upperBound)
            return nil
        }
        return .target
    }

    // MARK: Version

    /// - Parameter rest: the rest of the line, beginning with the space after the target.
    @inline(__always)
    private static func readVersion(
        _ bytes: UnsafeRawPointer, _ rest: Range<Int>, _ head: inout RequestHead
    ) -> RequestError? {
        guard rest.count == 9, bytes.byte(at: rest.lowerBound) == 0x20 else { return .requestLine }
        switch VersionText.read(bytes.word(at: rest.lowerBound &+ 1)) {
        case .known(let version): head.version = version
        case .unknown: return .version
        case .none: return .requestLine
        }
        return nil
    }
}

/// Parses `HTTP/1.1`, given as one word of eight bytes.
enum VersionText {
    case known(HTTPVersion)
    /// Another major version.
    case unknown
    case none

    @inline(__always)
    static func read(_ word: UInt64) -> VersionText {
        if word == http11 { return .known(.http11) }
        if word == http10 { return .known(.http10) }
        let (major, minor) = (UInt8(truncatingIfNeeded: word >> 40), UInt8(truncatingIfNeeded: word >> 56))
        guard word & ~digits == http11 & ~digits, major.isDigit, minor.isDigit else { return .none }
        return major == UInt8(ascii: "1") ? .known(.http11) : .unknown
    }

    private static let http11: UInt64 = 0x312e_312f_5054_5448
    private static let http10: UInt64 = 0x302e_312f_5054_5448
    /// The bytes of the word that hold the two digits.
    private static let digits: UInt64 = 0xff00_ff00_0000_0000
}
