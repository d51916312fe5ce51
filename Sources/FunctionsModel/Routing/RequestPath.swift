/// Converts the path of a request line to the path that Kestrel passes to routing.
enum RequestPath {
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

    /// Decodes percent escapes to UTF-8, then removes `.` and `..`; nil if an escape stands for NUL.
    static func decode(_ path: Span<UInt8>) -> [UInt8]? {
        guard let decoded = removingEscapes(path) else { return nil }
        return removingDots(decoded)
    }

    /// Decodes percent escapes. It keeps `%2F`, so that a value can contain a slash without becoming two segments. It
    /// also keeps every escape that is not hexadecimal or not part of valid UTF-8.
    private static func removingEscapes(_ path: Span<UInt8>) -> [UInt8]? {
        var result: [UInt8] = []
        result.reserveCapacity(path.count)
        var index = 0
        while index < path.count {
            guard path[index] == percent, let first = escape(path, index) else {
                result.append(path[index])
                index += 1
                continue
            }
            guard first != 0 else { return nil }
            if first < 0x80 {
                result.append(first)
                index += 3
                continue
            }
            var bytes = [first]
            let count = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2
            while bytes.count < count, let next = escape(path, index + 3 * bytes.count) { bytes.append(next) }
            if bytes.count == count, String(validating: bytes, as: UTF8.self) != nil {
                result.append(contentsOf: bytes)
                index += 3 * count
            } else {
                for offset in 0..<3 { result.append(path[index + offset]) }
                index += 3
            }
        }
        return result
    }

    /// The byte that the escape at `index` represents.
    private static func escape(_ path: Span<UInt8>, _ index: Int) -> UInt8? {
        guard index + 2 < path.count, path[index] == percent, let high = digit(path[index + 1]),
            let low = digit(path[index + 2])
        else { return nil }
        let byte = high << 4 | low
        return byte == slash ? nil : byte
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        if byte &- UInt8(ascii: "0") < 10 { return byte - UInt8(ascii: "0") }
        let letter = (byte | 0x20) &- UInt8(ascii: "a")
        return letter < 6 ? letter + 10 : nil
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

    static let slash = UInt8(ascii: "/")
    private static let percent = UInt8(ascii: "%")
    private static let dot = UInt8(ascii: ".")
}
