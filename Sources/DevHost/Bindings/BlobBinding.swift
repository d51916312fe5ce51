import FunctionsModel

/// A blob input or output.
struct BlobBinding: StoredBinding {
    static let type = BindingType.blob

    private let path: BindingExpression
    private let dataType: String?

    init(_ binding: Binding) throws(PropertyError) {
        path = try binding.expression("path") { _ = try BlobPath($0) }
        guard binding.direction != .inout else {
            throw binding.error(
                "direction",
                "ReadWrite access is not supported. Pick either Read or Write: the host fails every invocation; write two "
                    + "bindings, with \"in\" and with \"out\"")
        }
        dataType = binding.dataType
    }

    func read(_ trigger: TriggerValues, from blobs: BlobStore) throws -> BindingValue? {
        .blob(try blobs.read(try BlobPath(try trigger.fill(path))), dataType: dataType)
    }

    func write(_ values: [[UInt8]], _ trigger: TriggerValues, to storage: LocalStorage) throws -> String? {
        let path = try BlobPath(try trigger.fill(path))
        for content in values { try storage.blobs.write(content, to: path) }
        return "blob \(path)"
    }
}
