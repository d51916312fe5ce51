import FunctionsModel

/// The limits of a handler's invocations.
struct LimitOptions {
    /// In bytes.
    let memory: Int?
    let time: Duration?
    /// In bytes.
    let output: Int?

    static let memory = Option(
        "memory-limit", .size(ByteCount.leastMemoryLimit...Int.max), "Memory of one Lua VM, such as 32MB.",
        default: "64MB")
    static let time = Option(
        "time-limit", .time, "Time of one invocation, such as 10s.",
        default: "host.json's functionTimeout less a margin")

    static let output = Option(
        "output-limit", .size(1...Int.max), "Memory for unread responses, all callers together.",
        default: "256MB")

    init(_ arguments: Arguments) {
        memory = arguments[Self.memory]
        time = arguments[Self.time]
        output = arguments[Self.output]
    }

    /// The arguments for starting a handler with these limits.
    var arguments: [String] {
        var arguments: [String] = []
        if let memory { arguments += [Self.memory.parameter.long, "\(memory)"] }
        if let output { arguments += [Self.output.parameter.long, "\(output)"] }
        if let time { arguments += [Self.time.parameter.long, "\(time / .milliseconds(1))ms"] }
        return arguments
    }
}
