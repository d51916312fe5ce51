import Lua

/// The functions of a failed thread that call each other over and over.
struct Recursion {
    /// What the functions are, in words.
    private let what: String
    private let depth: Int
    /// Whether the functions call each other far from the innermost calls, too.
    let isDeep: Bool

    /// nil if the innermost calls are not those of a few functions that repeat.
    init?(_ thread: LuaThread) {
        depth = thread.depth
        guard depth > 2 * Self.shown else { return nil }
        let calls = (0..<Self.shown).compactMap { thread.call(at: $0) }.filter { $0.file != nil }
        var functions: [ActiveCall] = []
        // A function that is there once does not repeat.
        for call in calls where calls.count(where: { $0.isSameFunction(call) }) > 1 {
            if !functions.contains(where: { $0.isSameFunction(call) }) { functions.append(call) }
        }
        let farCalls = (Self.deep..<Self.deep + Self.shown).compactMap { thread.call(at: $0) }
        isDeep = farCalls.contains { call in functions.contains { $0.isSameFunction(call) } }
        // Which of them is the innermost is chance.
        functions.sort { ($0.firstLine, $0.title) < ($1.firstLine, $1.title) }
        guard let first = functions.first else { return nil }
        if functions.count == 1 {
            what = "\(first.title) calls itself"
        } else {
            let others = functions.dropFirst().prefix(3).map(\.title).joined(separator: ", ")
            what = "\(first.title) and \(others) call each other"
        }
    }

    /// The number of calls that are compared.
    private static let shown = 10
    /// The level from which a recursion is more likely a mistake than an algorithm.
    private static let deep = 1000

    /// After Lua's message about a stack overflow.
    ///
    /// - Parameter isOfC: whether nested calls of C functions and metamethods are too many. There may be only 200.
    func overflow(isOfC: Bool) -> String {
        "\(what)\(isOfC ? "" : ", \(depth) calls deep"): check what ends the recursion"
    }

    /// In the message about the memory limit; nil if the calls are not many.
    var memory: String? { isDeep ? "the stack grew, because \(overflow(isOfC: false))" : nil }
}

extension ActiveCall {
    fileprivate func isSameFunction(_ other: ActiveCall) -> Bool {
        file == other.file && firstLine == other.firstLine && name == other.name
    }

    fileprivate var title: String {
        guard let name else { return "the function at \(shortFile):\(firstLine)" }
        return isMetamethod ? "the metamethod '__\(name)'" : "function '\(name)'"
    }
}
