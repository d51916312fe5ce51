/// A type of binding, with all properties in which bindings of one type differ from those of another.
///
/// The host has more types than luafunc knows. For an unknown type, `BindingTypes` makes a `BindingType` from its name.
public struct BindingType: Sendable {
    /// The name as the host's documentation writes it. The host ignores the case, except for `http` (host-contract
    /// §14).
    public let name: String
    public let isTrigger: Bool
    /// The properties that function.json may have for it, in the notation of `BindingSchema`.
    let properties: String
    /// The only direction that it has; nil if it has several.
    let direction: Binding.Direction?
    /// How the host writes the value of an input or a trigger in `Data`; nil if that depends on the data type and the
    /// cardinality.
    let input: Binding.Input?
    /// Whether the host writes the value as base64 for every data type.
    let isAlwaysBytes: Bool
    public let output: Binding.Output
    /// The value of an input that finds nothing (host-contract §6.12).
    public let missing: Missing
    /// Whether such bindings need the extension bundle under the real host (host-contract §15).
    let needsBundle: Bool

    /// - Parameter name: the name of a trigger ends with `Trigger`.
    public init(
        _ name: String, _ direction: Binding.Direction? = nil, properties: String = "", input: Binding.Input? = nil,
        isAlwaysBytes: Bool = false, output: Binding.Output = .items, missing: Missing = .null, needsBundle: Bool = true
    ) {
        self.name = name
        self.properties = properties
        self.input = input
        self.isAlwaysBytes = isAlwaysBytes
        self.output = output
        self.missing = missing
        self.needsBundle = needsBundle
        isTrigger = name.lowercased().hasSuffix(Self.ending.lowercased())
        self.direction = isTrigger ? .in : direction
    }

    public enum Missing: Sendable {
        case null
        case list
        /// Null for a binding with this property; an empty list for others.
        case nullWith(String)
    }

    /// The ending of the names of all triggers.
    static let ending = "Trigger"

    /// Whether the declaration says which properties a binding must have.
    package var declaresNeeds: Bool { properties.contains("*") }

    /// - Parameter dataType: in lower case.
    func input(dataType: String?, isMany: Bool) -> Binding.Input {
        if let input { return input }
        let isBinary = dataType == "binary"
        if isAlwaysBytes { return isBinary || dataType == "stream" ? .bytes(nullable: false) : .encodedText }
        if isBinary { return isMany ? .manyBytes : .bytes(nullable: !isTrigger) }
        return .wrapped(levels: 1)
    }
}

extension BindingType: Equatable {
    public static func == (a: BindingType, b: BindingType) -> Bool { a.name == b.name }
}

/// The types that luafunc knows.
extension BindingType {
    public static let httpTrigger = BindingType(
        "httpTrigger", properties: "authLevel methods~ route webHookType", input: .request, needsBundle: false)
    public static let http = BindingType("http", .out, output: .http, needsBundle: false)
    public static let timerTrigger = BindingType(
        "timerTrigger", properties: "*schedule runOnStartup? useMonitor?", needsBundle: false)
    public static let warmupTrigger = BindingType("warmupTrigger", needsBundle: false)

    public static let queueTrigger = BindingType("queueTrigger", properties: "*queueName connection")
    public static let queue = BindingType("queue", .out, properties: "*queueName connection", output: .messages)
    public static let blobTrigger = BindingType(
        "blobTrigger", properties: "*path source connection", isAlwaysBytes: true)
    public static let blob = BindingType("blob", properties: "*path connection", output: .blob)
    public static let table = BindingType(
        "table", properties: "*tableName partitionKey rowKey take# filter connection", output: .documents,
        missing: .nullWith("rowKey"))

    public static let serviceBusTrigger = BindingType(
        "serviceBusTrigger",
        properties: """
            *queueName|topicName subscriptionName connection isSessionsEnabled? accessRights autoComplete? \
            autoCompleteMessages? maxMessageBatchSize# minMessageBatchSize#
            """)
    public static let serviceBus = BindingType(
        "serviceBus", .out, properties: "*queueName|topicName subscriptionName connection accessRights",
        output: .textMessages)
    public static let eventHubTrigger = BindingType(
        "eventHubTrigger", properties: "*eventHubName consumerGroup connection path=eventHubName")
    public static let eventHub = BindingType(
        "eventHub", .out, properties: "*eventHubName connection path=eventHubName", output: .messages)

    // The host writes their values as an object, or as a string or a string in a string that holds JSON (host-contract
    // §6.8, §6.11, §6.12).
    public static let eventGridTrigger = BindingType("eventGridTrigger", input: .wrapped(levels: 2))
    public static let eventGrid = BindingType(
        "eventGrid", .out, properties: "*topicEndpointUri|connection topicKeySetting")
    public static let cosmosDBTrigger = BindingType(
        "cosmosDBTrigger",
        properties: """
            *databaseName *containerName connection leaseConnection leaseDatabaseName leaseContainerName \
            createLeaseContainerIfNotExists? leasesContainerThroughput# leaseContainerPrefix feedPollDelay# \
            leaseAcquireInterval# leaseExpirationInterval# leaseRenewInterval# maxItemsPerInvocation# \
            startFromBeginning? startFromTime preferredLocations changeFeedMode checkpointInterval# \
            checkpointDocumentCount# useMultipleWriteLocations? connectionStringSetting=connection \
            collectionName=containerName leaseConnectionStringSetting=leaseConnection \
            leaseCollectionName=leaseContainerName \
            createLeaseCollectionIfNotExists=createLeaseContainerIfNotExists \
            leasesCollectionThroughput=leasesContainerThroughput leaseCollectionPrefix=leaseContainerPrefix
            """, input: .wrapped(levels: 2))
    public static let cosmosDB = BindingType(
        "cosmosDB",
        properties: """
            *databaseName *containerName connection createIfNotExists? partitionKey containerThroughput# sqlQuery id \
            preferredLocations useMultipleWriteLocations? connectionStringSetting=connection \
            collectionName=containerName collectionThroughput=containerThroughput
            """,
        input: .wrapped(levels: 2), output: .documents, missing: .nullWith("id"))
    public static let sqlTrigger = BindingType(
        "sqlTrigger", properties: "*tableName *connectionStringSetting leasesTableName", input: .wrapped(levels: 2))
    public static let sql = BindingType(
        "sql", properties: "*commandText *connectionStringSetting commandType parameters", input: .wrapped(levels: 2),
        missing: .list)

    public static let signalR = BindingType("signalR", .out, properties: "hubName connectionStringSetting connection")
    public static let sendGrid = BindingType("sendGrid", .out, properties: "apiKey to from subject text")
}

/// The binding types that an app may use.
public struct BindingTypes: Sendable {
    package let list: [BindingType]
    /// By name in lower case.
    private let byName: [String: BindingType]

    public init(_ list: [BindingType]) {
        self.list = list
        byName = Dictionary(list.map { ($0.name.lowercased(), $0) }, uniquingKeysWith: { first, _ in first })
    }

    public static let known = BindingTypes([
        .httpTrigger, .http, .timerTrigger, .warmupTrigger, .queueTrigger, .queue, .blobTrigger, .blob, .table,
        .serviceBusTrigger, .serviceBus, .eventHubTrigger, .eventHub, .eventGridTrigger, .eventGrid, .cosmosDBTrigger,
        .cosmosDB, .sqlTrigger, .sql, .signalR, .sendGrid,
    ])

    /// Returns these types and one more.
    public func with(_ type: BindingType) -> BindingTypes { BindingTypes(list + [type]) }

    package func knows(_ type: BindingType) -> Bool { find(type.name) != nil }

    /// The type with this name, in upper or lower case; nil if luafunc does not know it.
    func find(_ name: String) -> BindingType? { byName[name.lowercased()] }

    /// The type with this name. For a name that luafunc does not know, a type that takes values which the host passes
    /// on unchanged.
    public func type(_ name: String) -> BindingType { find(name) ?? BindingType(name) }

    var triggers: [BindingType] { list.filter(\.isTrigger) }

    var schemas: [BindingSchema] { list.map { BindingSchema($0.name, $0.direction, $0.properties, isComplete: true) } }
}
