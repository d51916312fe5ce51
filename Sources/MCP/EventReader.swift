/// Reads server-sent events that arrive in pieces.
package struct EventReader {
    package struct Event: Equatable, Sendable {
        /// `message` if the stream does not name another.
        package let name: String
        package let data: String
        /// What a client sends as `Last-Event-ID`; nil if the stream has named none so far.
        package let id: String?

        package init(name: String = "message", data: String, id: String? = nil) {
            self.name = name
            self.data = data
            self.id = id
        }
    }

    /// An event is longer than the limit.
    package struct TooLong: Error {}

    private let limit: Int
    private var line: [UInt8] = []
    private var name = ""
    private var data: [UInt8] = []
    private var hasData = false
    private var id: String?
    private var isAfterReturn = false
    private var isFirstLine = true

    /// - Parameter limit: the most bytes that one event may have.
    package init(limit: Int = 16 << 20) { self.limit = limit }

    /// The events that are complete after these bytes.
    package mutating func read(_ bytes: [UInt8]) throws(TooLong) -> [Event] {
        var events: [Event] = []
        for byte in bytes {
            let wasAfterReturn = isAfterReturn
            isAfterReturn = byte == UInt8(ascii: "\r")
            if byte == UInt8(ascii: "\n"), wasAfterReturn { continue }
            if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") {
                if let event = endLine() { events.append(event) }
            } else {
                guard line.count + data.count < limit else { throw TooLong() }
                line.append(byte)
            }
        }
        return events
    }

    private mutating func endLine() -> Event? {
        defer { line.removeAll(keepingCapacity: true) }
        if isFirstLine, line.starts(with: [0xef, 0xbb, 0xbf]) { line.removeFirst(3) }
        isFirstLine = false
        guard !line.isEmpty else { return dispatch() }
        let colon = line.firstIndex(of: UInt8(ascii: ":"))
        var value = line[(colon.map { $0 + 1 } ?? line.count)...]
        if value.first == 0x20 { value.removeFirst() }
        switch String(decoding: line[..<(colon ?? line.count)], as: UTF8.self) {
        case "event": name = String(decoding: value, as: UTF8.self)
        case "data":
            if hasData { data.append(UInt8(ascii: "\n")) }
            data += value
            hasData = true
        case "id" where !value.contains(0): id = String(decoding: value, as: UTF8.self)
        // Comments, `retry`, and what nobody knows.
        default: break
        }
        return nil
    }

    private mutating func dispatch() -> Event? {
        defer {
            name = ""
            data.removeAll()
            hasData = false
        }
        guard hasData else { return nil }
        return Event(name: name.isEmpty ? "message" : name, data: String(decoding: data, as: UTF8.self), id: id)
    }
}
