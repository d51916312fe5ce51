/// Header fields in order. Values are bytes, so invalid UTF-8 is passed on unchanged. Names are compared ignoring case.
public struct HTTPFields: Sendable {
    /// Names and values, one after the other.
    private var storage: [UInt8] = []
    private var ranges: [FieldRange] = []

    public init() {}

    public init(_ pairs: [(String, String)]) { for (name, value) in pairs { add(name, value) } }

    /// Copies the fields of a message that was parsed from `bytes`.
    public init(_ fields: FieldList, of bytes: RawSpan) {
        ranges.reserveCapacity(fields.count)
        for field in fields { add(bytes.extracting(field.name), bytes.extracting(field.value)) }
    }

    public var count: Int { ranges.count }
    public var isEmpty: Bool { ranges.isEmpty }

    // MARK: Changing

    /// Adds a field without checking it; see `isValidName` and `isValidValue`. Once all fields have 4 GB, more are
    /// dropped.
    public mutating func add(_ name: String, _ value: String) {
        append(name: { $0.append(contentsOf: name.utf8) }, value: { $0.append(contentsOf: value.utf8) })
    }

    public mutating func add(_ name: String, bytes: [UInt8]) {
        append(name: { $0.append(contentsOf: name.utf8) }, value: { $0.append(contentsOf: bytes) })
    }

    public mutating func add(_ name: RawSpan, _ value: RawSpan) {
        append(name: { $0.append(copying: name) }, value: { $0.append(copying: value) })
    }

    private mutating func append(name: (inout [UInt8]) -> Void, value: (inout [UInt8]) -> Void) {
        let start = storage.count
        name(&storage)
        let middle = storage.count
        value(&storage)
        guard let nameStart = UInt32(exactly: start), let nameEnd = UInt32(exactly: middle),
            let valueEnd = UInt32(exactly: storage.count)
        else { return storage.removeLast(storage.count - start) }
        ranges.append(FieldRange(nameStart: nameStart, nameEnd: nameEnd, valueStart: nameEnd, valueEnd: valueEnd))
    }

    /// Replaces all fields of this name with one, in the position of the first.
    public mutating func set(_ name: String, _ value: String) { set(name, bytes: Array(value.utf8)) }

    public mutating func set(_ name: String, bytes: [UInt8]) {
        guard let place = ranges.firstIndex(where: { matches($0, name) }) else { return add(name, bytes: bytes) }
        let previous = self
        self = HTTPFields()
        for (position, field) in previous.ranges.enumerated() {
            if position == place {
                add(name, bytes: bytes)
            } else if !previous.matches(field, name) {
                append(previous, field)
            }
        }
    }

    public mutating func remove(_ name: String) {
        guard contains(name) else { return }
        let previous = self
        self = HTTPFields()
        for field in previous.ranges where !previous.matches(field, name) { append(previous, field) }
    }

    private mutating func append(_ other: HTTPFields, _ field: FieldRange) {
        append(
            name: { $0.append(contentsOf: other.storage[field.name]) },
            value: { $0.append(contentsOf: other.storage[field.value]) })
    }

    // MARK: Looking up

    /// The value of the first field of this name, with invalid UTF-8 repaired.
    public func first(_ name: String) -> String? { ranges.first { matches($0, name) }.map { text($0.value) } }

    public func last(_ name: String) -> String? { ranges.last { matches($0, name) }.map { text($0.value) } }

    public func values(_ name: String) -> [String] { ranges.filter { matches($0, name) }.map { text($0.value) } }

    public func contains(_ name: String) -> Bool { ranges.contains { matches($0, name) } }

    private func matches(_ field: FieldRange, _ name: String) -> Bool {
        field.name.count == name.utf8.count
            && storage.withUnsafeBytes { UnsafeRawBufferPointer(rebasing: $0[field.name]).equalsIgnoringCase(name) }
    }

    private func text(_ range: Range<Int>) -> String { String(decoding: storage[range], as: UTF8.self) }

    /// Visits the bytes of each field, in order.
    public func forEachBytes<Failure: Error>(
        _ body: (_ name: RawSpan, _ value: RawSpan) throws(Failure) -> Void
    ) throws(Failure) {
        let bytes = storage.span.bytes
        for field in ranges { try body(bytes.extracting(field.name), bytes.extracting(field.value)) }
    }

    /// The size in bytes of all fields as written.
    public var room: Int { storage.count + 4 * ranges.count }

    /// Passes the bytes of each field to the writer. The pointers are valid only during the call.
    func withFieldBytes(_ body: (_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Void) {
        storage.withUnsafeBytes { bytes in
            for field in ranges {
                body(
                    UnsafeRawBufferPointer(rebasing: bytes[field.name]),
                    UnsafeRawBufferPointer(rebasing: bytes[field.value]))
            }
        }
    }
}

extension HTTPFields: RandomAccessCollection {
    public var startIndex: Int { 0 }
    public var endIndex: Int { ranges.count }

    public subscript(position: Int) -> (name: String, value: String) {
        (text(ranges[position].name), text(ranges[position].value))
    }
}

extension HTTPFields: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (String, String)...) { self.init(elements) }
}

extension HTTPFields: Equatable {
    /// Whether both have the same fields in the same order, ignoring the case of names.
    public static func == (a: HTTPFields, b: HTTPFields) -> Bool {
        a.ranges.count == b.ranges.count
            && zip(a.ranges, b.ranges).allSatisfy { x, y in
                a.storage[x.value] == b.storage[y.value]
                    && a.storage[x.name].elementsEqual(b.storage[y.name]) { $0.asciiLowercased == $1.asciiLowercased }
            }
    }
}

extension HTTPFields: CustomStringConvertible {
    public var description: String { map { "\($0.name): \($0.value)" }.joined(separator: "\n") }
}
