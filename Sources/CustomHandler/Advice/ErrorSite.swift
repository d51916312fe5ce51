import Lua

/// The place of an error: what stands before Lua's message, the line of source, and the call, if it is still there.
struct ErrorSite {
    /// The message without the places before it.
    let reason: Substring
    /// The places before it, outermost first, each once: Lua adds one wherever an error passes `coroutine.wrap`, and
    /// many scripts do so too.
    let places: [Substring]
    private let thread: LuaThread?
    /// The level of the call that raised the error; nil if it has ended.
    let level: Int?
    private let file: String?
    private let number: Int

    /// - Parameter thread: the thread that failed, with room for a few values on its stack.
    init(_ line: Substring, _ thread: LuaThread?) {
        var rest = line
        var places: [Substring] = []
        while let place = Self.place(at: rest) {
            if !places.contains(place) {
                // The innermost place says most.
                if places.count == Self.mostPlaces { places.removeLast() }
                places.append(place)
            }
            rest = rest[place.endIndex...].dropFirst(2)
        }
        reason = rest
        self.places = places
        self.thread = thread
        let parts = places.last.flatMap { place in place.lastIndex(of: ":").map { ($0, place) } }
        let short = parts.map { String($0.1[..<$0.0]) }
        let number = parts.flatMap { Int($0.1[$0.0...].dropFirst()) } ?? 0
        self.number = number
        let found = Self.innermost(of: thread)
        if let found, found.call.shortFile == short, found.call.line == number {
            level = found.level
            file = found.call.file
        } else {
            level = nil
            // Lua cuts long names at their beginning.
            file = short?.hasPrefix("...") == true ? nil : short
        }
    }

    private static let mostPlaces = 3

    /// A place such as `lib/a.lua:12` at the beginning of a text.
    private static func place(at text: Substring) -> Substring? {
        guard let end = text.prefix(200).index(of: ": "), let colon = text[..<end].lastIndex(of: ":") else {
            return nil
        }
        let digits = text[text.index(after: colon)..<end]
        return !digits.isEmpty && digits.allSatisfy(\.isNumber) ? text[..<end] : nil
    }

    /// The innermost call of code of the app.
    private static func innermost(of thread: LuaThread?) -> (level: Int, call: ActiveCall)? {
        for level in 0..<8 {
            guard let call = thread?.call(at: level) else { return nil }
            if call.file != nil { return (level, call) }
        }
        return nil
    }

    /// The line of source; empty if it cannot be read.
    ///
    /// - Parameter text: returns the text of a file.
    func source(_ text: (String) -> [UInt8]?) -> String { lines(text, upTo: 1).first ?? "" }

    /// The line of source and those above it, from the bottom up; empty if they cannot be read.
    func lines(_ text: (String) -> [UInt8]?, upTo count: Int) -> [String] {
        guard let file, number > 0, let text = text(file) else { return [] }
        let lines = text.split(separator: UInt8(ascii: "\n"), maxSplits: number, omittingEmptySubsequences: false)
        guard lines.indices.contains(number - 1) else { return [] }
        return lines[..<number].suffix(count).reversed().map { String(decoding: $0.prefix(1000), as: UTF8.self) }
    }

    /// Passes the stack to `body` with the value of a variable of the call on top. Returns nil if there is none.
    func withVariable<Result>(_ name: String, _ body: (LuaStack) -> Result) -> Result? {
        guard let thread, let level, thread.pushVariable(name, at: level) else { return nil }
        defer { thread.stack.pop() }
        return body(thread.stack)
    }

    /// Whether the top value is the first argument of the thread's function.
    func isFirstArgument(_ stack: LuaStack) -> Bool {
        guard let identity = stack.identity(at: -1), let thread, thread.pushFirstParameter() else { return false }
        defer { stack.pop() }
        return stack.identity(at: -1) == identity
    }
}
