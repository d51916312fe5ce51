import EventLoop
import FoundationEssentials
import FunctionsModel

/// A blob trigger (host-contract §6.6).
struct BlobTrigger: Trigger {
    static let type = BindingType.blobTrigger

    fileprivate let path: String
    fileprivate let pattern: BlobPattern

    init(_ binding: Binding) throws(PropertyError) {
        (path, pattern) = try binding.property("path") { path in
            let pattern = try BlobPattern(path, binding: binding.name)
            // The host finds out when it looks for blobs.
            try BlobPath.check(container: pattern.container)
            return (path, pattern)
        }
    }

    var source: String? { path }

    func listener(for target: TriggerTarget) -> (any TriggerListener)? { BlobListener(self, target) }

    /// The input is the path of a blob.
    static func payload(byHand run: RunByHand, for trigger: TriggerBinding) throws -> InvocationPayload {
        let path = try BlobPath(run.input)
        let parameters = try Self(run.binding).pattern.match(path) ?? [:]
        guard try run.storage.blobs.info(of: path) != nil else { throw MissingBlob(path: path) }
        return try payload(of: path, parameters, in: run.storage, for: trigger)
    }

    static func payload(of sample: SampleEvent, for trigger: TriggerBinding) throws -> InvocationPayload {
        let pattern = try Self(sample.binding).pattern
        let path = try BlobPath(pattern.example)
        let example = path.name.hasSuffix(".json") ? SampleEvent.object([]) : Array("sample".utf8)
        return BlobTriggerEvent(
            container: path.container, name: path.name, pathTokens: pattern.match(path)?.entries ?? [],
            content: sample.input ?? example, modified: sample.now
        ).payload(for: trigger)
    }

    private struct MissingBlob: Error, CustomStringConvertible {
        let path: BlobPath
        var description: String { "the blob \(path) does not exist; put a file at .luafunc/blobs/\(path)" }
    }

    @MainLoop
    static func payload(
        of path: BlobPath, _ parameters: CaselessDictionary<String>, in storage: LocalStorage,
        for trigger: TriggerBinding
    ) throws(StorageError) -> InvocationPayload {
        BlobTriggerEvent(
            container: path.container, name: path.name, pathTokens: parameters.entries,
            content: try storage.blobs.read(path) ?? [],
            modified: try storage.blobs.info(of: path)?.modified ?? Date()
        ).payload(for: trigger)
    }
}

/// Runs a function for each new or changed blob.
@MainLoop
private final class BlobListener: TriggerListener {
    private let trigger: BlobTrigger
    private let target: TriggerTarget
    private var failure = RepeatedError()
    private var handling = RepeatedError()
    private var state = State.idle

    private enum State {
        case idle
        case listening(key: Int)
        case stopped
    }

    init(_ trigger: BlobTrigger, _ target: TriggerTarget) {
        self.trigger = trigger
        self.target = target
    }

    private var storage: LocalStorage { target.storage }
    private var function: String { target.function.name }

    func start() {
        guard case .idle = state else { return }
        state = .listening(key: storage.listen { [weak self] in self?.look() })
    }

    func stop() {
        if case .listening(let key) = state { storage.leave(key) }
        state = .stopped
    }

    private func look() {
        do throws(StorageError) {
            for pending in try storage.receipts.take(for: function, trigger.pattern, in: storage.blobs) {
                // Work that has begun continues even if a save ends the listener.
                EventLoop.main.task { await self.handle(pending) }
            }
            failure.end()
        } catch {
            // Each change of any queue or blob is an occasion to look.
            if let text = failure.news(error) { target.invoker.tell(.error("\(function): \(text)")) }
        }
    }

    private func handle(_ pending: BlobReceipts.Pending) async {
        do {
            // A blob that is still being written changes once more, and a removed one needs no run.
            guard try await isSettled(pending.blob) else {
                storage.receipts.giveBack(pending.blob, of: function)
                return storage.wake()
            }
            let payload = try BlobTrigger.payload(
                of: pending.blob.path, pending.parameters, in: storage, for: target.function.triggerBinding)
            guard await !target.invoke(payload, cause: "blob \(pending.blob.path)") else {
                try storage.receipts.done(with: pending.blob, by: function)
                return handling.end()
            }
            switch try storage.receipts.failed(pending.blob, in: function) {
            case .again: storage.wake()
            case .poison(let message):
                let queue = "webjobs-blobtrigger-poison"
                try storage.queues.send(Array(message.utf8), to: queue)
                try storage.receipts.done(with: pending.blob, by: function)
                target.invoker.tell(
                    .warning(
                        "Message has reached MaxDequeueCount of 5. Moving message to queue '\(queue)'. It names the blob "
                            + "\(pending.blob.path)"))
                storage.wake()
            }
        } catch {
            storage.receipts.giveBack(pending.blob, of: function)
            if let text = handling.news(error) { target.invoker.tell(.error("\(function): \(text)")) }
        }
    }

    /// The time in seconds for which a blob must be unchanged.
    private static let quiet = 0.1

    /// Waits until the blob has been unchanged for a moment. Returns false if it is then another version or gone.
    private func isSettled(_ blob: BlobInfo) async throws -> Bool {
        let age = Date().timeIntervalSince(blob.modified)
        // A modification time in the future is ignored.
        if (0..<Self.quiet).contains(age) { try await EventLoop.main.sleep(for: .seconds(Self.quiet - age)) }
        return try storage.blobs.info(of: blob.path)?.etag == blob.etag
    }
}
