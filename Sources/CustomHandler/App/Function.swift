import Lua

/// One function: a folder with function.json and a script. A class, because every invocation carries it about.
public final class Function: Sendable {
    /// The folder's name, with its casing.
    public let name: String
    /// The folder, relative to the app (`functions/order`).
    public let directory: String
    public let bindings: [Binding]
    /// The script, relative to the app (`functions/order/handler.lua`).
    public let script: String
    /// The field to call where the script returns a table of functions.
    public let entryPoint: String?
    public let limits: Limits
    /// The route of an HTTP trigger, without the prefix; nil for other triggers.
    public let route: String?
    /// The methods an HTTP trigger takes, in upper case; nil for all.
    public let methods: Set<String>?

    /// What the host does when an invocation fails; nil leaves it to the app and the trigger.
    public let retry: RetryPolicy?

    /// What one function may use; a value of nil leaves it to the app.
    public struct Limits: Sendable, Equatable {
        /// In bytes.
        public var memory: Int?
        public var time: Duration?

        public init(memory: Int? = nil, time: Duration? = nil) {
            self.memory = memory
            self.time = time
        }
    }

    /// What the host goes by: a function with another definition is another one to it.
    public struct Definition: Sendable, Equatable {
        let bindings: [JSONTree]
        let retry: RetryPolicy?
    }

    public var definition: Definition { Definition(bindings: bindings.map(\.tree), retry: retry) }

    /// Keys of function.json that nobody reads, but that look like ones that are read.
    let warnings: [Problem]

    /// Those that have a value in `Data`.
    let inputs: [Binding]
    let outputs: [Binding]
    /// Those that have a name of their own, in alphabetical order.
    let namedOutputs: [Binding]
    /// The output named `$return`.
    let returnOutput: Binding?
    let httpOutput: Binding?
    public let trigger: Binding?
    /// An HTTP request triggers it.
    public let isHTTP: Bool
    /// One HTTP trigger and one http output, and nothing else: the host may hand over the caller's own request
    /// (host-contract §5).
    public let isHTTPOnly: Bool

    init(
        name: String, directory: String, bindings: [Binding], script: String, entryPoint: String? = nil,
        limits: Limits = Limits(), route: String? = nil, methods: Set<String>? = nil, retry: RetryPolicy? = nil,
        warnings: [Problem] = []
    ) {
        self.name = name
        self.directory = directory
        self.bindings = bindings
        self.script = script
        self.entryPoint = entryPoint
        self.limits = limits
        self.route = route
        self.methods = methods
        self.retry = retry
        self.warnings = warnings
        inputs = bindings.filter { $0.direction != .out }
        outputs = bindings.filter(\.isOutput)
        namedOutputs = outputs.filter { $0.name != "$return" }.sorted { $0.name < $1.name }
        returnOutput = outputs.first { $0.name == "$return" }
        httpOutput = outputs.first(where: \.isHTTPOutput)
        trigger = bindings.first(where: \.isTrigger)
        let isHTTP = trigger?.type.lowercased() == "httptrigger"
        self.isHTTP = isHTTP
        isHTTPOnly = isHTTP && bindings.count == 2 && httpOutput?.direction == .out
    }

    /// How many members `Data` has as a rule.
    var inputCount: Int { inputs.count }

    /// How the value of a member of `Data` is written; what no binding names is JSON in a string.
    func input(of key: JSONKey) -> Binding.Input {
        for binding in inputs where key == binding.key { return binding.input }
        return .wrapped(levels: 1)
    }
}
