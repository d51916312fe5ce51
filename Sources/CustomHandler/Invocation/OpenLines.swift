import Log
import Lua

/// What a script has written to `io.stdout` and `io.stderr` since the last newline of each. The log takes whole lines.
final class OpenLines {
    private var texts: [LogLevel: [UInt8]] = [:]
    /// The texts count against the VM's memory limit.
    private let held: HeldBytes

    init(_ vm: LuaVM) { held = HeldBytes(vm) }

    /// Adds to the line of a level. What exceeds the longest message of the log by more than a byte is dropped; the log
    /// then marks the line as cut.
    func add(_ bytes: RawSpan, to level: LogLevel) throws(LuaError) {
        let count = texts[level]?.count ?? 0
        let more = bytes.extracting(first: Logger.messageLimit + 1 - count)
        guard held.hold(held.count + more.byteCount) else { throw .memoryLimit }
        more.withUnsafeBytes { texts[level, default: []] += $0 }
    }

    /// Removes the line of a level and returns it; nil if it is empty.
    func take(_ level: LogLevel) -> String? {
        guard let text = texts.removeValue(forKey: level), !text.isEmpty else { return nil }
        held.set(held.count - text.count)
        let isDOS = text.last == UInt8(ascii: "\r")
        return String(decoding: isDOS ? text.dropLast() : text[...], as: UTF8.self)
    }
}

extension Execution {
    /// The Swift function behind `io.write`, which takes a level and a text.
    static func output(on stack: LuaStack, of execution: Execution) throws(LuaError) -> Int {
        let level = LogLevel(at: 1, of: stack)
        let count = stack.length(at: 2)
        var offset = 0
        return try stack.work { stack throws(LuaError) in
            let start = offset
            var lines = 0
            while offset < count, lines < linesInStep, offset - start < Stretch.bytes {
                let isLine = try stack.withBytes(at: 2) { text throws(LuaError) in
                    let rest = text.extracting(offset..<min(count, start + Stretch.bytes))
                    let end = rest.firstOffset(of: UInt8(ascii: "\n"))
                    try execution.add(rest.extracting(first: end ?? rest.byteCount), to: level)
                    offset += end.map { $0 + 1 } ?? rest.byteCount
                    return end != nil
                }
                if isLine == true {
                    execution.endLine(level, isWritten: true)
                    lines += 1
                }
            }
            // Nothing follows the last line of an execution that has ended.
            if offset >= count, execution.hasEnded { execution.endLine(level) }
            return offset < count ? .more(after: offset - start) : .results(0)
        }
    }

    /// Writing a line to the log takes some microseconds.
    private static var linesInStep: Int { 500 }
}

extension RawSpan {
    func firstOffset(of byte: UInt8) -> Int? {
        withUnsafeBytes { $0.firstIndex(of: byte) }
    }
}
