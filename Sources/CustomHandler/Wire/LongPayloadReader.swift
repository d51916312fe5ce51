import FunctionsModel
import HTTP1
import JSON
import Lua

/// Reads a long payload in steps, so that other invocations can run in between. It first reads the JSON as it is, then
/// converts the values for the bindings. The arguments are the same as those from `PayloadReader`.
final class LongPayloadReader {
    private let reader: PayloadReader
    private let payload: [UInt8]
    private let json = LongJSONReader(nulls: .absent)
    private var stage = Stage.text
    /// The unfinished conversion of the value on top; nil between two members.
    private var conversion: Conversion?
    /// The number of members read since the last check of the limits.
    private var members = 0

    /// A step of a conversion. It returns false if the time slice ended before the conversion was complete.
    private typealias Conversion = (LuaStack) throws(PayloadError) -> Bool

    private enum Stage { case text, data, metadata }

    /// The stack indexes of the arguments and, above them, of the current member.
    private static let data = 1
    private static let metadata = 2
    private static let key = 3
    private static let value = 4

    /// The number of nesting levels around a member.
    private static let depth = 2

    init(_ reader: PayloadReader, _ payload: [UInt8]) {
        self.reader = reader
        self.payload = payload
    }

    /// Returns true when the stack, which must be empty at first, holds exactly `data` and `metadata`. Returns false if
    /// the slice is over.
    func advance(_ stack: LuaStack) throws(PayloadError) -> Bool {
        if stage == .text {
            guard try readJSON(onto: stack) else { return false }
            try takeArguments(of: stack)
            begin(.data, stack)
        }
        if stage == .data {
            guard try convertMembers(of: Self.data, stack) else { return false }
            begin(.metadata, stack)
        }
        return try convertMembers(of: Self.metadata, stack)
    }

    private func readJSON(onto stack: LuaStack) throws(PayloadError) -> Bool {
        let payload = payload
        do throws(JSONError) {
            return try json.advance(payload.span.bytes, onto: stack)
        } catch {
            throw PayloadError(error)
        }
    }

    private func begin(_ stage: Stage, _ stack: LuaStack) {
        self.stage = stage
        stack.pushNil()
    }

    /// Replaces the payload on the stack by the two arguments.
    private func takeArguments(of stack: LuaStack) throws(PayloadError) {
        guard isObject(at: 1, of: stack), stack.pushField("Data", of: 1) == .table, isObject(at: -1, of: stack) else {
            // `PayloadReader` reports what is wrong with the payload.
            let payload = payload
            stack.setCount(0)
            return try reader.pushArguments(payload.span.bytes)
        }
        stack.pushField("Metadata", of: 1)
        if !isObject(at: -1, of: stack) {
            stack.pop()
            stack.pushTable()
        }
        stack.replace(at: 1)
        stack.insert(at: 1)
    }

    private func isObject(at index: Int, of stack: LuaStack) -> Bool {
        stack.type(at: index) == .table && !stack.isMarkedArray(at: index)
    }

    // MARK: Members

    /// Converts the members of an argument, beginning after the member whose key is on top.
    private func convertMembers(of argument: Int, _ stack: LuaStack) throws(PayloadError) -> Bool {
        while true {
            if let conversion {
                guard try conversion(stack) else { return false }
                self.conversion = nil
                setMember(of: argument, stack)
                members += 1
                if members % 256 == 0, !(try mayGoOn(after: 0, stack)) { return false }
            }
            guard stack.next(of: argument) else { return true }
            conversion = argument == Self.data ? dataConversion(stack) : unwrapping(Self.value, levels: 1)
        }
    }

    /// Stores the value on top under the key below it. The key stays on the stack.
    private func setMember(of argument: Int, _ stack: LuaStack) {
        if stack.isNull(at: Self.value) {
            stack.pushNil()
            stack.replace(at: Self.value)
        }
        stack.pushValue(at: Self.key)
        stack.insert(at: Self.value)
        stack.setPair(of: argument)
    }

    private func dataConversion(_ stack: LuaStack) -> Conversion {
        let binding = reader.function.inputs.first { stack.isString(at: Self.key, $0.key) }
        switch binding?.input ?? .wrapped(levels: 1) {
        case .request where isObject(at: Self.value, of: stack): return requestConversion(stack)
        case .request: return unwrapping(Self.value, levels: 1)
        case .wrapped(let levels): return unwrapping(Self.value, levels: levels)
        case .bytes(let nullable):
            if nullable, stack.isString(at: Self.value, "null") {
                return { stack in
                    stack.pushNull()
                    stack.replace(at: Self.value)
                    return true
                }
            }
            return stack.holdsJSONString(at: Self.value) ? unwrapping(Self.value, levels: 1) : decoding(Self.value)
        case .encodedText:
            return stack.holdsJSONString(at: Self.value) ? unwrapping(Self.value, levels: 1) : decodingText(Self.value)
        case .manyBytes: return decodingElements()
        }
    }

    private func requestConversion(_ stack: LuaStack) -> Conversion {
        let body = Self.value + 1
        stack.pushField("Body", of: Self.value)
        let decode = reader.hasEncodedBody() ? decoding(body) : { _ in true }
        return { [reader] stack throws(PayloadError) in
            guard try decode(stack) else { return false }
            stack.setField("Body", of: Self.value)
            stack.setMetatable(at: Self.value, reader.metatables.request)
            return true
        }
    }

    // MARK: Conversions of the string at an index, which is on top

    /// Replaces the string by the value of the JSON text in it, up to `levels` times. Text that is not JSON stays as it
    /// is.
    private func unwrapping(_ index: Int, levels: Int) -> Conversion {
        var left = levels
        var json: LongJSONReader?
        return { stack throws(PayloadError) in
            while left > 0, let first = stack.withBytes(at: index, { $0.isEmpty ? 0 : $0[0] }),
                JSONReader.mayBegin(first)
            {
                let reader = json ?? LongJSONReader(nulls: .absent, depth: Self.depth)
                json = reader
                do throws(JSONError) {
                    guard try reader.advance(at: index, of: stack) else { return false }
                } catch {
                    if error.isLimit { throw PayloadError(error) }
                    stack.setCount(index)
                    return true
                }
                stack.replace(at: index)
                json = nil
                left -= 1
            }
            return true
        }
    }

    /// Replaces the string by the bytes of its base64 text. Text that is not base64 stays as it is.
    private func decoding(_ index: Int) -> Conversion {
        var decoder = Base64.Decoder()
        var bytes: [UInt8] = []
        var offset = 0
        return { [self] stack throws(PayloadError) in
            while let count = stack.withBytes(at: index, { $0.byteCount }) {
                let end = min(count, offset + Transform.piece)
                if offset == 0 {
                    guard stack.hasRoom(for: count / 4 * 3) else { throw .memoryLimit }
                    bytes.reserveCapacity(count / 4 * 3)
                }
                _ = stack.withBytes(at: index) { decoder.decode($0.extracting(offset..<end), into: &bytes) }
                let read = end - offset
                offset = end
                if end == count { break }
                guard try mayGoOn(after: read, stack) else { return false }
            }
            guard offset > 0, decoder.finish(into: &bytes) else { return true }
            stack.push(bytes: bytes)
            stack.replace(at: index)
            return true
        }
    }

    /// Replaces the string by the text whose bytes its base64 text holds.
    private func decodingText(_ index: Int) -> Conversion {
        var decode: Conversion? = decoding(index)
        var pieces: BlobText?
        var text: [UInt8] = []
        return { [self] stack throws(PayloadError) in
            if let going = decode {
                guard try going(stack) else { return false }
                decode = nil
                pieces = BlobText(at: index, of: stack)
            }
            while let piece = pieces?.next() {
                guard stack.hasRoom(for: text.count + piece.count) else { throw .memoryLimit }
                text += piece
                guard try mayGoOn(after: piece.count, stack) else { return false }
            }
            guard pieces != nil else { return true }
            stack.push(bytes: text)
            stack.replace(at: index)
            return true
        }
    }

    /// Replaces the string by the list in it, and each element of that list by the bytes of its base64 text.
    private func decodingElements() -> Conversion {
        let element = Self.value + 1
        var unwrap: Conversion? = unwrapping(Self.value, levels: 1)
        var decode: Conversion?
        var position = 0
        return { [self] stack throws(PayloadError) in
            if let unwrap, !(try unwrap(stack)) { return false }
            unwrap = nil
            guard stack.type(at: Self.value) == .table else { return true }
            while true {
                if let going = decode {
                    guard try going(stack) else { return false }
                    decode = nil
                    stack.setElement(position, of: Self.value)
                    if position % 256 == 0, !(try mayGoOn(after: 0, stack)) { return false }
                }
                position += 1
                guard stack.pushElement(position, of: Self.value) != .nil else {
                    stack.pop()
                    return true
                }
                decode = decoding(element)
            }
        }
    }

    // MARK: Limits

    private func mayGoOn(after bytes: Int, _ stack: LuaStack) throws(PayloadError) -> Bool {
        do throws(LuaError) {
            return try stack.mayGoOn(after: bytes)
        } catch {
            throw PayloadError(limit: error)
        }
    }
}
