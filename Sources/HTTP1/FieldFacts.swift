/// What the fields of a head say about the message's body and its connection. Each field is read once, as bytes.
struct FieldFacts: Sendable {
    var hosts = 0
    var host = 0..<0
    var length: Int?
    var coding = Coding.none
    var isKeptAlive = false
    var isClosed = false
    var expectsContinue = false

    /// The combined meaning of all `Transfer-Encoding` fields.
    enum Coding: Sendable {
        case none
        case chunked
        /// Unknown codings, without `chunked` so far.
        case unknown
        /// Unknown codings, with `chunked` at the end.
        case unknownThenChunked
        /// A list that makes no sense: an empty element, or a coding after `chunked`.
        case senseless
    }

    /// Reads a field if it is relevant. Returns false if the field contradicts itself or an earlier field.
    ///
    /// Unsafe: the field must lie in the bytes, and the end of its line must follow it. Its name must be a token. In a
    /// token, setting the bit 0x20 turns letters into lower case, and turns no other byte into `-`.
    @inline(__always)
    mutating func note(_ field: FieldRange, in bytes: UnsafeRawPointer) -> Bool {
        let start = Int(field.nameStart)
        switch field.nameEnd &- field.nameStart {
        case 4:
            guard bytes.halfWord(at: start) | 0x2020_2020 == Self.host else { return true }
            hosts &+= 1
            host = field.value
        case 6:
            guard bytes.halfWord(at: start) | 0x2020_2020 == Self.expe else { return true }
            noteExpectation(field, bytes)
        case 10:
            guard bytes.word(at: start) | Self.lower == Self.connecti else { return true }
            noteConnection(field, bytes)
        case 14:
            guard bytes.word(at: start) | Self.lower == Self.content,
                bytes.word(at: start &+ 6) | Self.lower == Self.tLength
            else { return true }
            return noteLength(field, bytes)
        case 17:
            guard bytes.word(at: start) | Self.lower == Self.transfer else { return true }
            noteCoding(field, bytes)
        default: break
        }
        return true
    }

    private static let lower: UInt64 = 0x2020_2020_2020_2020
    private static let host: UInt32 = 0x7473_6f68
    private static let expe: UInt32 = 0x6570_7865
    private static let connecti: UInt64 = 0x6974_6365_6e6e_6f63
    private static let content: UInt64 = 0x2d74_6e65_746e_6f63
    private static let tLength: UInt64 = 0x6874_676e_656c_2d74
    private static let transfer: UInt64 = 0x7265_6673_6e61_7274

    private mutating func noteLength(_ field: FieldRange, _ bytes: UnsafeRawPointer) -> Bool {
        guard length == nil, !field.value.isEmpty else { return false }
        var number: UInt64 = 0
        for position in field.value {
            let digit = bytes.byte(at: position) &- 0x30
            // With one more digit, the number still fits into a UInt64.
            guard digit < 10, number <= UInt64(Int.max) / 10 else { return false }
            number = number &* 10 &+ UInt64(digit)
        }
        length = Int(exactly: number)
        return length != nil
    }

    private mutating func noteExpectation(_ field: FieldRange, _ bytes: UnsafeRawPointer) {
        guard part(field.name, bytes).equalsIgnoringCase("expect") else { return }
        if part(field.value, bytes).equalsIgnoringCase("100-continue") { expectsContinue = true }
    }

    private mutating func noteConnection(_ field: FieldRange, _ bytes: UnsafeRawPointer) {
        guard part(field.name, bytes).equalsIgnoringCase("connection") else { return }
        forEachElement(field.value, bytes) { option in
            if option.equalsIgnoringCase("close") { isClosed = true }
            if option.equalsIgnoringCase("keep-alive") { isKeptAlive = true }
        }
    }

    private mutating func noteCoding(_ field: FieldRange, _ bytes: UnsafeRawPointer) {
        guard part(field.name, bytes).equalsIgnoringCase("transfer-encoding") else { return }
        // Some servers do not recognize `chunked` if a tab follows. A value that two servers read differently allows
        // request smuggling.
        var position = field.value.upperBound
        while bytes.byte(at: position) == 0x20 { position += 1 }
        if bytes.byte(at: position) == 0x09 { coding = .senseless }
        forEachElement(field.value, bytes) { element in
            let isChunked = element.equalsIgnoringCase("chunked")
            coding =
                switch coding {
                case _ where element.isEmpty: .senseless
                case .none: isChunked ? .chunked : .unknown
                case .unknown: isChunked ? .unknownThenChunked : .unknown
                case .chunked, .unknownThenChunked, .senseless: .senseless
                }
        }
    }

    /// Visits the comma-separated elements of a list. There is always at least one, and elements may be empty.
    private func forEachElement(
        _ value: Range<Int>, _ bytes: UnsafeRawPointer, _ body: (UnsafeRawBufferPointer) -> Void
    ) {
        var start = value.lowerBound
        while true {
            var end = start
            while end < value.upperBound, bytes.byte(at: end) != UInt8(ascii: ",") { end += 1 }
            let element = FieldLines.trimmed(start, end, bytes)
            body(part(element.start..<element.end, bytes))
            guard end < value.upperBound else { return }
            start = end + 1
        }
    }

    private func part(_ range: Range<Int>, _ bytes: UnsafeRawPointer) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: bytes + range.lowerBound, count: range.count)
    }

    /// Whether the sender allows another message on the connection (RFC 9112 §9.3).
    func keepsAlive(_ version: HTTPVersion) -> Bool { !isClosed && (version == .http11 || isKeptAlive) }
}
