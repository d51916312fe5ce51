internal import CLua
public import JSON

/// Makes the values of a checked JSON text directly on a Lua stack, without a tree in between.
///
/// Integers that fit 64 bits stay exact. If two keys are equal, the last one counts. The code does not recurse: the
/// open containers form a list of levels, so that reading can stop between any two values and continue later. A reader
/// points into the text, so it must not outlive the text.
public struct JSONReader {
    /// What a null member of an object becomes. A null in an array always becomes `json.null`.
    public enum Nulls: Sendable {
        case sentinel
        case absent
    }

    public let stack: LuaStack
    let json: CheckedJSON
    let nulls: Nulls
    /// The stack index of the text's userdata; 0 if all containers are to be read immediately.
    let source: Int32
    var cursor: UnsafePointer<UInt8>
    /// The outline position of the next part.
    var next: Int
    /// The position of the next check of the limits.
    private var lookout: UnsafePointer<UInt8>
    let limits: LuaStack?
    /// The number of elements of the innermost array that are set, or `object` inside an object, or `none` outside of
    /// any container.
    var position = JSONReader.none
    static let object: Int64 = -1
    private static let none: Int64 = -2
    /// The values of `position` for the containers around the innermost one, outermost first.
    private var outer: [Int64] = []
    /// The part of a long string that has been read.
    private var part: [UInt8]?

    private let names: JSONNames?

    /// In a text with fewer bytes than this, most names occur only once.
    private static let leastNamed = 4 << 10
    /// A container with at most this many bytes is read immediately, because a table to be filled later would cost as
    /// much.
    static let eager = 1024

    /// - Parameters:
    ///   - source: the stack index of the text's userdata, if large containers are to be filled on first access.
    ///   - next: the outline position of the first part at or after `offset`.
    init(
        _ json: CheckedJSON, source: Int = 0, at offset: Int = 0, next: Int = 0, stack: LuaStack, limits: LuaStack?,
        nulls: Nulls
    ) {
        self.json = json
        self.source = Int32(source)
        self.next = next
        self.stack = stack
        self.limits = limits
        self.nulls = nulls
        names = json.count < Self.leastNamed ? nil : stack.vm?.names
        cursor = json.start + offset
        lookout = json.start + json.count
        if limits != nil, json.count - offset > JSONScanner.stretch { lookout = cursor + JSONScanner.stretch }
    }

    // MARK: Values onto the stack

    /// Pushes the next value. [+1]
    public mutating func pushValue() throws(JSONError) { while !(try proceed()) {} }

    /// Continues the value that is being read, or begins the next one. Returns false if the time slice ended before the
    /// value is complete; the stack then holds unfinished values. [+1 at the end]
    mutating func proceed() throws(JSONError) -> Bool {
        let state = stack.state
        // This copy stays in a register. The functions that are called less often change the original.
        var cursor = cursor
        var isResumed = part != nil
        while true {
            if !isResumed {
                if position == Self.object {
                    CheckedJSON.skipSpace(&cursor)
                    pushKey(&cursor)
                    CheckedJSON.skipSpace(&cursor)
                    // Skips the colon.
                    cursor += 1
                }
                CheckedJSON.skipSpace(&cursor)
            }
            switch isResumed ? UInt8(ascii: "\"") : cursor.pointee {
            case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                switch JSONNumber.read(&cursor) {
                case .integer(let value): lua_pushinteger(state, value)
                case .double(let value): lua_pushnumber(state, value)
                case nil: throw error(.numberOutOfRange)  // cannot happen: the text was checked
                }
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                self.cursor = cursor
                let opens = try opens()
                cursor = self.cursor
                if opens { continue }
            case UInt8(ascii: "t"):
                cursor += 4
                lua_pushboolean(state, 1)
            case UInt8(ascii: "f"):
                cursor += 5
                lua_pushboolean(state, 0)
            case UInt8(ascii: "n"):
                cursor += 4
                if nulls == .absent, position == Self.object { lua_pushnil(state) } else { stack.pushNull() }
            default:
                isResumed = false
                guard try pushString(&cursor) else { return false }
            }
            // A value is now on top of the stack.
            while true {
                if position == Self.object {
                    lua_rawset(state, -3)
                } else if position >= 0 {
                    position &+= 1
                    lua_rawseti(state, -2, position)
                } else {
                    self.cursor = cursor
                    return true
                }
                CheckedJSON.skipSpace(&cursor)
                cursor += 1
                if cursor[-1] == UInt8(ascii: ",") { break }
                if position >= 0 { stack.markArray(at: -1) }
                position = outer.popLast() ?? Self.none
            }
            if cursor >= lookout {
                self.cursor = cursor
                guard try look() else { return false }
            }
        }
    }

    @inline(__always)
    mutating func skipSpace() { CheckedJSON.skipSpace(&cursor) }

    // MARK: Containers

    /// Whether the value at the cursor is the next part.
    @inline(__always)
    var isAtPart: Bool { Int(json.parts[next].start) == cursor - json.start }

    /// Pushes the table of the container at the cursor. Returns true if members follow that must be read.
    @inline(__always)
    private mutating func opens() throws(JSONError) -> Bool {
        let isObject = cursor.pointee == UInt8(ascii: "{")
        guard isAtPart else {
            // The container is empty.
            cursor += 1
            skipSpace()
            cursor += 1
            clua_newtable(stack.state, 0, 0)
            if !isObject { stack.markArray(at: -1) }
            return false
        }
        let container = json.parts[next]
        let length = container.end - container.start
        if length > Self.eager, source > 0 {
            pushDeferred(nulls == .sentinel ? .decoded : .members)
            return false
        }
        let members = Int(container.count)
        // The hash part of a Lua table has a power of two of slots.
        if members > 4096 {
            try demand(isObject ? 40 << (Int.bitWidth - (members - 1).leadingZeroBitCount) : 16 * members)
        }
        guard lua_checkstack(stack.state, 8) != 0 else { throw error(.memoryLimit(stack.memoryLimit)) }
        clua_newtable(stack.state, isObject ? 0 : Int32(members), isObject ? Int32(members) : 0)
        if position != Self.none { outer.append(position) }
        position = isObject ? Self.object : 0
        cursor += 1
        next += 1
        return true
    }

    /// Pushes a table that is filled on first access instead of reading the container at the cursor.
    private mutating func pushDeferred(_ filler: TableFiller) {
        stack.pushDeferred(filler, place: next, source: Int(source), of: json)
        // Making the table costs about as much as reading this many bytes.
        jump(counting: Self.eager)
    }

    /// Does the same if a container with members is at the cursor. Otherwise it pushes nothing and returns false. [+1]
    mutating func pushesDeferred(_ filler: TableFiller) -> Bool {
        skipSpace()
        guard source > 0, isAtPart, cursor.pointee != UInt8(ascii: "\"") else { return false }
        pushDeferred(filler)
        return true
    }

    /// Moves past the part at the cursor. For the next check of the limits, the part counts as `bytes` bytes.
    mutating func jump(counting bytes: Int) {
        let part = json.parts[next]
        cursor = json.start + Int(part.end)
        lookout += Int(part.end - part.start) - bytes
        next = Int(part.next)
    }

    // MARK: Strings

    @inline(__always)
    private mutating func pushKey(_ cursor: inout UnsafePointer<UInt8>) {
        let first = cursor + 1
        var place = first
        JSONString.skipPlain(&place)
        guard place.pointee == UInt8(ascii: "\""), place - first <= JSONOutline.longString - 2 else {
            return pushOdd(&cursor)
        }
        cursor = place + 1
        if let names {
            names.push(first, place - first, onto: stack)
        } else {
            Self.push(UnsafeBufferPointer(start: first, count: place - first), onto: stack)
        }
    }

    /// Pushes the string at the cursor, or continues a long one. Returns false if the time slice ends before the string
    /// is complete.
    @inline(__always)
    private mutating func pushString(_ cursor: inout UnsafePointer<UInt8>) throws(JSONError) -> Bool {
        if part != nil || Int(json.parts[next].start) == cursor - json.start {
            self.cursor = cursor
            defer { cursor = self.cursor }
            return try pushLongString()
        }
        let first = cursor + 1
        var place = first
        JSONString.skipPlain(&place)
        guard place.pointee == UInt8(ascii: "\"") else {
            pushOdd(&cursor)
            return true
        }
        cursor = place + 1
        Self.push(UnsafeBufferPointer(start: first, count: place - first), onto: stack)
        return true
    }

    /// Pushes the string at the cursor, whatever its length and escapes, without a pause.
    @inline(never)
    private mutating func pushOdd(_ cursor: inout UnsafePointer<UInt8>) {
        let stack = stack
        self.cursor = cursor
        withString { Self.push($0, onto: stack) }
        cursor = self.cursor
    }

    /// Passes the string at the cursor to `body`, and moves past it.
    mutating func withString<Result, Failure: Error>(
        _ body: (UnsafeBufferPointer<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let first = cursor + 1
        let hasEscapes: Bool
        if isAtPart {
            hasEscapes = json.parts[next].count > 0
            jump(counting: 0)
        } else {
            cursor += 1
            hasEscapes = CheckedJSON.skipString(&cursor)
            cursor += 1
        }
        let text = UnsafeBufferPointer(start: first, count: cursor - 1 - first)
        guard hasEscapes else { return try body(text) }
        return try withUnsafeTemporaryAllocation(byteCount: text.count, alignment: 1) { raw throws(Failure) in
            let output = raw.assumingMemoryBound(to: UInt8.self)
            let count = output.baseAddress.map { JSONString.unescape(text, to: $0) } ?? 0
            return try body(UnsafeBufferPointer(rebasing: output[..<count]))
        }
    }

    /// Continues the long string at the cursor, which is a part. Returns false if the time slice ends before the string
    /// is complete.
    @inline(never)
    private mutating func pushLongString() throws(JSONError) -> Bool {
        let whole = json.parts[next]
        if part == nil {
            try demand(Int(whole.end - whole.start))
            guard whole.count > 0 else {
                let text = UnsafeBufferPointer(start: cursor + 1, count: Int(whole.end - whole.start) - 2)
                jump(counting: 0)
                Self.push(text, onto: stack)
                return true
            }
            cursor += 1
            part = []
            part?.reserveCapacity(Int(whole.end - whole.start))
        }
        let end = json.start + Int(whole.end) - 1
        while cursor < end {
            unescapePiece(before: end)
            if cursor >= lookout, !(try look()) { return false }
        }
        cursor += 1
        next = Int(whole.next)
        part?.withUnsafeBufferPointer { Self.push($0, onto: stack) }
        part = nil
        return true
    }

    private mutating func unescapePiece(before end: UnsafePointer<UInt8>) {
        let limit = min(end, cursor + JSONScanner.stretch)
        // An escape may extend beyond the limit.
        withUnsafeTemporaryAllocation(byteCount: JSONScanner.stretch + 16, alignment: 8) { raw in
            let output = raw.assumingMemoryBound(to: UInt8.self)
            guard let place = output.baseAddress else { return }
            let count = JSONString.unescape(&cursor, until: limit, end, to: place)
            part?.append(contentsOf: UnsafeBufferPointer(rebasing: output[..<count]))
        }
    }

    @inline(__always)
    static func push(_ bytes: UnsafeBufferPointer<UInt8>, onto stack: LuaStack) {
        bytes.withMemoryRebound(to: CChar.self) { _ = lua_pushlstring(stack.state, $0.baseAddress, $0.count) }
    }

    // MARK: Limits

    /// Checks the limits. Returns false if the time slice is over.
    @inline(never)
    private mutating func look() throws(JSONError) -> Bool {
        guard let limits else {
            lookout = json.start + json.count
            return true
        }
        let read = JSONScanner.stretch + (cursor - lookout)
        lookout = cursor + JSONScanner.stretch
        do throws(JSONError.SyntaxReason) {
            return try limits.hasTime(after: read)
        } catch {
            throw self.error(error)
        }
    }

    private func demand(_ bytes: Int) throws(JSONError) {
        guard let limits, !limits.hasRoom(for: bytes) else { return }
        throw error(.memoryLimit(limits.memoryLimit))
    }

    func error(_ fault: JSONError.SyntaxReason) -> JSONError { JSONScanner(json.text).error(fault, at: cursor) }
}
