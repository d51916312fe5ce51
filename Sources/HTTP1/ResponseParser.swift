/// Parses the head of a response, strictly as RFC 9112 §§2-7 requires. Informational heads are parsed like any other.
public struct ResponseParser: Sendable {
    private let limits: HeadLimits
    private var lines: FieldLines
    private var hasStatusLine = false

    public init(limits: HeadLimits = HeadLimits()) {
        self.limits = limits
        lines = FieldLines(limits: limits)
    }

    /// - Parameter bytes: all received bytes of the response, from its first byte on. Bytes after the head are ignored.
    /// - Parameter head: must be the same in all calls until one returns something other than `incomplete`.
    public mutating func parse(_ bytes: RawSpan, into head: inout ResponseHead) -> ParseResult<ResponseError> {
        // The inner loops use a pointer for speed. It does not leave the closure.
        bytes.withUnsafeBytes { bytes in
            let result = parse(bytes, &head)
            if case .incomplete = result { return result }
            lines.reset()
            hasStatusLine = false
            return result
        }
    }

    private mutating func parse(
        _ bytes: UnsafeRawBufferPointer, _ head: inout ResponseHead
    ) -> ParseResult<ResponseError> {
        if lines.isFresh { head.fields.removeAll() }
        if !hasStatusLine {
            switch lines.endOfLine(bytes) {
            case .found(let end):
                guard let base = bytes.baseAddress else { return .incomplete }
                if let error = readStatusLine(base, lines.next..<end, &head) { return .invalid(error) }
                lines.advance(past: end)
                hasStatusLine = true
            case .incomplete: return lines.isTooLarge(bytes) ? .invalid(.tooLarge(limits)) : .incomplete
            case .bare: return .invalid(.lineEnd)
            case .control: return .invalid(.statusLine)
            }
        }
        switch lines.read(bytes, into: &head.fields) {
        case .incomplete: return .incomplete
        case .invalid(let failure): return .invalid(error(failure))
        case .complete: break
        }
        head.length = lines.next
        if let error = conclude(&head) { return .invalid(error) }
        return .complete
    }

    private func error(_ failure: FieldLines.Failure) -> ResponseError {
        switch failure {
        case .name: .fieldName
        case .value: .fieldValue
        case .folded: .foldedField
        case .lineEnd: .lineEnd
        case .tooLarge: .tooLarge(limits)
        case .contentLength: .contentLength
        }
    }

    /// Parses `HTTP/1.1 200 reason`. Many servers omit the reason and the space before it, which is harmless.
    ///
    /// Unsafe: the line must lie in `bytes`.
    private func readStatusLine(
        _ bytes: UnsafeRawPointer, _ line: Range<Int>, _ head: inout ResponseHead
    ) -> ResponseError? {
        let start = line.lowerBound
        guard line.count >= 9, bytes.byte(at: start + 8) == 0x20 else { return .statusLine }
        switch VersionText.read(bytes.word(at: start)) {
        case .known(let version): head.version = version
        case .unknown: return .version
        case .none: return .statusLine
        }
        guard line.count >= 12, line.count == 12 || bytes.byte(at: start + 12) == 0x20 else { return .status }
        let digits = (9...11).map { bytes.byte(at: start + $0) }
        guard digits.allSatisfy(\.isDigit), digits[0] != 0x30 else { return .status }
        head.status = digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
        head.reason = min(start + 13, line.upperBound)..<line.upperBound
        return nil
    }

    private func conclude(_ head: inout ResponseHead) -> ResponseError? {
        let facts = lines.facts
        switch facts.coding {
        case .none: head.announced = facts.length.map { .length($0) } ?? .untilClose
        case .chunked: head.announced = .chunked
        case .unknown, .senseless, .unknownThenChunked: return .transferEncoding
        }
        // If a response has two lengths, an attacker can make one response look like two (RFC 9112 §6.3).
        if head.announced == .chunked, facts.length != nil || head.version == .http10 { return .ambiguousLength }
        head.keepsAlive = facts.keepsAlive(head.version)
        return nil
    }
}
