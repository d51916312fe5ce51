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
    let eventGrid: EventGridTopics
    let blobs: BlobStore
    let receipts: BlobReceipts
    let timers: TimerStatusFile
    /// The log of all other outputs.
    let outputs: OutputLog
    let folder: String
    let bindings: LocalBindings
    private let lock: FolderLock
    private let changes = ChangeSignal()

    /// Throws if the folder cannot be written, or another process uses it.
    ///
    /// - Parameter subscriptions: the functions for each Event Grid topic.
    init(root: String, bindings: LocalBindings = .known, subscriptions: [String: [String]] = [:]) throws {
        self.bindings = bindings
        eventGrid = EventGridTopics(subscriptions: subscriptions)
        folder = "\(root)/.luafunc"
        let now = { Date() }
        try DataFolder.check(folder)
        try Folder.make(folder)
        lock = try FolderLock(folder)
        // The folder should not be committed.
        let ignored = "\(folder)/.gitignore"
        if !File.exists(ignored) { try File.write("*\n", to: ignored, isSynced: false) }
        queues = try QueueStore(
            // The service allows 64 KiB, of which base64 takes a quarter.
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
    func wake() { changes.send() }

    /// Calls `woken` each time there may be work, and once at first, until `leave`.
    func listen(_ woken: @escaping @MainLoop () -> Void) -> Int {
        wake()
        return changes.listen(woken)
    }

    func leave(_ key: Int) { changes.leave(key) }

    // MARK: Outputs

    /// Writes the values of one output; returns their destination as text for people.
    func write(
        _ output: WrittenOutput, to binding: Binding, of function: Function, _ trigger: TriggerValues
    ) throws -> String {
        let count = output.messages.count == 1 ? "" : " ×\(output.messages.count)"
        if let place = try bindings.stored(binding)?.write(output.messages, trigger, to: self) { return place + count }
        try outputs.write(output, of: binding, function)
        return "\(binding.writtenType) '\(binding.name)'\(count) in .luafunc/outputs.jsonl"
    }
}

/// A log of outputs that nothing on this machine stores, with one line of JSON each.
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
