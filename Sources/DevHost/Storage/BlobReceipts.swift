import FunctionsModel
import JSON

/// The versions of blobs that each function has processed, kept between runs.
///
/// An existing blob is new to a function that appears for the first time. A removed blob is forgotten, so it is new
/// when it comes back. A blob that was being processed when the process ended is processed again.
final class BlobReceipts {
    /// Warnings about damaged files that were set aside, for people.
    private(set) var warnings: [String] = []
    private let folder: StorageFolder
    private var functions: [String: Function] = [:]

    /// One function's receipts, by the path of the blob.
    private struct Function {
        var receipts: [String: BlobReceipt] = [:]
        var running: Set<String> = []
    }

    struct Pending: Sendable {
        let blob: BlobInfo
        let parameters: CaselessDictionary<String>
    }

    /// What happens to a blob whose function failed.
    enum Verdict: Sendable, Equatable {
        case again
        /// It was the last try. This text is sent to the queue `webjobs-blobtrigger-poison` (host-contract §10).
        case poison(message: String)
    }

    init(folder path: String) throws(StorageError) {
        folder = try StorageFolder(path)
        for file in try folder.entries() where file.hasSuffix(Self.ending) {
            do throws(StorageError) {
                try read(file)
            } catch {
                warnings.append("\(error); blobs recorded there trigger again")
            }
        }
    }

    private func read(_ file: String) throws(StorageError) {
        guard let bytes = try folder.read(file) else { return }
        let lines = bytes.split(separator: Self.newline).map { BlobReceipt(line: Array($0)) }
        let receipts = Dictionary(lines.compactMap { $0 }.map { ($0.blob, $0) }, uniquingKeysWith: { $1 })
            .filter { $0.value.state != .removed }
        functions[String(file.dropLast(Self.ending.count))] = Function(receipts: receipts)
        let damaged = lines.count { $0 == nil }
        if damaged > 0 {
            warnings.append(
                "\(folder.absolute(file)) had \(damaged) damaged line\(damaged == 1 ? "" : "s") and is kept as "
                    + "\(try folder.setAside(bytes, of: file)); blobs recorded there trigger again")
        }
        // The next line must not follow an incomplete one.
        if lines.count > receipts.count || bytes.last != Self.newline {
            try folder.write(receipts.values.flatMap { $0.line + [Self.newline] }, to: file)
        }
    }

    /// The blobs whose current version the function has not processed. A blob is not returned again before `done` or
    /// `failed` is called for it.
    func take(for function: String, _ pattern: BlobPattern, in store: BlobStore) throws(StorageError) -> [Pending] {
        let blobs = try store.list(pattern.container)
        let there = Set(blobs.map(\.path.description))
        let receipts = functions[function]?.receipts ?? [:]
        for blob in receipts.keys where blob.hasPrefix("\(pattern.container)/") && !there.contains(blob) {
            try note(BlobReceipt(blob: blob, etag: "", state: .removed), function)
        }
        let running = functions[function]?.running ?? []
        let pending = blobs.compactMap { blob -> Pending? in
            let path = blob.path.description
            let receipt = BlobReceipt(blob: path, etag: blob.etag, state: .done)
            guard !running.contains(path), receipts[path] != receipt else { return nil }
            return pattern.match(blob.path).map { Pending(blob: blob, parameters: $0) }
        }
        functions[function, default: Function()].running.formUnion(pending.map(\.blob.path.description))
        return pending
    }

    /// Call it when the function succeeded, or the message of the verdict `poison` was sent.
    func done(with blob: BlobInfo, by function: String) throws(StorageError) {
        let path = blob.path.description
        try note(BlobReceipt(blob: path, etag: blob.etag, state: .done), function)
        functions[function]?.running.remove(path)
    }

    func failed(_ blob: BlobInfo, in function: String) throws(StorageError) -> Verdict {
        let path = blob.path.description
        var times = 1
        if let last = functions[function]?.receipts[path], last.etag == blob.etag,
            case .failed(let before) = last.state
        {
            // The number from the file may be arbitrarily large.
            times += min(before, Self.tries)
        }
        try note(BlobReceipt(blob: path, etag: blob.etag, state: .failed(times: times)), function)
        // The blob is not returned again until its message is sent. A kill before that costs one more try.
        guard times < Self.tries else { return .poison(message: Self.poisonMessage(blob, function)) }
        functions[function]?.running.remove(path)
        return .again
    }

    /// Releases a blob that is neither done nor failed. It is returned again as long as it exists.
    func giveBack(_ blob: BlobInfo, of function: String) {
        functions[function]?.running.remove(blob.path.description)
    }

    private func note(_ receipt: BlobReceipt, _ function: String) throws(StorageError) {
        try folder.add(receipt.line + [Self.newline], to: function + Self.ending)
        functions[function, default: Function()].receipts[receipt.blob] = receipt.state == .removed ? nil : receipt
    }

    private static func poisonMessage(_ blob: BlobInfo, _ function: String) -> String {
        let members = [
            ("Type", "BlobTrigger"), ("FunctionId", "Host.Functions.\(function)"), ("BlobType", "BlockBlob"),
            ("ContainerName", blob.path.container), ("BlobName", blob.path.name), ("ETag", "\"\(blob.etag)\""),
        ]
        return NewtonsoftValue.record(members.map { ($0, .string($1)) }).json(indented: true)
    }

    private static let tries = 5
    private static let ending = ".jsonl"
    private static let newline = UInt8(ascii: "\n")
}
