/// The arguments of a command.
struct Arguments: Sendable {
    /// By name; for flags and switches, whether they are on.
    private var values: [String: any Sendable] = [:]
    /// The words after `--`.
    var rest: [String] = []

    subscript<Value>(option: Option<Value>) -> Value? { values[option.parameter.name] as? Value }

    subscript(flag: Flag) -> Bool { values[flag.parameter.name] as? Bool ?? false }

    /// nil if neither form was given.
    subscript(pair: Switch) -> Bool? { values[pair.parameter.name] as? Bool }

    /// nil only before the command line is completely read.
    subscript<Value>(operand: Operand<Value>) -> Value? { values[operand.parameter.name] as? Value }

    mutating func set(_ value: any Sendable, for parameter: Parameter) { values[parameter.name] = value }

    func has(_ parameter: Parameter) -> Bool { values[parameter.name] != nil }
}
