/// Parses the head of a request, strictly as RFC 9112 §§2-7 requires.
public struct RequestParser: Sendable {
    private let limits: HeadLimits
    private var lines: FieldLines
    private var hasRequestLine = false

    public init(limits: HeadLimits = HeadLimits()) {
        self.limits = limits
        lines = FieldLines(limits: limits)
    }

    /// - Parameter bytes: all received bytes of the request, from its first byte on. Bytes after the head are ignored.
    /// - Parameter head: must be the same in all calls until one returns something other than `incomplete`.
    public mutating func parse(_ bytes: RawSpan, into head: inout RequestHead) -> ParseResult<RequestError> {
        // The inner loops use a pointer for speed. It does not leave the closure.
        bytes.withUnsafeBytes { bytes in
            let result = parse(bytes, &head)
            if case .incomplete = result { return result }
            lines.reset()
            hasRequestLine = false
            return result
        }
    }

    @inline(__always)
    private mutating func parse(
        _ bytes: UnsafeRawBufferPointer, _ head: inout RequestHead
    ) -> ParseResult<RequestError> {
        if lines.isFresh { head.fields.removeAll() }
        if !hasRequestLine {
            switch readRequestLine(bytes, &head) {
            case .complete: hasRequestLine = true
            case let result: return result
            }
        }
        switch lines.read(bytes, into: &head.fields) {
        case .incomplete: return .incomplete
        case .invalid(let failure): return .invalid(error(failure))
        case .complete: break
        }
        head.length = lines.next
        if let error = conclude(bytes, &head) { return .invalid(error) }
        return .complete
    }

    private func error(_ failure: FieldLines.Failure) -> RequestError {
        switch failure {
        case .name: .fieldName
        case .value: .fieldValue
        case .folded: .foldedField
        case .lineEnd: .lineEnd
        case .tooLarge: .tooLarge(limits)
        case .contentLength: .contentLength
        }
    }

    // MARK: The request line

    @inline(__always)
    private mutating func readRequestLine(
        _ bytes: UnsafeRawBufferPointer, _ head: inout RequestHead
    ) -> ParseResult<RequestError> {
        while true {
            switch lines.endOfLine(bytes) {
            case .found(let end):
                let start = lines.next
                lines.advance(past: end)
                // Some clients send empty lines after a body, before the next request (RFC 9112 §2.2).
                if end == start { continue }
                guard let base = bytes.baseAddress else { return .incomplete }
                let error = RequestLine.read(base, start..<end, into: &head)
                return error.map { .invalid($0) } ?? .complete
            case .incomplete:
                return lines.isTooLarge(bytes) ? .invalid(.targetTooLong(limit: limits.bytes)) : .incomplete
            case .bare: return .invalid(.lineEnd)
            case .control: return .invalid(.requestLine)
            }
        }
    }

    // MARK: What the fields mean together

    @inline(__always)
    private func conclude(_ bytes: UnsafeRawBufferPointer, _ head: inout RequestHead) -> RequestError? {
        let facts = lines.facts
        guard facts.hosts == 1 || facts.hosts == 0 && head.version == .http10 else { return .hostCount }
        if facts.host.isEmpty {
            head.host = nil
        } else {
            guard let base = bytes.baseAddress,
                HostSyntax.isValid(base + facts.host.lowerBound, facts.host.count)
            else { return .host }
            head.host = facts.host
        }
        switch facts.coding {
        case .none: head.framing = facts.length.map { .length($0) } ?? .none
        case .chunked: head.framing = .chunked
        case .unknown, .senseless: return .transferEncoding
        case .unknownThenChunked: return .unknownCoding
        }
        // A request that two servers could read differently allows smuggling (RFC 9112 §6.3).
        if head.framing == .chunked, facts.length != nil || head.version == .http10 { return .ambiguousLength }
        // The bytes after CONNECT are for a tunnel: neither a body nor another request.
        if head.method == .connect { head.framing = .none }
        let hasBody = head.framing != .none && head.framing != .length(0)
        head.expectsContinue = facts.expectsContinue && head.version == .http11 && hasBody
        head.keepsAlive = facts.keepsAlive(head.version) && head.method != .connect
        return nil
    }
}
