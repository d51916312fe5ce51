/// Converts the path of a request line to the path that Kestrel passes to routing.
package enum RequestPath {
    enum Form {
        /// The path can be matched as it is.
        case plain
        case needsDecoding
        case bad
    }

    /// The form of the path. Kestrel answers 400 to non-ASCII bytes and NUL. An absolute URL and the `*` of OPTIONS are
    /// bad here too, because the reader of the request line has already handled them.
    static func form(_ path: Span<UInt8>) -> Form {
        guard !path.isEmpty, path[0] == slash else { return .bad }
        var form = Form.plain
        var previous = slash
        for index in path.indices {
            let byte = path[index]
            guard byte > 0, byte < 0x80 else { return .bad }
            if byte == percent || byte == dot && previous == slash { form = .needsDecoding }
            previous = byte
        }
        return form
    }

    /// Decodes percent escapes to UTF-8, except `%2F`, then removes `.` and `..`; nil if an escape stands for NUL.
    static func decode(_ path: Span<UInt8>) -> [UInt8]? {
        let decoded = EscapedText.decode(path, keepsSlash: true)
        return decoded.contains(0) ? nil : removingDots(decoded)
    }

    /// The path as the host knows it after decoding; nil if Kestrel refuses it.
    package static func decoded(_ path: String) -> [UInt8]? {
        switch form(path.utf8Span.span) {
        case .plain: Array(path.utf8)
        case .needsDecoding: decode(path.utf8Span.span)
        case .bad: nil
        }
    }

    /// Removes `.` and `..` according to RFC 3986 §5.2.4: `..` removes the segment before it, even an empty one, but
    /// nothing above the root.
    private static func removingDots(_ path: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(path.count)
        var start = 1
        while start <= path.count {
            var end = start
            while end < path.count, path[end] != slash { end += 1 }
            let isLast = end == path.count
            switch path[start..<end] {
            case [dot]:
                if isLast { result.append(slash) }
            case [dot, dot]:
                if let cut = result.lastIndex(of: slash) { result.removeSubrange(cut...) }
                if isLast { result.append(slash) }
            case let segment:
                result.append(slash)
                result.append(contentsOf: segment)
            }
            start = end + 1
        }
        return result.isEmpty ? [slash] : result
    }

    package static let slash = UInt8(ascii: "/")
    private static let percent = UInt8(ascii: "%")
    private static let dot = UInt8(ascii: ".")
}
