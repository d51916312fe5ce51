import EventLoop
import Foundation
import LoopTesting
import TestSupport
import Testing

@testable import DevHost

struct QueueStoreTests {
    let folder: TemporaryFolder
    let clock = StoreClock()

    init() throws { folder = try TemporaryFolder() }

    private func open(_ service: QueueService = .storageQueues) throws -> QueueStore {
        let clock = clock
        return try QueueStore(folder: folder.path, service: service, messageLimit: 65_536) { clock.now }
    }

    private func texts(_ messages: [QueueMessage]) -> [String] {
        messages.map { String(decoding: $0.body, as: UTF8.self) }
    }

    // MARK: Sending and receiving

    @Test func `a sent message can be received, with all its properties`() throws {
        let store = try open()
        let sent = try store.send(Array("hello".utf8), to: "orders")
        clock.advance(10)
        let message = try #require(try store.receive(from: "orders", upTo: 16, visibilityTimeout: 600).first)
        #expect(message.id == sent.id && message.body == Array("hello".utf8))
        #expect(UUID(uuidString: message.id) != nil)
        #expect(message.insertionTime == clock.now - 10)
        #expect(message.expirationTime == message.insertionTime + 7 * 24 * 3600)
        #expect(message.nextVisibleTime == clock.now + 600)
        #expect(message.dequeueCount == 1 && message.popReceipt != nil)
    }

    @Test func `messages are received in the order in which they were sent, up to the requested number`() throws {
        let store = try open()
        for number in 1...5 { try store.send(Array("\(number)".utf8), to: "orders") }
        #expect(texts(try store.receive(from: "orders", upTo: 2, visibilityTimeout: 600)) == ["1", "2"])
        #expect(texts(try store.receive(from: "orders", upTo: 16, visibilityTimeout: 600)) == ["3", "4", "5"])
        #expect(try store.receive(from: "orders", upTo: 16, visibilityTimeout: 600).isEmpty)
    }

    @Test func `a message that becomes visible later follows those that are visible earlier`() throws {
        let store = try open()
        try store.send(Array("late".utf8), to: "orders", visibleAfter: 30)
        try store.send(Array("soon".utf8), to: "orders", visibleAfter: 20)
        #expect(try store.receive(from: "orders", upTo: 16, visibilityTimeout: 600).isEmpty)
        #expect(try store.nextVisible(in: "orders") == clock.now + 20)
        clock.advance(30)
        #expect(texts(try store.receive(from: "orders", upTo: 16, visibilityTimeout: 600)) == ["soon", "late"])
    }

    @Test func `a renewed message stays invisible longer`() throws {
        let store = try open()
        try store.send(Array("long".utf8), to: "orders")
        let message = try #require(try store.receive(from: "orders", upTo: 1, visibilityTimeout: 600).first)
        clock.advance(300)
        try store.renew(message, visibilityTimeout: 600)
        clock.advance(599)
        #expect(try store.receive(from: "orders", upTo: 1, visibilityTimeout: 600).isEmpty)
        try store.delete(message)
        #expect(throws: StorageError.self) { try store.renew(message, visibilityTimeout: 600) }
    }

    @Test func `a received message is visible again when its timeout is over, and counts its tries`() throws {
        let store = try open()
        try store.send([1], to: "orders")
        let first = try store.receive(from: "orders", upTo: 1, visibilityTimeout: 30)
        #expect(try store.nextVisible(in: "orders") == clock.now + 30)
        clock.advance(29)
        #expect(try store.receive(from: "orders", upTo: 1, visibilityTimeout: 30).isEmpty)
        clock.advance(1)
        let second = try store.receive(from: "orders", upTo: 1, visibilityTimeout: 30)
        #expect(second.map(\.dequeueCount) == [2])
        #expect(second.first?.popReceipt != first.first?.popReceipt)
    }

    @Test func `with a visibility timeout of zero, a message is still received once at a time`() throws {
        let store = try open()
        try store.send([1], to: "orders")
        #expect(try store.receive(from: "orders", upTo: 16, visibilityTimeout: 0).count == 1)
    }

    @Test func `only the last receiver can delete or release a message`() throws {
        let store = try open()
        try store.send([1], to: "orders")
        let old = try #require(try store.receive(from: "orders", upTo: 1, visibilityTimeout: 30).first)
        clock.advance(30)
        let new = try #require(try store.receive(from: "orders", upTo: 1, visibilityTimeout: 30).first)
        #expect(throws: StorageError.notHeld(id: old.id, queue: "orders")) { try store.delete(old) }
        #expect(throws: StorageError.notHeld(id: old.id, queue: "orders")) {
            try store.release(old, maxDequeueCount: 5)
        }
        try store.delete(new)
        #expect(throws: StorageError.notHeld(id: old.id, queue: "orders")) { try store.delete(new) }
        #expect(store.counts == ["orders": 0] && folder.files().isEmpty)
    }

    @Test func `a receiver can delete after the timeout if no other has received the message`() throws {
        let store = try open()
        try store.send([1], to: "orders")
        let message = try #require(try store.receive(from: "orders", upTo: 1, visibilityTimeout: 30).first)
        clock.advance(60)
        try store.delete(message)
        #expect(store.counts == ["orders": 0])
    }

    @Test func `a message that was not received cannot be deleted`() throws {
        let store = try open()
        let sent = try store.send([1], to: "orders")
        #expect(throws: StorageError.notHeld(id: sent.id, queue: "orders")) { try store.delete(sent) }
    }

    @Test func `peeking and counting change nothing`() throws {
        let store = try open()
        for number in 1...3 { try store.send(Array("\(number)".utf8), to: "orders") }
        try store.send([4], to: "orders", visibleAfter: 60)
        #expect(texts(try store.peek("orders", upTo: 2)) == ["1", "2"])
        #expect(try store.peek("orders", upTo: 16).map(\.dequeueCount) == [0, 0, 0])
        #expect(store.counts == ["orders": 4])
        #expect(try store.nextVisible(in: "orders") == clock.now)
        #expect(try store.nextVisible(in: "others") == nil)
    }

    @Test func `clearing a queue leaves the others alone`() throws {
        let store = try open()
        for number in 1...3 { try store.send([UInt8(number)], to: "orders") }
        try store.send([1], to: "others")
        try store.clear("orders")
        #expect(store.counts == ["orders": 0, "others": 1])
        #expect(try open().counts["others"] == 1)
    }

    // MARK: Failing and expiring

    @Test func `a message that failed five times goes to the poison queue`() throws {
        let store = try open()
        let sent = try store.send(Array("bad".utf8), to: "orders")
        for attempt in 1...5 {
            let message = try #require(try store.receive(from: "orders", upTo: 1, visibilityTimeout: 600).first)
            #expect(message.dequeueCount == attempt)
            let poison = try store.release(message, maxDequeueCount: 5)
            #expect(poison == (attempt < 5 ? nil : "orders-poison"))
        }
        #expect(store.counts == ["orders": 0, "orders-poison": 1])
        #expect(folder.files() == ["orders-poison/\(sent.id).json"])
        clock.advance(1)
        let poison = try #require(try store.receive(from: "orders-poison", upTo: 1, visibilityTimeout: 600).first)
        #expect(poison.dequeueCount == 1 && poison.body == Array("bad".utf8))
        #expect(poison.insertionTime == clock.now - 1)
    }

    @Test func `a released message waits for the given time`() throws {
        let store = try open()
        try store.send([1], to: "orders")
        let message = try #require(try store.receive(from: "orders", upTo: 1, visibilityTimeout: 600).first)
        try store.release(message, visibleAfter: 5, maxDequeueCount: 5)
        #expect(try store.nextVisible(in: "orders") == clock.now + 5)
        #expect(throws: StorageError.notHeld(id: message.id, queue: "orders")) { try store.delete(message) }
    }

    @Test(arguments: ["orders-poison", String(repeating: "q", count: 57)])
    func `without a poison queue, a failed message is visible again after its timeout`(queue: String) throws {
        let store = try open()
        try store.send([1], to: queue)
        for _ in 1...6 {
            let message = try #require(try store.receive(from: queue, upTo: 1, visibilityTimeout: 30).first)
            #expect(try store.release(message, maxDequeueCount: 5) == nil)
            #expect(try store.nextVisible(in: queue) == clock.now + 30)
            clock.advance(30)
        }
        #expect(store.counts == [queue: 1])
    }

    @Test func `a kill during the move to the poison queue leaves the message exactly once`() throws {
        let id: String
        do {
            let store = try open()
            id = try store.send([1], to: "orders").id
            _ = try store.receive(from: "orders", upTo: 1, visibilityTimeout: 600)
        }
        // The move is complete, but the steps after it are not.
        try FileManager.default.createDirectory(
            atPath: "\(folder.path)/orders-poison", withIntermediateDirectories: true)
        try FileManager.default.moveItem(
            atPath: "\(folder.path)/orders/\(id).json", toPath: "\(folder.path)/orders-poison/\(id).json")
        let store = try open()
        #expect(store.counts == ["orders": 0, "orders-poison": 1])
        #expect(try store.receive(from: "orders-poison", upTo: 1, visibilityTimeout: 600).map(\.id) == [id])
    }

    @Test func `a message vanishes after seven days`() throws {
        let store = try open()
        try store.send([1], to: "orders")
        clock.advance(3600)
        try store.send([2], to: "orders")
        clock.advance(7 * 24 * 3600 - 3600)
        #expect(try store.peek("orders", upTo: 16).map(\.body) == [[2]])
        #expect(store.counts == ["orders": 1])
        #expect(try store.receive(from: "orders", upTo: 16, visibilityTimeout: 600).map(\.body) == [[2]])
        #expect(folder.files().count == 1)
        clock.advance(3600)
        #expect(try store.nextVisible(in: "orders") == nil)
        #expect(folder.files().isEmpty)
    }

    // MARK: Refusing

    @Test func `a message larger than the limit is refused`() throws {
        let store = try open()
        try store.send([UInt8](repeating: 65, count: 65_536), to: "orders")
        let error = #expect(throws: StorageError.self) {
            try store.send([UInt8](repeating: 65, count: 65_537), to: "orders")
        }
        #expect(
            error?.description
                == "a message of 65537 bytes is larger than the 65536 bytes that 'orders' takes; keep the content in a blob "
                + "and send its name")
        #expect(store.counts == ["orders": 1])
    }

    @Test(arguments: ["abc", "a1b", "my-queue", "1-2-3", "my-queue-poison", String(repeating: "q", count: 63)])
    func `valid names of storage queues are accepted`(name: String) throws {
        #expect(try QueueService.storageQueues.queue(named: name) == name)
    }

    @Test(arguments: [
        "", "ab", "My-queue", "my_queue", "my.queue", "my--queue", "-queue", "queue-", "küche", "../up", "a/b", ".abc",
        "my queue", "que\0ue", String(repeating: "q", count: 64),
    ])
    func `an invalid name of a storage queue is refused with the rule`(name: String) throws {
        let store = try open()
        let error = #expect(throws: StorageError.self) { try store.send([1], to: name) }
        #expect(
            error?.description
                == "'\(name)' cannot be the name of a storage queue; use 3 to 63 lower-case letters, digits and single "
                + "dashes, with a letter or digit at both ends. In Azure a function may start with such a name, and then fails "
                + "each time it uses it")
        #expect(throws: StorageError.self) { try store.receive(from: name, upTo: 1, visibilityTimeout: 1) }
        #expect(throws: StorageError.self) { try store.nextVisible(in: name) }
        #expect(throws: StorageError.self) { try store.peek(name, upTo: 1) }
        #expect(throws: StorageError.self) { try store.clear(name) }
    }

    @Test(arguments: [
        ("Orders", "orders"), ("my_queue.v1", "my_queue.v1"), ("topic/Subscriptions/all", "topic/subscriptions/all"),
        ("orders/$DeadLetterQueue", "orders/$deadletterqueue"), ("o", "o"),
    ])
    func `Service Bus ignores case and takes paths`(name: String, queue: String) throws {
        #expect(try QueueService.serviceBus.queue(named: name) == queue)
    }

    @Test(arguments: ["", "/orders", "orders/", "a//b", "../up", "a/../b", "_a", "a b", "a%2fb", "$deadletterqueue"])
    func `an invalid name of a Service Bus queue is refused`(name: String) {
        #expect(throws: StorageError.queueName(name, .serviceBus)) { try QueueService.serviceBus.queue(named: name) }
    }

    @Test func `an event hub has no path`() throws {
        #expect(try QueueService.eventHubs.queue(named: "My_Hub") == "my_hub")
        #expect(throws: StorageError.queueName("a/b", .eventHubs)) { try QueueService.eventHubs.queue(named: "a/b") }
    }

    @Test func `a Service Bus queue moves failed messages to its dead-letter queue`() throws {
        let store = try open(.serviceBus)
        try store.send([1], to: "Topic/subscriptions/all")
        let message = try #require(
            try store.receive(from: "topic/Subscriptions/all", upTo: 1, visibilityTimeout: 600).first)
        #expect(try store.release(message, maxDequeueCount: 1) == "topic/subscriptions/all/$deadletterqueue")
        #expect(
            try open(.serviceBus).counts
                == ["topic/subscriptions/all": 0, "topic/subscriptions/all/$deadletterqueue": 1])
    }

    // MARK: Many

    @Test func `thousands of messages are sent, loaded and received in order`() throws {
        var store = try open()
        for number in 0..<2000 { try store.send(Array("\(number)".utf8), to: "orders") }
        store = try open()
        var received: [String] = []
        while true {
            let batch = try store.receive(from: "orders", upTo: 32, visibilityTimeout: 600)
            if batch.isEmpty { break }
            received += texts(batch)
            for message in batch { try store.delete(message) }
        }
        let sent = (0..<2000).map { "\($0)" }
        #expect(received == sent)
        #expect(folder.files().isEmpty)
    }

    @Test func `concurrent receivers get different messages`() async throws {
        MainLoopThread.start()
        let ids = try await receiveByMany()
        #expect(ids.count == 200 && Set(ids).count == 200)
    }

    @MainLoop private func receiveByMany() async throws -> [String] {
        let store = try open()
        for number in 0..<200 { try store.send(Array("\(number)".utf8), to: "orders") }
        let receiver = Receiver(store)
        return try await withThrowingTaskGroup(of: [String].self) { group in
            for _ in 0..<8 { group.addTask { try await receiver.receiveAll() } }
            var ids: [String] = []
            for try await part in group { ids += part }
            return ids
        }
    }

    @MainLoop private final class Receiver {
        private let store: QueueStore

        init(_ store: QueueStore) { self.store = store }

        func receiveAll() async throws -> [String] {
            var ids: [String] = []
            while let message = try store.receive(from: "orders", upTo: 1, visibilityTimeout: 600).first {
                ids.append(message.id)
                try store.delete(message)
                // The other receivers run now.
                try await EventLoop.main.sleep(for: .zero)
            }
            return ids
        }
    }
}
