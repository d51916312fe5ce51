/// Finds values in a text that has been checked, without making anything of the rest. Each container is skipped in one
/// step.
extension JSONOutline {
    public struct Value: Sendable, Equatable {
        public enum Kind: Sendable { case object, array, string, number, boolean, null }

        public let kind: Kind
        /// Where the value stands in the text.
        public let range: Range<Int>
        /// The list position of the value's own part, or of the first part after the value if it has none.
        fileprivate let position: Int
        fileprivate let isPart: Bool
    }

    /// Whether the text is JSON. It must be smaller than 4 GB.
    public func check(_ text: RawSpan) -> Bool {
        // The text is copied, so the pointer is not used later.
        text.withUnsafeBytes { check($0.assumingMemoryBound(to: UInt8.self)) }
    }

    /// The value that the text consists of, after `check` has returned true.
    public var root: Value {
        var cursor = start
        var position = 0
        JSONTokens.skipSpace(&cursor, to: start + length)
        return skipValue(&cursor, &position)
    }

    /// The values of the members of an object that have these names. If several members have the same name, the last
    /// one counts.
    public func members(of object: Value, named names: [StaticString]) -> [Value?] {
        var found = [Value?](repeating: nil, count: names.count)
        walk(object) { cursor, position in
            let name = skipValue(&cursor, &position)
            JSONTokens.skipSpace(&cursor, to: start + length)
            cursor += 1
            JSONTokens.skipSpace(&cursor, to: start + length)
            let value = skipValue(&cursor, &position)
            if let index = index(of: name, in: names) { found[index] = value }
        }
        return found
    }

    public func elements(of array: Value) -> [Value] {
        var elements: [Value] = []
        elements.reserveCapacity(memberCount(of: array))
        walk(array) { cursor, position in elements.append(skipValue(&cursor, &position)) }
        return elements
    }

    /// The number of members of an object, or of elements of an array.
    public func memberCount(of container: Value) -> Int {
        container.isPart ? Int(list[container.position].count) : 0
    }

    /// The text of a string value, unescaped.
    public func string(_ value: Value) -> String {
        let text = UnsafeBufferPointer(start: start + value.range.lowerBound + 1, count: value.range.count - 2)
        guard text.contains(UInt8(ascii: "\\")) else { return String(decoding: text, as: UTF8.self) }
        return String(unsafeUninitializedCapacity: text.count) { output in
            // A text never becomes longer when it is unescaped. The buffer has room, because it is not empty.
            output.baseAddress.map { JSONString.unescape(text, to: $0) } ?? 0
        }
    }

    /// The JSON text of a value.
    public func text(_ value: Value) -> String {
        let text = UnsafeBufferPointer(start: start + value.range.lowerBound, count: value.range.count)
        return String(decoding: text, as: UTF8.self)
    }

    /// Calls `visit` with the cursor at each member or element. It must move past the member.
    private func walk(_ container: Value, _ visit: (inout UnsafePointer<UInt8>, inout Int) -> Void) {
        guard container.isPart, container.kind == .object || container.kind == .array else { return }
        let end = start + container.range.upperBound - 1
        var cursor = start + container.range.lowerBound + 1
        var position = container.position + 1
        while cursor < end {
            JSONTokens.skipSpace(&cursor, to: end)
            visit(&cursor, &position)
            JSONTokens.skipSpace(&cursor, to: end)
            // A comma, or the closing bracket.
            cursor += 1
        }
    }

    private func index(of name: Value, in names: [StaticString]) -> Int? {
        let count = name.range.count - 2
        let first = start + name.range.lowerBound + 1
        var isPlain = true
        for index in 0..<min(count, 64) where first[index] == UInt8(ascii: "\\") { isPlain = false }
        guard isPlain else {
            // No name that anybody looks for becomes longer than this by escapes.
            guard count <= 6 * 64 else { return nil }
            let text = Array(string(name).utf8)
            return names.firstIndex { wanted in
                wanted.utf8CodeUnitCount == text.count
                    && text.indices.allSatisfy { text[$0] == wanted.utf8Start[$0] }
            }
        }
        return names.firstIndex { wanted in
            guard wanted.utf8CodeUnitCount == count else { return false }
            for index in 0..<count where first[index] != wanted.utf8Start[index] { return false }
            return true
        }
    }

    /// Moves past the value at the cursor. The list ends with a part that begins nowhere, so `position` is
    /// always valid.
    private func skipValue(_ cursor: inout UnsafePointer<UInt8>, _ position: inout Int) -> Value {
        let first = cursor - start
        let part = list[position]
        let isPart = part.start == UInt32(truncatingIfNeeded: first)
        let own = position
        if isPart {
            cursor = start + Int(part.end)
            position = Int(part.next)
        }
        let kind: Value.Kind
        switch start[first] {
        case UInt8(ascii: "{"): kind = .object
        case UInt8(ascii: "["): kind = .array
        case UInt8(ascii: "\""): kind = .string
        case UInt8(ascii: "t"), UInt8(ascii: "f"): kind = .boolean
        case UInt8(ascii: "n"): kind = .null
        default: kind = .number
        }
        if !isPart {
            switch kind {
            case .object, .array:
                // It is empty.
                cursor += 1
                JSONTokens.skipSpace(&cursor, to: start + length)
                cursor += 1
            case .string:
                cursor += 1
                JSONString.skipPlain(&cursor)
                while cursor.pointee == UInt8(ascii: "\\") {
                    cursor += 2
                    JSONString.skipPlain(&cursor)
                }
                cursor += 1
            case .number: _ = JSONTokens.skipNumber(&cursor)
            case .boolean, .null: _ = JSONTokens.skipWord(&cursor)
            }
        }
        return Value(kind: kind, range: first..<cursor - start, position: own, isPart: isPart)
    }
}
