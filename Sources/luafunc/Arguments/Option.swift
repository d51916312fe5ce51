/// An option of a command. The commands hold their options as values and ask the parsed arguments for them.
protocol CommandOption: Sendable {
    var parameter: Parameter { get }
}

/// `--port 8080` or `--port=8080`, at most once.
struct Option<Value: Sendable>: CommandOption {
    let parameter: Parameter

    init(
        _ name: String, short: Character? = nil, _ form: ValueOf<Value>, _ help: String,
        default otherwise: String? = nil, isHidden: Bool = false
    ) {
        parameter = Parameter(
            name: name, short: short, help: help, otherwise: otherwise, isHidden: isHidden, form: .value(form.form))
    }
}

/// An option that may be given several times, such as `--settings A=1 --settings B=2`.
struct RepeatedOption<Value: Sendable>: CommandOption {
    let parameter: Parameter

    /// - Parameter takesList: whether all words up to the next option are values, as in `--functions a b`.
    init(
        _ name: String, _ form: ValueOf<Value>, _ help: String, takesList: Bool = false, isHidden: Bool = false
    ) {
        parameter = Parameter(
            name: name, help: help, isHidden: isHidden, repeats: true, takesList: takesList, form: .value(form.form))
    }
}

/// An option without a value, such as `--auth`.
struct Flag: CommandOption {
    let parameter: Parameter

    init(_ name: String, short: Character? = nil, _ help: String, isHidden: Bool = false) {
        parameter = Parameter(name: name, short: short, help: help, isHidden: isHidden, form: .flag)
    }
}

/// `--watch` or `--no-watch`, at most one of them and only once.
struct Switch: CommandOption {
    let parameter: Parameter

    init(_ name: String, _ help: String, default otherwise: String) {
        parameter = Parameter(name: name, help: help, otherwise: otherwise, form: .pair)
    }
}

/// An argument without a name.
protocol CommandOperand: Sendable {
    var parameter: Parameter { get }
}

/// An argument without a name, such as the shell in `completion bash`. One that may be missing comes last.
struct Operand<Value: Sendable>: CommandOperand {
    let parameter: Parameter

    init(
        _ name: String, _ form: ValueOf<Value>, _ help: String, isOptional: Bool = false,
        default otherwise: String? = nil
    ) {
        parameter = Parameter(
            name: name, help: help, otherwise: otherwise, isOptional: isOptional, form: .operand(form.form))
    }
}
