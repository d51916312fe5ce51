import EventLoop
import Files
import FoundationEssentials
import FunctionsModel
import JSON

/// The services behind the bindings on this machine, in the app's `.luafunc` folder.
@MainLoop
final class LocalStorage {
    let queues: QueueStore
    let serviceBus: QueueStore
    let eventHubs: QueueStore
    let blobs: BlobStore
    let receipts: BlobReceipts
    let timers: TimerStatusFile
    /// Keeps all other outputs.
    let outputs: OutputLog
    let folder: String
    private let lock: FolderLock
    private let bell = ChangeSignal()

    /// Throws if the folder cannot be written, or another process uses it.
    init(root: String) throws {
        folder = "\(root)/.luafunc"
        let now = { Date() }
        try Folder.make(folder)
        lock = try FolderLock(folder)
        // The folder should not be committed.
        let ignored = "\(folder)/.gitignore"
        if !File.exists(ignored) { try File.write("*\n", to: ignored, isSynced: false) }
        queues = try QueueStore(
            // 64 KiB, of which base64 takes a quarter.
            folder: "\(folder)/queues", service: .storageQueues, messageLimit: 48 << 10, now: now)
        serviceBus = try QueueStore(
            folder: "\(folder)/servicebus", service: .serviceBus, messageLimit: 256 << 10, now: now)
        eventHubs = try QueueStore(folder: "\(folder)/eventhubs", service: .eventHubs, messageLimit: 1 << 20, now: now)
        blobs = try BlobStore(folder: "\(folder)/blobs")
        receipts = try BlobReceipts(folder: "\(folder)/receipts")
        timers = TimerStatusFile(folder: folder)
        outputs = OutputLog(file: "\(folder)/outputs.jsonl")
    }

    /// Warnings about damaged files that were set aside.
    var warnings: [String] {
        queues.warnings + serviceBus.warnings + eventHubs.warnings + receipts.warnings
            + (timers.damage.map { ["\($0)"] } ?? [])
    }

    /// Tells all listeners that there may be work for them.
    func wake() { bell.ring() }

    /// Calls `woken` each time there may be work, and once at first, until `leave`.
    func listen(_ woken: @escaping @MainLoop () -> Void) -> Int {
        wake()
        return bell.listen(woken)
    }

    func leave(_ key: Int) { bell.leave(key) }

    // MARK: Inputs

    /// The values of a function's input bindings other than its trigger.
    func inputs(of function: Function, _ data: BindingData) throws -> [(name: String, value: BindingValue)] {
        try function.bindings.filter { !$0.isTrigger && $0.direction != .out }.map { binding in
            guard binding.type == .blob else { return (binding.name, .nothing(for: binding.type, binding.tree)) }
            let path = try BlobPath(try resolve("path", of: binding, data))
            return (binding.name, .blob(try blobs.read(path), isBinary: binding.dataType == "binary"))
        }
    }

    // MARK: Outputs

    /// Writes the values of one output; returns their destination as text for people.
    func write(
        _ output: WrittenOutput, to binding: Binding, of function: Function, _ data: BindingData
    ) throws -> String {
        let count = output.messages.count == 1 ? "" : " ×\(output.messages.count)"
        switch binding.type {
        case .queue:
            // The host accepts any case.
            let name = try resolve("queueName", of: binding, data).lowercased()
            for message in output.messages { try queues.send(message, to: name) }
            return "queue \(name)\(count)"
        case .serviceBus:
            let topic = binding.tree.member(anyCase: "topicName") != nil
            let name = try resolve(topic ? "topicName" : "queueName", of: binding, data)
            if topic { break }
            for message in output.messages { try serviceBus.send(message, to: name) }
            return "Service Bus queue \(name)\(count)"
        case .eventHub:
            let name = try resolve("eventHubName", of: binding, data)
            for message in output.messages { try eventHubs.send(message, to: name) }
            return "event hub \(name)\(count)"
        case .blob:
            let path = try BlobPath(try resolve("path", of: binding, data))
            for message in output.messages { try blobs.write(message, to: path) }
            return "blob \(path)"
        default: break
        }
        try outputs.write(output, of: binding, function)
        return "\(binding.writtenType) '\(binding.name)'\(count) in .luafunc/outputs.jsonl"
    }

    /// A property of a binding, with its expressions filled in from the trigger.
    private func resolve(_ property: String, of binding: Binding, _ data: BindingData) throws -> String {
        guard let text = binding.tree.member(anyCase: property)?.string, !text.isEmpty else {
            throw BindingError.missing(property, binding: binding.name)
        }
        return try BindingExpression(text, property: property, binding: binding.name)
            .resolve(at: Date(), names: data.entries.map(\.name)) { data.text(at: $0) }
    }
}

enum BindingError: Error, CustomStringConvertible {
    case missing(String, binding: String)

    var description: String {
        switch self {
        case .missing(_, let binding): "the binding '\(binding)' \(reason) in function.json"
        }
    }

    /// For a place that names the binding already.
    var reason: String {
        switch self {
        case .missing(let property, _): "has no \"\(property)\""
        }
    }
}

/// A log of outputs that nothing on this machine takes, one line of JSON each.
struct OutputLog {
    let file: String

    func write(_ output: WrittenOutput, of binding: Binding, _ function: Function) throws {
        let time = Date().formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
        var lines = ""
        for message in output.messages {
            let text = String(validating: message, as: UTF8.self)
            lines +=
                JSONText.object([
                    ("time", .text(time)), ("function", .text(function.name)), ("binding", .text(binding.name)),
                    ("type", .text(binding.writtenType)),
                    text.map { ("text", .text($0)) } ?? ("base64", .text(Data(message).base64EncodedString())),
                ]) + "\n"
        }
        try File.append(lines.utf8Span.span.bytes, to: file, permissions: 0o600)
    }
}
