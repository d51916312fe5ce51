import FoundationEssentials
import JSON

/// A message in its queue (host-contract §6.5).
struct QueueMessage: Sendable, Equatable {
    let id: String
    let queue: String
    /// Grows with each message that arrives in any queue of a store.
    let sequenceNumber: Int64
    let body: [UInt8]
    /// Whether the service holds the body as base64, which the host takes away. Another program may have sent anything.
    var isBase64 = true
    private(set) var insertionTime: Date
    private(set) var expirationTime: Date
    var nextVisibleTime: Date
    /// The number of times that the message was received.
    var dequeueCount = 0
    /// The receiver's proof for deleting or releasing the message; nil while no receiver holds it.
    var popReceipt: String?

    /// Corrects the times of a message that was sent while the clock was ahead: otherwise it would stay invisible until
    /// then.
    mutating func count(from now: Date) {
        let ahead = insertionTime.timeIntervalSince(now)
        guard ahead > 1 else { return }
        insertionTime -= ahead
        expirationTime -= ahead
        nextVisibleTime -= ahead
    }
}

/// The file of a message, which people may read: its id and queue are the names of file and folder.
extension QueueMessage {
    var file: [UInt8] {
        var members: [(String, JSONTree.Value)] = [
            ("sequenceNumber", .integer(sequenceNumber)),
            ("insertionTime", .string(StoredTime.text(insertionTime))),
            ("expirationTime", .string(StoredTime.text(expirationTime))),
            ("nextVisibleTime", .string(StoredTime.text(nextVisibleTime))),
            ("dequeueCount", .integer(Int64(dequeueCount))),
        ]
        if let popReceipt { members.append(("popReceipt", .string(popReceipt))) }
        if let text = String(validating: body, as: UTF8.self) {
            members.append((isBase64 ? "text" : "raw", .string(text)))
        } else {
            members.append(("base64", .string(Data(body).base64EncodedString())))
        }
        let lines = members.map { name, value in "  \"\(name)\": \(JSONTree(value, line: 0).text)" }
        return Array("{\n\(lines.joined(separator: ",\n"))\n}\n".utf8)
    }

    init(file: [UInt8], id: String, queue: String) throws(DamagedError) {
        let tree: JSONTree
        do throws(JSONError) {
            tree = try JSONTree.parse(file.span.bytes)
        } catch {
            throw DamagedError(reason: "\(error)")
        }
        func member<Value>(_ name: String, _ read: (JSONTree) -> Value?) throws(DamagedError) -> Value {
            guard let value = tree[name].flatMap(read) else {
                throw DamagedError(reason: "\"\(name)\" is missing or invalid")
            }
            return value
        }
        func time(_ name: String) throws(DamagedError) -> Date {
            try member(name) { tree in tree.string.flatMap { StoredTime.date($0) } }
        }
        func number(_ name: String, upTo limit: Int64) throws(DamagedError) -> Int64 {
            try member(name) { tree in tree.integer.flatMap { (0...limit).contains($0) ? $0 : nil } }
        }
        self.id = id
        self.queue = queue
        // Limited to half of the range, so that numbers counted from here do not overflow.
        sequenceNumber = try number("sequenceNumber", upTo: .max / 2)
        insertionTime = try time("insertionTime")
        expirationTime = try time("expirationTime")
        nextVisibleTime = try time("nextVisibleTime")
        // .NET uses 32 bits for this number.
        dequeueCount = Int(try number("dequeueCount", upTo: Int64(Int32.max)))
        popReceipt = tree["popReceipt"]?.string
        isBase64 = tree["raw"] == nil
        body =
            if let text = (tree["raw"] ?? tree["text"])?.string {
                Array(text.utf8)
            } else {
                try member("base64") { $0.string.flatMap { Data(base64Encoded: $0) }.map { [UInt8]($0) } }
            }
    }

    /// The reason why a file is not a message.
    struct DamagedError: Error {
        let reason: String
    }
}
