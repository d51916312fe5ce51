public import JSON

/// A value in a checked text.
public struct CheckedValue {
    fileprivate let offset: Int
    fileprivate let next: Int
    fileprivate let first: UInt8
    fileprivate let isPart: Bool

    public var isObject: Bool { first == UInt8(ascii: "{") }
    public var isString: Bool { first == UInt8(ascii: "\"") }

    /// The outline position of an object or array that has members, for fillers and for `forEachMember`. nil for
    /// anything else.
    public var place: Int? { isPart && !isString ? next : nil }
}

/// Access to the values of a checked text. `index` is the stack index of its userdata.
extension LuaStack {
    /// The value that the whole text represents.
    public func checkedValue(at index: Int) -> CheckedValue? {
        guard let json = CheckedJSON(at: index, of: self) else { return nil }
        var cursor = json.start
        CheckedJSON.skipSpace(&cursor)
        let offset = cursor - json.start
        let isPart = Int(json.parts[0].start) == offset
        return CheckedValue(offset: offset, next: 0, first: cursor.pointee, isPart: isPart)
    }

    /// Calls `body` with the name and value of each member of an object.
    ///
    /// - Parameter place: the outline position of the object; nil for an object without members.
    public func forEachMember<Failure: Error>(
        of place: Int?, inChecked index: Int, _ body: (JSONKey, CheckedValue) throws(Failure) -> Void
    ) throws(Failure) {
        guard let place, let json = CheckedJSON(at: index, of: self), var members = CheckedJSON.Members(json, of: place)
        else { return }
        while let member = members.next() {
            let value = CheckedValue(
                offset: member.offset, next: member.next, first: member.first, isPart: member.isPart)
            guard member.hasEscapes else {
                try body(JSONKey(bytes: member.name), value)
                continue
            }
            let name = [UInt8](unsafeUninitializedCapacity: member.name.count) { buffer, count in
                count = buffer.baseAddress.map { JSONString.unescape(member.name, to: $0) } ?? 0
            }
            try name.withUnsafeBufferPointer { bytes throws(Failure) in try body(JSONKey(bytes: bytes), value) }
        }
    }

    /// Replaces the checked text on top by its value. Large objects and arrays in it are filled on first access. [0]
    public func readChecked() throws(JSONError) {
        let source = count
        try JSONReader.read(checked: source, of: self, nulls: .sentinel) { reader throws(JSONError) in
            try reader.pushValue()
        }
        replace(at: source)
    }

    /// Calls `body` with a reader of the value. The reader leaves out members of objects that are null.
    public func read(
        _ value: CheckedValue, inChecked index: Int, _ body: (inout JSONReader) throws(JSONError) -> Void
    ) throws(JSONError) {
        try JSONReader.read(checked: index, of: self, at: value.offset, next: value.next, body)
    }

    /// The error that says that the value is not what was wanted.
    public func unexpected(_ value: CheckedValue, inChecked index: Int, wanted: String) -> JSONError {
        var scanner = JSONScanner(CheckedJSON(at: index, of: self)?.text ?? UnsafeBufferPointer(start: nil, count: 0))
        scanner.cursor = scanner.start + value.offset
        return scanner.unexpected(wanted)
    }
}
