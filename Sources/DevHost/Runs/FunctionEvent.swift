package import FoundationEssentials
package import FunctionsModel
package import HTTP1
import JSON

/// An event that fires a function.
package struct FunctionEvent: Sendable {
    enum Content: Sendable {
        case payload(InvocationPayload)
        case request(CallerRequest)
        /// A payload that is sent as it is.
        case recordedPayload([UInt8])
        /// A request that is sent as it is, but with the id of the new invocation.
        case recordedRequest(RecordedRequest)
    }

    let content: Content
    /// The function whose event was recorded; nil if the recording does not say.
    package private(set) var recordedFunction: String?

    /// The form in which a recorded event came; nil for any other event.
    package var recordedWire: HTTPWire? {
        switch content {
        case .recordedRequest(let request): request.wire
        case .recordedPayload: .payload
        case .payload, .request: nil
        }
    }

    /// Reads what `luafunc start --record` has kept, or a payload of another origin.
    package static func recorded(_ bytes: [UInt8]) throws(EventError) -> FunctionEvent {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw .unfit("is not text in UTF-8") }
        let value: NewtonsoftValue
        do throws(JSONError) {
            value = try NewtonsoftValue(json: text, as: .parser, zone: nil)
        } catch {
            throw .unfit("is not JSON: \(error)")
        }
        if value.members?.contains(where: { $0.name == "Data" && $0.value.members != nil }) == true {
            var event = FunctionEvent(content: .recordedPayload(bytes))
            event.recordedFunction =
                value.member(anyCase: "Metadata")?.member(anyCase: "sys")?.member(anyCase: "MethodName")?.string
            return event
        }
        guard let request = RecordedRequest(value) else {
            throw .unfit(
                "is neither a payload, {\"Data\":{…},\"Metadata\":{…}}, nor a request that luafunc start --record has kept"
            )
        }
        return FunctionEvent(content: .recordedRequest(request))
    }

    package static func request(_ request: CallerRequest) -> FunctionEvent { FunctionEvent(content: .request(request)) }

    /// The parts of a sample event that are given; the others are made from function.json.
    package struct Parts: Sendable {
        /// The message's text, the blob's content, the event or the document in JSON.
        package var input: [UInt8]?
        package var method: HTTPMethod?
        /// The caller's path, without the query. It takes precedence over the values of route parameters.
        package var path: String?
        package var parameters: CaselessDictionary<String> = [:]
        package var query: String?
        package var fields: HTTPFields = [:]
        package var body: [UInt8]?
        /// Values of the event's metadata, which replace those of the sample.
        package var metadata: [(name: String, value: NewtonsoftValue)] = []
        /// Whether a timer fires later than it should.
        package var isPastDue = false

        package init() {}

        /// - Parameter text: in upper or lower case.
        package mutating func setMethod(_ text: String) throws(EventError) {
            guard HTTPFields.isValidName(text) else { throw .unfit("'\(text)' is not a method such as POST") }
            method = HTTPMethod(text.uppercased())
        }

        package mutating func setPath(_ text: String) throws(EventError) {
            guard text.hasPrefix("/"), HTTPFields.isValidTarget(text), !text.utf8.contains(UInt8(ascii: "?")) else {
                throw .unfit("'\(text)' is not a path such as /api/items/7, without a query and with spaces as %20")
            }
            path = text
        }

        /// - Parameter text: without the question mark.
        package mutating func setQuery(_ text: String) throws(EventError) {
            guard HTTPFields.isValidTarget("?\(text)") else {
                throw .unfit("'\(text)' is not a query such as a=1&b=2, with spaces as %20 and # as %23")
            }
            query = text
        }

        /// Adds a header, written as `name: value`.
        package mutating func addHeader(_ line: String) throws(EventError) {
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(\.trimmed)
            guard parts.count == 2, HTTPFields.isValidName(parts[0]), HTTPFields.isValidValue(parts[1]) else {
                throw .unfit("'\(line)' is not a header such as \"accept: text/plain\"")
            }
            fields.add(parts[0], parts[1])
        }

        /// Whether there is something that only an HTTP function's caller sends.
        package var isOfCaller: Bool {
            method != nil || path != nil || query != nil || !fields.isEmpty || body != nil
                || !parameters.entries.isEmpty
        }
    }

    /// An event as the host would send it for the function's trigger.
    package static func sample(
        of function: Function, in app: FunctionApp, _ given: Parts = Parts(), now: Date = Date()
    ) throws -> FunctionEvent {
        guard let binding = function.trigger else { throw EventError.unfit("the function has no trigger") }
        guard function.isHTTP else {
            guard !given.isOfCaller else {
                throw EventError.unfit(
                    "'\(function.name)' has no caller: it has a \(binding.writtenType), whose text is its input")
            }
            guard !given.isPastDue || binding.type == .timerTrigger else {
                throw EventError.unfit("isPastDue is for timers; '\(function.name)' has a \(binding.writtenType)")
            }
            let sample = SampleEvent(
                binding: binding, input: given.input, names: function.expressionNames, now: now,
                isPastDue: given.isPastDue)
            let trigger = LocalBindings.known.trigger(binding)
            var payload = try trigger.payload(of: sample, for: function.triggerBinding)
            for (name, value) in given.metadata { payload.addEventData(name, .json(value)) }
            return FunctionEvent(content: .payload(payload))
        }
        guard given.metadata.isEmpty, !given.isPastDue else {
            throw EventError.unfit(
                "'\(function.name)' has a caller, whose request makes the metadata; give query, params or headers")
        }
        return .request(try CallerRequest(sample: given, of: function, in: app))
    }
}

extension CallerRequest {
    /// The first method that the function takes, its route with examples, and a JSON body for a method that has one.
    fileprivate init(
        sample given: FunctionEvent.Parts, of function: Function, in app: FunctionApp
    ) throws(EventError) {
        let methods = function.methods.map { $0.map { $0.uppercased() }.sorted() } ?? ["GET"]
        let body = given.body ?? given.input
        let usual = ["GET", "POST", "PUT", "PATCH", "DELETE"]
        // A body asks for a method that has one.
        let order = body == nil ? usual : ["POST", "PUT", "PATCH", "DELETE", "GET"]
        let isAny = function.methods == nil && body != nil
        method = given.method ?? HTTPMethod(isAny ? "POST" : order.first { methods.contains($0) } ?? methods[0])
        let path: String?
        do throws(RouteSampleError) {
            path = if let path = given.path { path } else { try app.router.path(to: function.name, given.parameters) }
        } catch {
            throw .unfit("\(error)")
        }
        let names = function.expressionNames
        let takesBody = [.post, .put, .patch].contains(method)
        var query = given.query ?? ""
        if !takesBody, given.query == nil, !names.isEmpty {
            query = names.filter { !$0.contains(".") }.map { "\($0)=sample" }.joined(separator: "&")
        }
        target = (path ?? "/\(function.name)") + (query.isEmpty ? "" : "?\(query)")
        fields = given.fields
        self.body = body ?? (takesBody ? SampleEvent.object(names) : [])
        if !self.body.isEmpty, !fields.contains("content-type") {
            let isJSON = (try? JSONTree.parse(self.body.span.bytes)) != nil
            fields.add("Content-Type", isJSON ? "application/json" : "text/plain; charset=utf-8")
        }
    }
}

/// What a trigger makes a sample event from.
struct SampleEvent: Sendable {
    let binding: Binding
    /// The message's text or the event in JSON; nil for an example.
    let input: [UInt8]?
    /// The names that the function's bindings take from the event.
    let names: [String]
    let now: Date
    var isPastDue = false

    /// The message. An example is JSON, which most functions expect, with the members that bindings need.
    var message: [UInt8] { input ?? Self.object(names) }

    /// An object with these members.
    static func object(_ names: [String]) -> [UInt8] {
        var members: [(name: String, value: NewtonsoftValue)] = []
        for name in names {
            let parts = name.split(separator: ".").map(String.init)
            guard let first = parts.first, !members.contains(where: { $0.name == first }) else { continue }
            let value = parts.dropFirst().reversed().reduce(NewtonsoftValue.string("sample")) { value, part in
                .record([(part, value)])
            }
            members.append((first, value))
        }
        if members.isEmpty { members = [("id", .string("sample"))] }
        return NewtonsoftValue.record(members).jsonBytes()
    }

    /// The input as JSON.
    ///
    /// - Parameter otherwise: the example.
    func json(_ what: String, or otherwise: () -> NewtonsoftValue) throws(EventError) -> NewtonsoftValue {
        guard let input else { return otherwise() }
        guard let text = String(validating: input, as: UTF8.self),
            let value = try? NewtonsoftValue(json: text, as: .parser, zone: nil)
        else { throw .unfit("\(what) must be JSON") }
        return value
    }

    func newID() -> String { UUID().uuidString.lowercased() }
}

extension Function {
    /// The names that the expressions of outputs and inputs take from the trigger's event, in order.
    fileprivate var expressionNames: [String] {
        var names: [String] = []
        for binding in bindings where !binding.isTrigger {
            for member in binding.tree.members ?? [] {
                guard let text = member.tree.string, text.utf8.contains(UInt8(ascii: "{")),
                    let template = try? BindingTemplate(text, property: member.name, binding: binding.name)
                else { continue }
                for case .expression(let name, _) in template.tokens
                where !Self.ofHost.contains(name.lowercased()) && !name.lowercased().hasPrefix("sys.")
                    && !name.lowercased().hasPrefix("headers.") && !name.lowercased().hasPrefix("query.")
                    && !names.contains(name)
                {
                    names.append(name)
                }
            }
        }
        return names
    }

    /// Names that need nothing from an event, or that its metadata has.
    private static let ofHost: Set<String> = [
        "rand-guid", "datetime", "queuetrigger", "blobtrigger", "id", "dequeuecount", "insertiontime", "popreceipt",
    ]
}
