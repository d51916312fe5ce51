/// The service that a store imitates: its rules for names, and the queue for messages that fail repeatedly.
enum QueueService: Sendable {
    case storageQueues
    case serviceBus
    case eventHubs

    var kind: String {
        switch self {
        case .storageQueues: "a storage queue"
        case .serviceBus: "a Service Bus queue"
        case .eventHubs: "an event hub"
        }
    }

    var nameRule: String {
        switch self {
        case .storageQueues: StorageName.rule
        case .serviceBus, .eventHubs:
            "letters, digits, dots, dashes and underscores, with a letter or digit at both ends"
        }
    }

    /// The canonical name of a queue: Service Bus and Event Hubs ignore case.
    func queue(named name: String) throws(StorageError) -> String {
        switch self {
        case .storageQueues where StorageName.isValid(name): return name
        case .serviceBus where Self.isEntityPath(name): return name.lowercased()
        case .eventHubs where Self.isEntityName(name[...]): return name.lowercased()
        default: throw .queueName(name, self)
        }
    }

    /// The storage queue that a binding names. The host accepts upper and lower case.
    static func storageQueue(inBinding name: String) throws(StorageError) -> String {
        let queue = name.lowercased()
        // The error has the name as it is written.
        guard StorageName.isValid(queue) else { throw .queueName(name, .storageQueues) }
        return queue
    }

    /// The poison queue of a queue; nil if the queue is itself a poison queue, or if its poison queue's name would be
    /// too long (host-contract §10).
    func poisonQueue(of queue: String) -> String? {
        switch self {
        case .storageQueues:
            let poison = "\(queue)-poison"
            return !queue.hasSuffix("-poison") && StorageName.isValid(poison) ? poison : nil
        case .serviceBus: return queue.hasSuffix(Self.deadLetters) ? nil : queue + Self.deadLetters
        case .eventHubs: return nil
        }
    }

    /// Names such as `topic/subscriptions/all` contain a slash, and none contains a percent sign.
    func folder(of queue: String) -> String { queue.replacing("/", with: "%2f") }
    func queue(of folder: String) -> String { folder.replacing("%2f", with: "/") }

    private static let deadLetters = "/$deadletterqueue"

    private static func isEntityPath(_ name: String) -> Bool {
        let path = name.lowercased().hasSuffix(deadLetters) ? name.dropLast(deadLetters.count) : name[...]
        return path.split(separator: "/", omittingEmptySubsequences: false).allSatisfy(isEntityName)
    }

    private static func isEntityName(_ name: Substring) -> Bool {
        func isPlain(_ character: Character?) -> Bool {
            character.map { $0.isASCII && ($0.isLetter || $0.isNumber) } ?? false
        }
        return isPlain(name.first) && isPlain(name.last) && name.allSatisfy { isPlain($0) || ".-_".contains($0) }
    }
}
