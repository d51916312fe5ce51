public import FunctionsModel
import JSON

/// Finds errors in a function's bindings that the host would find only when it listens or writes, without running the
/// function.
public struct BindingCheck {
    public private(set) var problems: [Problem] = []
    private let file: String

    public init(_ function: Function) {
        file = "\(function.directory)/function.json"
        for binding in function.bindings { check(binding) }
    }

    private mutating func check(_ binding: Binding) {
        switch binding.type {
        case .httpTrigger: checkLevel(of: binding)
        case .timerTrigger: property("schedule", of: binding) { _ = try TimerSchedule($0) }
        case .queueTrigger:
            property("queueName", of: binding) { _ = try QueueService.storageQueues.queue(named: $0.lowercased()) }
        case .eventHubTrigger:
            property("eventHubName", of: binding) { _ = try QueueService.eventHubs.queue(named: $0) }
        case .serviceBusTrigger, .serviceBus:
            let isTopic = binding.tree.member(anyCase: "topicName") != nil
            property(isTopic ? "topicName" : "queueName", of: binding) {
                _ = try QueueService.serviceBus.queue(named: $0)
            }
        case .blobTrigger:
            property("path", of: binding) { _ = try BlobPattern($0, binding: binding.name) }
        case .queue:
            expression("queueName", of: binding) { _ = try QueueService.storageQueues.queue(named: $0.lowercased()) }
        case .eventHub:
            expression("eventHubName", of: binding) { _ = try QueueService.eventHubs.queue(named: $0) }
        case .blob:
            expression("path", of: binding) { _ = try BlobPath($0) }
        default: break
        }
    }

    /// Checks who may call (host-contract §12). The last two levels are the host's own, for old apps.
    private mutating func checkLevel(of binding: Binding) {
        let levels = ["anonymous", "function", "admin", "system", "user"]
        guard let tree = binding.tree.member(anyCase: "authLevel") else { return }
        if let text = tree.string?.lowercased(), levels.contains(text) { return }
        tell(tree, binding, "\"authLevel\" must be \"anonymous\", \"function\" or \"admin\"")
    }

    /// A property with expressions can be read only when an invocation fills them in.
    private mutating func expression(_ name: String, of binding: Binding, read: (String) throws -> Void) {
        property(name, of: binding) { text in
            _ = try BindingExpression(text, property: name, binding: binding.name)
            if !text.utf8.contains(UInt8(ascii: "{")) { try read(text) }
        }
    }

    private mutating func property(_ name: String, of binding: Binding, read: (String) throws -> Void) {
        let tree = binding.tree.member(anyCase: name)
        guard let text = tree?.string, !text.isEmpty else { return tell(binding.tree, binding, "has no \"\(name)\"") }
        let pieces = text.split(separator: "%", omittingEmptySubsequences: false)
        guard pieces.count < 3 else {
            return tell(tree, binding, "\"\(name)\" needs the app setting \(pieces[1]), which is not set")
        }
        do {
            try read(text)
        } catch {
            tell(tree, binding, Self.reason(of: error))
        }
    }

    /// An error of a binding, without the binding's name.
    static func reason(of error: any Error) -> String {
        switch error {
        case let error as BindingTemplateError: error.reason
        case let error as BindingError: error.reason
        default: "\(error)"
        }
    }

    private mutating func tell(_ tree: JSONTree?, _ binding: Binding, _ reason: String) {
        problems.append(Problem(file, line: (tree ?? binding.tree).line, "binding '\(binding.name)': \(reason)"))
    }
}
