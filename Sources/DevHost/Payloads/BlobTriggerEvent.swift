import Crypto
import FoundationEssentials
import FunctionsModel
import HTTP

/// The event of a new or changed blob (host-contract §6.6).
struct BlobTriggerEvent: Sendable {
    var container: String
    var name: String
    /// The values of `{…}` in the binding's path.
    var pathTokens: [(name: String, value: String)]
    var content: [UInt8]
    var modified: Date

    /// The value is the content's bytes, whatever `dataType` says.
    func payload(for trigger: TriggerBinding) -> InvocationPayload {
        var data: BindingData = [
            "BlobTrigger": .text("\(container)/\(name)"),
            "Uri": .text(uri),
            "Properties": .json(properties),
            "Metadata": .json(.record([])),
        ]
        for token in pathTokens { data.set(token.name, .text(token.value)) }
        return InvocationPayload(trigger, .bytes(content), data)
    }

    /// The blob's URI in the storage emulator.
    private var uri: String {
        let parts = "\(container)/\(name)".split(separator: "/", omittingEmptySubsequences: false)
        let path = parts.map { PercentEncoding.encode(String($0)) }.joined(separator: "/")
        return "http://127.0.0.1:10000/devstoreaccount1/" + path
    }

    /// What the service says of a blob that was written without more than its content (golden/host/e5, `E5-blob-text`).
    private var properties: NewtonsoftValue {
        let modified = BindingValue.dateTimeOffset(modified).member
        let never = NewtonsoftValue.string("0001-01-01T00:00:00+00:00")
        return .record([
            ("LastModified", modified), ("CreatedOn", modified), ("Metadata", .record([])),
            ("ObjectReplicationDestinationPolicyId", .null), ("ObjectReplicationSourceProperties", .null),
            ("BlobType", .integer(0)), ("CopyCompletedOn", never), ("CopyStatusDescription", .null), ("CopyId", .null),
            ("CopyProgress", .null), ("CopySource", .null), ("CopyStatus", .integer(0)), ("BlobCopyStatus", .null),
            ("IsIncrementalCopy", .boolean(false)), ("DestinationSnapshot", .null), ("LeaseDuration", .integer(0)),
            ("LeaseState", .integer(0)), ("LeaseStatus", .integer(1)),
            ("ContentLength", .integer(Int64(content.count))), ("ContentType", .string("application/octet-stream")),
            ("ETag", .record([])), ("ContentHash", BindingValue.bytes(Digest.md5(content)).member),
            ("ContentEncoding", .null),
            ("ContentDisposition", .null), ("ContentLanguage", .null), ("CacheControl", .null),
            ("BlobSequenceNumber", .integer(0)), ("AcceptRanges", .string("bytes")),
            ("BlobCommittedBlockCount", .integer(0)), ("IsServerEncrypted", .boolean(true)),
            ("EncryptionKeySha256", .null), ("EncryptionScope", .null), ("AccessTier", .string("Hot")),
            ("AccessTierInferred", .boolean(true)), ("ArchiveStatus", .null), ("AccessTierChangedOn", modified),
            ("VersionId", .null), ("IsLatestVersion", .boolean(false)), ("TagCount", .integer(0)), ("ExpiresOn", never),
            ("IsSealed", .boolean(false)), ("RehydratePriority", .null), ("LastAccessed", never),
            ("ImmutabilityPolicy", .record([("ExpiresOn", .null), ("PolicyMode", .null)])),
            ("HasLegalHold", .boolean(false)),
        ])
    }
}

extension BindingValue {
    /// The content of a blob input. A blob that does not exist is null, and so is a stream, which cannot be sent.
    static func blob(_ content: [UInt8]?, dataType: String?) -> BindingValue {
        guard let content else { return .null }
        return switch dataType?.lowercased() {
        case "binary": .bytes(content)
        case "stream": .null
        default: .text(StreamText(content).text)
        }
    }
}
