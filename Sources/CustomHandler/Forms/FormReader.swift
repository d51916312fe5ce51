import FunctionsModel
import HTTP
import HTTP1
import Lua

/// Reads the fields of a form that a caller sent, in pieces, and appends their names and values to two lists for the
/// script.
///
/// No Lua pattern may read bytes of a caller, because one such as `^%s*(.-)%s*$` takes quadratic time.
struct FormReader {
    /// The stack indexes of the text and the two lists.
    let text: Int
    let names: Int
    let values: Int
    private var position = 0
    private var count = 0

    init(text: Int, names: Int, values: Int) {
        self.text = text
        self.names = names
        self.values = values
    }

    /// Adds a field whose value is on top. [-1]
    private mutating func add(_ name: RawSpan, of stack: LuaStack) {
        count += 1
        stack.setElement(count, of: values)
        stack.push(bytes: name)
        stack.setElement(count, of: names)
    }

    // MARK: application/x-www-form-urlencoded

    /// The field that is being read.
    struct Field {
        var name: [UInt8] = []
        var value: [UInt8] = []
        var hasValue = false
        var isEmpty = true
    }

    /// Pushes the lists of names and values of the form in the string at 1.
    static func urlEncoded(on stack: LuaStack) throws(LuaError) -> Int {
        guard let length = stack.withBytes(at: 1, { $0.byteCount }) else { throw stack.wrongArgument(1, "string") }
        try stack.demand(length)
        stack.setCount(1)
        stack.pushTable()
        stack.pushTable()
        var reader = FormReader(text: 1, names: 2, values: 3)
        var field = Field()
        let held = HeldBytes(stack.owner)
        return try stack.work { stack throws(LuaError) in
            let before = reader.position
            guard reader.readFields(&field, of: stack) else {
                held.set(field.name.capacity + field.value.capacity)
                return .more(after: reader.position - before)
            }
            return .results(2)
        }
    }

    /// Returns false if there is more to read.
    private mutating func readFields(_ field: inout Field, of stack: LuaStack) -> Bool {
        var position = position
        let isDone = stack.withBytes(at: text) { text in
            let end = min(text.byteCount, position + Transform.piece)
            var fields = 0
            while position < end, fields < Stretch.steps {
                switch text[position] {
                case UInt8(ascii: "&"):
                    position += 1
                    fields += 1
                    finish(&field, of: stack)
                case UInt8(ascii: "=") where !field.hasValue:
                    position += 1
                    field.hasValue = true
                    field.isEmpty = false
                default:
                    field.isEmpty = false
                    let byte = PercentEncoding.decode(text, &position, plusIsSpace: true)
                    if field.hasValue { field.value.append(byte) } else { field.name.append(byte) }
                }
            }
            return position >= text.byteCount
        }
        self.position = position
        guard isDone != false else { return false }
        finish(&field, of: stack)
        return true
    }

    private mutating func finish(_ field: inout Field, of stack: LuaStack) {
        if !field.isEmpty {
            let name = field.name
            stack.push(bytes: field.value)
            add(name.span.bytes, of: stack)
        }
        field = Field()
    }

    // MARK: multipart/form-data (RFC 7578)

    /// The maximum sizes in bytes of a part's head and of a boundary.
    static let headLimit = 16 << 10
    private static let boundaryLimit = 256
    /// A part takes some microseconds, however short it is.
    private static let partsPerStep = 256
    private static let bareLineEnds = "the lines of the multipart body end with LF; they must end with CR LF"

    /// Pushes the lists of names and values of the multipart body at 1, whose boundary is at 2. If the body is
    /// malformed, it pushes nil and the reason.
    static func multipart(on stack: LuaStack) throws(LuaError) -> Int {
        guard stack.type(at: 1) == .string else { throw stack.wrongArgument(1, "string") }
        let boundary = try stack.argumentBytes(2)
        stack.setCount(2)
        stack.pushTable()
        stack.pushTable()
        guard boundary.count <= boundaryLimit else {
            return refuse("the boundary of the multipart body is longer than \(boundaryLimit) bytes", on: stack)
        }
        var reader = FormReader(text: 1, names: 3, values: 4)
        var parts = Parts(delimiter: Array("\r\n--".utf8) + boundary)
        return try stack.work { stack throws(LuaError) in
            let before = parts.position
            switch try reader.readParts(&parts, of: stack) {
            case .more: return .more(after: max(0, parts.position - before))
            case .end: return .results(2)
            case .broken(let reason): return .results(refuse(reason, on: stack))
            }
        }
    }

    private static func refuse(_ reason: String, on stack: LuaStack) -> Int {
        stack.pushNil()
        stack.push(reason)
        return 2
    }

    /// The reader's position in a multipart body.
    private struct Parts {
        let delimiter: [UInt8]
        /// The first byte that was not searched. A line end is assumed before the body, so the search begins at -2.
        var position = -2
        /// Where the current part begins, after its delimiter's line; nil before the first part.
        var start: Int?

        init(delimiter: [UInt8]) { self.delimiter = delimiter }
    }

    private enum Stop {
        case more
        case end
        case broken(String)
    }

    private mutating func readParts(_ parts: inout Parts, of stack: LuaStack) throws(LuaError) -> Stop {
        let begin = parts.position
        var count = 0
        while let place = find(&parts, until: begin + Transform.piece, of: stack) {
            let after = place + parts.delimiter.count
            guard let rest = stack.withBytes(at: text, { Self.lineRest($0, from: after) }) else { break }
            if case .content = rest {
                parts.position = after
            } else if let start = parts.start, let reason = try addPart(start, max(start, place), of: stack) {
                return .broken(reason)
            }
            switch rest {
            case .content: break
            case .lastDelimiter: return .end
            case .broken(let reason): return .broken(reason)
            case .delimiter(let line):
                parts.start = line
                // The next delimiter may begin with this line's end.
                parts.position = line - 2
            }
            count += 1
            if parts.position - begin >= Transform.piece || count >= Self.partsPerStep { return .more }
        }
        let length = stack.withBytes(at: text) { $0.byteCount } ?? 0
        guard parts.position + parts.delimiter.count <= length else {
            return .broken("the multipart body is cut off: its closing boundary is missing")
        }
        return .more
    }

    /// What the bytes between a delimiter and the end of its line make of it.
    private enum LineRest {
        /// The line only begins like a delimiter, so it is content of the part.
        case content
        /// A part begins at this position.
        case delimiter(line: Int)
        case lastDelimiter
        case broken(String)
    }

    /// Two dashes after the delimiter mark the end of the last part. Spaces and tabs may follow (RFC 2046 §5.1.1).
    private static func lineRest(_ text: RawSpan, from after: Int) -> LineRest {
        let isLast = text.byteCount - after >= 2 && text[after] == 0x2d && text[after + 1] == 0x2d
        var line = isLast ? after + 2 : after
        let end = min(text.byteCount, after + headLimit)
        while line < end, text[line] == 0x20 || text[line] == 0x09 { line += 1 }
        if line == text.byteCount, isLast { return .lastDelimiter }
        guard line < end else {
            return .broken("the multipart body is cut off, or a boundary in it does not end its line")
        }
        let isBare = text[line] == 0x0a
        guard isBare || text[line] == 0x0d && line + 1 < text.byteCount && text[line + 1] == 0x0a else {
            return .content
        }
        if isLast { return .lastDelimiter }
        return isBare ? .broken(bareLineEnds) : .delimiter(line: line + 2)
    }

    /// The position of the next delimiter before `end`. If there is none, everything up to `end` counts as searched.
    private func find(_ parts: inout Parts, until end: Int, of stack: LuaStack) -> Int? {
        let delimiter = parts.delimiter
        var position = parts.position
        let found = stack.withBytes(at: text) { text -> Int? in
            let last = min(end, text.byteCount - delimiter.count + 1)
            while position < last {
                // A delimiter has only one carriage return, so no byte is compared twice.
                if position < 0 || text[position] == 0x0d, Self.matches(delimiter, text, at: position) {
                    return position
                }
                position = position < 0 ? 0 : position + 1
            }
            return nil
        }
        parts.position = found.flatMap(\.self) == nil ? max(position, parts.position) : position
        if found.flatMap(\.self) == nil, parts.position < end { parts.position = end }
        return found.flatMap(\.self)
    }

    /// - Parameter place: -2 for the line end assumed before the text.
    private static func matches(_ delimiter: [UInt8], _ text: RawSpan, at place: Int) -> Bool {
        guard place + delimiter.count <= text.byteCount else { return false }
        for index in max(0, -place)..<delimiter.count where text[place + index] != delimiter[index] { return false }
        return true
    }

    /// Adds the part from `start` to `end` if it has a name. The value of an ordinary field is its text, that of a file
    /// is a table. Returns the reason if the part is malformed.
    private mutating func addPart(_ start: Int, _ end: Int, of stack: LuaStack) throws(LuaError) -> String? {
        try stack.demand(end - start)
        let head = stack.withBytes(at: text) { text -> PartHead? in
            let limit = min(end, start + Self.headLimit)
            var line = start
            if start + 1 < limit, text[start] == 0x0d, text[start + 1] == 0x0a { return PartHead([], body: start + 2) }
            while line + 3 < limit {
                if text[line] == 0x0d, text[line + 1] == 0x0a, text[line + 2] == 0x0d, text[line + 3] == 0x0a {
                    return PartHead([UInt8](copying: text.extracting(start..<line)), body: line + 4)
                }
                line += 1
            }
            return nil
        }
        guard let head = head.flatMap(\.self) else {
            if end - start > Self.headLimit {
                return "the head of a part of the multipart body is longer than \(ByteCount.text(Self.headLimit))"
            }
            return end == start ? nil : "a part of the multipart body has no empty line after its head"
        }
        if let reason = head.problem { return reason }
        guard let name = head.name else {
            return head.filename == nil ? nil : "a file in the multipart body has no name"
        }
        if let filename = head.filename {
            stack.pushTable(hash: 3)
            stack.push(bytes: filename)
            stack.setField("filename", of: -2)
            stack.push(bytes: head.contentType ?? Array("application/octet-stream".utf8))
            stack.setField("contentType", of: -2)
        }
        _ = stack.withBytes(at: text) { stack.push(bytes: $0.extracting(head.body..<max(head.body, end))) }
        if head.filename != nil { stack.setField("body", of: -2) }
        add(name.span.bytes, of: stack)
        return nil
    }
}
