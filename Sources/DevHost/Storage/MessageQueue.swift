import EventLoop
import FoundationEssentials

/// The messages of one queue, ordered by the time when they become visible, then by their arrival.
struct MessageQueue {
    private(set) var messages: [String: QueueMessage] = [:]
    /// Sorted. New messages come to the end and receivers take from the front, where a ring buffer changes in constant
    /// time.
    private var places = RingBuffer<Place>()

    private struct Place: Comparable {
        let time: Date
        let sequenceNumber: Int64
        let id: String

        init(_ message: QueueMessage) {
            time = message.nextVisibleTime
            sequenceNumber = message.sequenceNumber
            id = message.id
        }

        static func < (one: Place, other: Place) -> Bool {
            (one.time, one.sequenceNumber, one.id) < (other.time, other.sequenceNumber, other.id)
        }
    }

    /// The message that becomes visible next, or has been visible longest.
    var first: QueueMessage? { places.first.flatMap { messages[$0.id] } }

    func visible(at now: Date, upTo limit: Int) -> [QueueMessage] {
        var found: [QueueMessage] = []
        var position = 0
        while found.count < limit, let place = places[position], place.time <= now {
            if let message = messages[place.id], message.expirationTime > now { found.append(message) }
            position += 1
        }
        return found
    }

    /// Adds a message, or replaces the one with the same id.
    mutating func put(_ message: QueueMessage) {
        remove(message.id)
        messages[message.id] = message
        let place = Place(message)
        places.insert(place, at: index(of: place))
    }

    mutating func remove(_ id: String) {
        guard let message = messages.removeValue(forKey: id) else { return }
        places.remove(at: index(of: Place(message)))
    }

    /// The index of a place, existing or new.
    private func index(of place: Place) -> Int {
        var range = 0..<places.count
        while !range.isEmpty {
            let middle = range.lowerBound + range.count / 2
            let isBefore = places[middle].map { $0 < place } == true
            range = isBefore ? middle + 1..<range.upperBound : range.lowerBound..<middle
        }
        return range.lowerBound
    }
}
