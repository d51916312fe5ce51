import FunctionsModel
import Lua

extension RetryOptions {
    private static let members = ["attempts", "delay", "backoff", "maxDelay", "on"]
    /// One wait ends at the latest with the invocation, so larger numbers are mistakes.
    private static let mostAttempts = 100
    private static let mostSeconds = 86_400.0

    /// Reads the table `retry` at `index`. What it leaves out is as in these options. [0]
    ///
    /// - Parameters:
    ///   - caller: the function for messages, such as `http.request`.
    ///   - known: every kind of failure that `on` may name.
    func reading(
        at index: Int, of stack: LuaStack, caller: String, known: [String]
    ) throws(LuaError) -> RetryOptions {
        let index = stack.absolute(index)
        let level = stack.count
        defer { stack.setCount(level) }
        guard stack.type(at: index) == .table else {
            throw .message("\(caller): retry must be a table such as { attempts = 3, delay = 0.5 }")
        }
        try stack.checkMembers(of: index, Self.members, "\(caller): retry has no option")
        var options = self
        func number(_ name: StaticString, _ range: ClosedRange<Double>, _ what: String) throws(LuaError) -> Double? {
            defer { stack.pop() }
            if stack.pushField(name, of: index) == .nil { return nil }
            guard let value = stack.number(at: -1), range.contains(value) else {
                throw .message("\(caller): retry.\(name) must be \(what)")
            }
            return value
        }
        let attempts = try number(
            "attempts", 1...Double(Self.mostAttempts),
            "a whole number from 1 to \(Self.mostAttempts); it includes the first attempt")
        if let attempts {
            guard let whole = Int(exactly: attempts) else {
                throw .message("\(caller): retry.attempts must be a whole number; it includes the first attempt")
            }
            options.attempts = whole
        }
        let seconds = "seconds from 0 to \(Int(Self.mostSeconds))"
        let delay = try number("delay", 0...Self.mostSeconds, seconds)
        options.backoff = try number("backoff", 1...100, "a factor from 1 to 100") ?? backoff
        let longest = try number("maxDelay", 0...Self.mostSeconds, seconds)
        options.delay = delay ?? min(self.delay, longest ?? maxDelay)
        options.maxDelay = longest ?? max(maxDelay, options.delay)
        guard options.delay <= options.maxDelay else {
            throw .message("\(caller): retry.delay must not be greater than retry.maxDelay")
        }
        if stack.pushField("on", of: index) != .nil {
            try options.readCauses(at: stack.count, of: stack, caller: caller, known: known)
        }
        return options
    }

    private mutating func readCauses(
        at index: Int, of stack: LuaStack, caller: String, known: [String]
    ) throws(LuaError) {
        guard stack.type(at: index) == .table else {
            throw .message("\(caller): retry.on must be a list such as { \"timeout\", 429, 503 }")
        }
        stack.expandDeferred(at: index)
        kinds = []
        statuses = []
        // More elements would only repeat others.
        for position in 0..<min(stack.length(at: index), 1000) {
            stack.pushElement(position + 1, of: index)
            defer { stack.pop() }
            if let status = stack.integer(at: -1), 100...599 ~= status {
                statuses.insert(Int(status))
            } else if let kind = stack.string(at: -1), known.contains(kind) {
                kinds.insert(kind)
            } else {
                let text = stack.messageText(at: -1)
                let shown = text.map { "'\($0)'" } ?? stack.numberText(at: -1) ?? stack.type(at: -1).name
                let question = text.map { NearestName.question($0, among: known) } ?? ""
                throw .message(
                    "\(caller): retry.on cannot contain \(shown)\(question); it lists statuses, and the kinds "
                        + known.joined(separator: ", "))
            }
        }
    }
}
