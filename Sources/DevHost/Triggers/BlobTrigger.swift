import CustomHandler
import FoundationEssentials
import Lua

/// Runs a function for each blob that is new or changed.
struct BlobTrigger: Sendable {
    let function: Function
    let pattern: BlobPattern
    let storage: LocalStorage
    let invoker: Invoker
    let app: FunctionApp

    func run() async {
        let bell = storage.wakes()
        for await _ in bell.stream {
            do throws(StorageError) {
                for pending in try storage.receipts.take(for: function.name, pattern, in: storage.blobs) {
                    // Not a child of this task: what was begun is finished when a save ends the listener.
                    Task { await handle(pending, bell.continuation) }
                }
            } catch {
                invoker.tell(.error("\(function.name): \(error)"))
            }
        }
    }

    private func handle(_ pending: BlobReceipts.Pending, _ bell: AsyncStream<Void>.Continuation) async {
        do {
            // What is still written changes once more, and one that is gone is nobody's concern.
            guard try await isSettled(pending.blob) else {
                storage.receipts.giveBack(pending.blob, of: function.name)
                bell.yield()
                return
            }
            let payload = try payload(of: pending.blob.path, pending.parameters)
            let result = await invoker.invoke(function, payload, cause: "blob \(pending.blob.path)", in: app)
            guard result.failure != nil else {
                return try storage.receipts.done(with: pending.blob, by: function.name)
            }
            switch try storage.receipts.failed(pending.blob, in: function.name) {
            case .again: bell.yield()
            case .poison(let message):
                let queue = "webjobs-blobtrigger-poison"
                try storage.queues.send(Array(message.utf8), to: queue)
                try storage.receipts.done(with: pending.blob, by: function.name)
                invoker.tell(.warning("blob \(pending.blob.path) failed five times; a message about it is in \(queue)"))
                storage.wake()
            }
        } catch {
            storage.receipts.giveBack(pending.blob, of: function.name)
            invoker.tell(.error("\(function.name): \(error)"))
        }
    }

    /// How long a blob must have been left alone.
    private static let quiet = 0.1

    /// Waits until nobody has written the blob for a moment; false if it is another version by then, or gone.
    private func isSettled(_ blob: BlobInfo) async throws -> Bool {
        let age = Date().timeIntervalSince(blob.modified)
        // One from the future is left to its own clock.
        if (0..<Self.quiet).contains(age) { try await Task.sleep(for: .seconds(Self.quiet - age)) }
        return try storage.blobs.info(of: blob.path)?.etag == blob.etag
    }

    func payload(of path: BlobPath, _ parameters: [String: String]) throws(StorageError) -> InvocationPayload {
        let content = try storage.blobs.read(path) ?? []
        let info = try storage.blobs.info(of: path)
        let properties: [(String, JSONTree.Value)] = [
            ("ContentLength", .integer(Int64(content.count))),
            ("ETag", .string(info.map { "\"\($0.etag)\"" } ?? "")),
            ("LastModified", .string((info?.modified ?? Date()).formatted(.iso8601))),
        ]
        return BlobTriggerEvent(
            container: path.container, name: path.name,
            pathTokens: parameters.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }, content: content,
            properties: .object(properties.map { .init(name: $0.0, tree: JSONTree($0.1, line: 1)) })
        ).payload(for: function.triggerBinding)
    }
}
