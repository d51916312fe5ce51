/// The arguments of a command.
struct Arguments: Sendable {
    /// The values by the names of their parameters. The value of a flag or switch says whether it is on, and that of a
    /// repeated option is a list.
    private var values: [String: any Sendable] = [:]
    /// The words after `--`.
    var rest: [String] = []

    subscript<Value>(option: Option<Value>) -> Value? { values[option.parameter.name] as? Value }

    subscript(flag: Flag) -> Bool { values[flag.parameter.name] as? Bool ?? false }

    /// The values in their order.
    subscript<Value>(option: RepeatedOption<Value>) -> [Value] {
        (values[option.parameter.name] as? [any Sendable] ?? []).compactMap { $0 as? Value }
    }

    /// Whether the switch is on; nil if neither form was given.
    subscript(pair: Switch) -> Bool? { values[pair.parameter.name] as? Bool }

    /// The value of an operand. Only an optional one is nil, and every one until the command line has been read completely.
    subscript<Value>(operand: Operand<Value>) -> Value? { values[operand.parameter.name] as? Value }

    mutating func set(_ value: any Sendable, for parameter: Parameter) {
        guard parameter.repeats else { return values[parameter.name] = value }
        values[parameter.name] = (values[parameter.name] as? [any Sendable] ?? []) + [value]
    }

    func has(_ parameter: Parameter) -> Bool { values[parameter.name] != nil }
}
