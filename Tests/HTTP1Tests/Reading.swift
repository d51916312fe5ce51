import HTTP1

extension RequestHead {
    /// Parses bytes that arrive in pieces.
    static func read(_ pieces: [[UInt8]], limits: HeadLimits = HeadLimits()) -> (
        RequestHead, [UInt8], Parsed<RequestError>
    ) {
        var parser = RequestParser(limits: limits)
        var head = RequestHead()
        var bytes: [UInt8] = []
        for piece in pieces {
            bytes += piece
            switch parser.parse(bytes.span.bytes, into: &head) {
            case .incomplete: continue
            case .complete: return (head, bytes, .complete)
            case .invalid(let error): return (head, bytes, .invalid(error))
            }
        }
        return (head, bytes, .incomplete)
    }
}

/// `ParseResult`, comparable.
enum Parsed<Failure: Error & Equatable>: Equatable {
    case incomplete
    case complete
    case invalid(Failure)
}

extension ResponseHead {
    static func read(_ text: String, limits: HeadLimits = HeadLimits()) -> (
        ResponseHead, [UInt8], Parsed<ResponseError>
    ) {
        var parser = ResponseParser(limits: limits)
        var head = ResponseHead()
        let bytes = Array(text.utf8)
        switch parser.parse(bytes.span.bytes, into: &head) {
        case .incomplete: return (head, bytes, .incomplete)
        case .complete: return (head, bytes, .complete)
        case .invalid(let error): return (head, bytes, .invalid(error))
        }
    }
}

/// The text in a range of the bytes.
func text(_ range: Range<Int>?, _ bytes: [UInt8]) -> String? {
    range.map { String(decoding: bytes[$0], as: UTF8.self) }
}

func cut(_ text: String, at place: Int) -> [[UInt8]] {
    [Array(text.utf8.prefix(place)), Array(text.utf8.dropFirst(place))]
}
