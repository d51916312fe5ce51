import JSON

/// One function: a folder with function.json and a script, or the script of a server whose routes are in host.json. A
/// class, so that invocations share one instance instead of copying it.
public final class Function: Sendable {
    /// The folder's name, with its upper and lower case.
    public let name: String
    /// The folder, relative to the app (`functions/order`).
    public let directory: String
    public let bindings: [Binding]
    /// The file that defines the function, relative to the app: its function.json, or host.json for a server's routes.
    package let file: String
    /// The script, relative to the app (`functions/order/handler.lua`).
    public let script: String
    /// The field to call if the script returns a table of functions.
    public let entryPoint: String?
    public let limits: Limits
    /// The routes by which callers reach an HTTP function, in the host's order. A server has one for each route in
    /// host.json, and any other HTTP function has one.
    package let routes: [Route]
    /// The methods that an HTTP trigger takes, as function.json spells them; nil for all.
    public let methods: Set<String>?

    /// The host's retries after a failed invocation. If this is nil, the app's policy or the trigger's own rules apply.
    public let retry: RetryPolicy?

    package struct Route: Sendable {
        /// Without the prefix.
        package let template: String
        /// Says which key callers need.
        package let trigger: Binding
    }

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
        limits: Limits = Limits(), routes: [Route] = [], methods: Set<String>? = nil, retry: RetryPolicy? = nil,
        warnings: [Problem] = [], file: String
    ) {
        self.name = name
        self.directory = directory
        self.bindings = bindings
        self.script = script
        self.entryPoint = entryPoint
        self.limits = limits
        self.routes = routes
        self.methods = methods
        self.retry = retry
        self.warnings = warnings
        self.file = file
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
        self.init(name: file, directory: folder, bindings: [], script: file, file: file)
    }

    /// The first route of an HTTP function, without the prefix; nil for other triggers.
    public var route: String? { routes.first?.template }

    /// Whether host.json defines the function, as a server that answers all its routes (host-contract §17).
    package var isServer: Bool { file == "host.json" }

    /// Where a limit can be raised, as part of a sentence.
    package func places(ofLimit name: String, option: String) -> String {
        isServer ? option : "\(option), or \"lua\": { \"\(name)\" } in \(file)"
    }

    /// The usual number of members in `Data`.
    package var inputCount: Int { inputs.count }
}
