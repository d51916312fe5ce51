import JSON

/// One function: a folder with function.json and a script. A class, so that invocations share one instance instead of
/// copying it.
public final class Function: Sendable {
    /// The folder's name, with its upper and lower case.
    public let name: String
    /// The folder, relative to the app (`functions/order`).
    public let directory: String
    public let bindings: [Binding]
    /// The script, relative to the app (`functions/order/handler.lua`).
    public let script: String
    /// The field to call if the script returns a table of functions.
    public let entryPoint: String?
    public let limits: Limits
    /// The route of an HTTP trigger, without the prefix; nil for other triggers.
    public let route: String?
    /// The methods that an HTTP trigger takes, as function.json spells them; nil for all.
    public let methods: Set<String>?

    /// The host's retries after a failed invocation. If this is nil, the app's policy or the trigger's own rules apply.
    public let retry: RetryPolicy?

    /// The limits of one function. For a limit that is nil, the app's limit applies.
    public struct Limits: Sendable, Equatable {
        /// In bytes.
        public var memory: Int?
        public var time: Duration?

        public init(memory: Int? = nil, time: Duration? = nil) {
            self.memory = memory
            self.time = time
        }
    }

    /// The part of function.json that the host uses. If it changes, the host treats the function as a different one.
    public struct Definition: Sendable, Equatable {
        let bindings: [JSONTree]
        let retry: RetryPolicy?
    }

    public var definition: Definition { Definition(bindings: bindings.map(\.tree), retry: retry) }

    /// What works but probably not as the author expects, in the HTTP trigger.
    let warnings: [Problem]

    /// The bindings whose values the host writes in `Data`.
    package let inputs: [Binding]
    package let outputs: [Binding]
    /// The outputs with a name other than `$return`, sorted by name.
    package let namedOutputs: [Binding]
    /// The output named `$return`.
    package let returnOutput: Binding?
    package let httpOutput: Binding?
    public let trigger: Binding?
    /// Whether an HTTP request triggers the function.
    public let isHTTP: Bool
    /// Whether the function has one HTTP trigger, one http output and no other binding. The host may then pass on the
    /// caller's own request (host-contract §5).
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
        let isHTTP = trigger?.type == .httpTrigger
        self.isHTTP = isHTTP
        isHTTPOnly = isHTTP && bindings.count == 2 && httpOutput?.direction == .out
    }

    /// A test file as a function without bindings. `require` finds the modules in its folder.
    package convenience init(test file: String) {
        let folder = file.lastIndex(of: "/").map { String(file[..<$0]) } ?? ""
        self.init(name: file, directory: folder, bindings: [], script: file)
    }

    /// The usual number of members in `Data`.
    package var inputCount: Int { inputs.count }
}
