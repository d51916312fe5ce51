import HTTP1
import Lua

/// Splits the lines of a header at its commas (RFC 9110 §5.6.1), because a host that forwards a request joins repeated
/// headers into one line. Headers with one value, in which a comma belongs to the value, are not split.
enum HeaderElements {
    /// In lower case.
    private static let single: Set<String> = [
        "authorization", "content-disposition", "content-length", "content-location", "content-range", "content-type",
        "cookie", "date", "etag", "expires", "from", "host", "if-modified-since", "if-range", "if-unmodified-since",
        "last-modified", "location", "max-forwards", "origin", "proxy-authorization", "range", "referer", "retry-after",
        "server", "set-cookie", "sunset", "traceparent", "user-agent", "x-functions-key", "x-original-url",
    ]
    /// App Service puts names of people there.
    private static let principal = "x-ms-client-principal"

    /// Longer texts are not from a request, whose head is shorter, and would take long to split.
    private static let limit = 64 << 10

    /// Implements `elements(lines, name)`. Anything but a short list of strings is returned as it is.
    static func push(of stack: LuaStack) -> Int {
        stack.expandDeferred(at: 1)
        let lines = stack.length(at: 1)
        guard lines <= 256, let name = stack.string(at: 2) else {
            stack.pushValue(at: 1)
            return 1
        }
        let splits = !single.contains(name) && !name.hasPrefix(principal)
        stack.pushTable(array: lines)
        stack.markArray(at: -1)
        let list = stack.count
        var left = limit
        var count = 0
        for position in 0..<lines {
            stack.pushElement(position + 1, of: 1)
            let elements = splits ? stack.withBytes(at: -1) { Self.elements(of: $0, &left) }.flatMap(\.self) : nil
            guard let elements else {
                count += 1
                stack.setElement(count, of: list)
                continue
            }
            stack.pop()
            for element in elements {
                count += 1
                stack.push(bytes: element)
                stack.setElement(count, of: list)
            }
        }
        return 1
    }

    /// The elements of a line; nil if the line has no comma, or too many bytes. Empty elements are left out.
    private static func elements(of line: RawSpan, _ left: inout Int) -> [[UInt8]]? {
        guard line.byteCount <= left else { return nil }
        left -= line.byteCount
        var elements: [[UInt8]] = []
        var start = 0
        var isQuoted = false
        var index = 0
        func add(to end: Int) {
            var range = start..<end
            while let last = range.last, isSpace(line[last]) { range = range.dropLast() }
            range = range.drop { isSpace(line[$0]) }
            if !range.isEmpty { elements.append(line.extracting(range).withUnsafeBytes { Array($0) }) }
            start = end + 1
        }
        while index < line.byteCount {
            switch line[index] {
            case UInt8(ascii: "\""): isQuoted.toggle()
            case UInt8(ascii: "\\") where isQuoted: index += 1
            case UInt8(ascii: ",") where !isQuoted: add(to: index)
            default: break
            }
            index += 1
        }
        guard start > 0 else { return nil }
        add(to: line.byteCount)
        return elements
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
}
