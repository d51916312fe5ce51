import FoundationEssentials
import FunctionsModel
import JSON
import Lua

/// Fills `metadata` of a caller's own request. It works in steps, because the body may be a JSON object of any size
/// (host-contract §6.3, §6.4).
///
/// Query fields replace members of the body that have the same name, and route parameters replace both. `Query`, `Headers`
/// and `sys` come last, and replace nothing.
final class MetadataFilling {
    /// The stack index of the request's block (`RequestTables`).
    private let source: Int
    private let function: String
    /// Seconds since 1970.
    private let time: Double
    private var metadata: NamedTable
    private var stage = Stage.body
    private var reader: LongJSONReader?
    private var members = 0

    private enum Stage { case body, members, rest }

    // The stack indexes of the body and its JSON tree, above the names of the table.
    private var body: Int { metadata.names + 1 }
    private var tree: Int { body + 1 }

    init(_ table: Int, of stack: LuaStack, function: String, at time: Double) {
        _ = stack.reserve(24)
        source = stack.count
        self.function = function
        self.time = time
        metadata = NamedTable(table, of: stack)
    }

    func advance(_ stack: LuaStack) throws(LuaError) -> Progress {
        if stage == .body {
            guard try readBody(stack) else { return .more(after: 0) }
        }
        if stage == .members {
            guard try addMembers(stack) else { return .more(after: 0) }
        }
        addRest(stack)
        return .results(0)
    }

    /// Pushes the JSON object in the body, and nil as the key before its first member. A body that is not an object
    /// counts as an empty one. Returns false if the time slice ended first.
    private func readBody(_ stack: LuaStack) throws(LuaError) -> Bool {
        if reader == nil {
            stack.pushBlockValue(RequestTables.body, of: source)
            let isObject = stack.withBytes(at: body) { text in
                text.extracting(droppingFirst: text.byteOrderMarkLength).withUnsafeBytes {
                    $0.first { !" \t\r\n".utf8.contains($0) } == UInt8(ascii: "{")
                }
            }
            guard isObject == true else {
                stage = .rest
                return true
            }
        }
        let reading = reader ?? LongJSONReader()
        reader = reading
        do throws(JSONError) {
            guard try reading.advance(at: body, of: stack) else { return false }
        } catch {
            if let limit = error.limit { throw limit }
            stack.setCount(body)
            stage = .rest
            return true
        }
        stack.pushNil()
        stage = .members
        return true
    }

    /// Copies the members after the key on top. Objects are copied as they are; lists and null are skipped; any other
    /// value is copied as the text that .NET writes. Returns false if the time slice ended first.
    private func addMembers(_ stack: LuaStack) throws(LuaError) -> Bool {
        while stack.next(of: tree) {
            let name = stack.bytes(at: -2) ?? []
            switch stack.type(at: -1) {
            case .string: metadata.setTop(name)
            case .number: metadata.set(name, Array((stack.numberText(at: -1) ?? "").utf8))
            case .boolean: metadata.set(name, Array((stack.boolean(at: -1) ? "True" : "False").utf8))
            case .table where !stack.isMarkedArray(at: -1): metadata.setTop(name)
            default: break
            }
            stack.pop()
            members += 1
            if members % 256 == 0, !(try stack.mayGoOn(after: 0)) { return false }
        }
        stage = .rest
        return true
    }

    /// Adds the values from the head of the request, which is short enough for one step.
    private func addRest(_ stack: LuaStack) {
        let query = RequestTables.namedQuery(at: source, of: stack).entries.map { name, values in
            (name: Array(name.utf8), value: Array((values.last ?? "").utf8))
        }
        for (name, value) in query where name.lowercased != Array("code".utf8) { metadata.set(name, value) }
        if stack.pushBlockValue(RequestTables.params, of: source) == .table {
            stack.forEachPair(at: -1) { () throws(Never) in
                metadata.set(stack.bytes(at: -2) ?? [], stack.bytes(at: -1) ?? [])
            }
        }
        stack.pop()
        metadata.setGroup("Query", query)
        metadata.setGroup(
            "Headers",
            RequestTables.namedHeaders(at: source, of: stack).entries.map {
                ($0.name, Array($0.values.joined(separator: Array(",".utf8))))
            })
        let now = Date(timeIntervalSince1970: time).formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
        metadata.setGroup(
            "sys",
            [
                (Array("MethodName".utf8), Array(function.utf8)), (Array("UtcNow".utf8), Array(now.utf8)),
                (Array("RandGuid".utf8), Array(UUID().uuidString.lowercased().utf8)),
            ])
    }
}

/// A table in which no two names differ only in upper and lower case, like the host's dictionary.
private struct NamedTable {
    private let table: Int
    private let stack: LuaStack
    /// The stack index of a table that maps names in lower case to names as they are written. It counts against the
    /// VM's memory limit.
    let names: Int

    /// Pushes the table of the names. [+1]
    init(_ table: Int, of stack: LuaStack) {
        self.table = table
        self.stack = stack
        stack.pushTable()
        names = stack.count
    }

    /// Sets a field. It replaces a field whose name differs only in case. [0]
    func set(_ name: [UInt8], _ value: [UInt8]) {
        stack.push(bytes: value)
        setTop(name)
        stack.pop()
    }

    /// Sets a field to the value on top. [0]
    func setTop(_ name: [UInt8]) {
        let key = name.lowercased
        if stack.pushField(key, of: names) == .nil {
            stack.pop()
            stack.push(bytes: name)
            stack.setField(key, of: names)
            stack.push(bytes: name)
        }
        stack.pushValue(at: -2)
        stack.setPair(of: table)
    }

    /// Sets a field to a table of texts, unless a field of that name exists. [0]
    func setGroup(_ name: String, _ fields: [(name: [UInt8], value: [UInt8])]) {
        defer { stack.pop() }
        guard stack.pushField(Array(name.utf8).lowercased, of: names) == .nil else { return }
        stack.pushTable(hash: fields.count)
        let group = NamedTable(stack.count, of: stack)
        for field in fields { group.set(field.name, field.value) }
        stack.pop()
        setTop(Array(name.utf8))
        stack.pop()
    }
}
